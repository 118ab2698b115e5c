"""JSON Schemas: of the language, from the authored models; of each endpoint's input, from the catalog; and the list of
all that there are."""

from __future__ import annotations

from typing import Any

from storyboard.catalog.endpoints import Endpoint
from storyboard.read.authored import Included, Storyboard
from storyboard.read.authored_mapping import NODE
from storyboard.read.leaves import FOLLOWED
from storyboard.report.charges_schema import bill_schema
from storyboard.report.described import DRAFT
from storyboard.report.estimate_schema import estimate_schema
from storyboard.report.language_words import offered
from storyboard.report.plan_schema import plan_schema
from storyboard.report.revision_schema import story_schema
from storyboard.report.spend_schema import spend_schema

# Scenes are its own, or those of the files that it includes. With `anyOf` editors offer no keys.
OWN_SCENES = {"if": {"not": {"required": ["include"]}}, "then": {"required": ["scenes"]}}
SHORT_SHOT = r"^(?:\S.*\s+)?\d+(?:\.0+)?\s*s$"


def language_schema(model_of_file: type[Included] = Storyboard) -> dict[str, Any]:
    """Of a storyboard file, or of one that it includes, for editors: every field says what it is, and a typed one also
    takes a string with a template."""
    schema = model_of_file.model_json_schema(by_alias=True)
    for name, model in (("Storyboard", schema), *schema["$defs"].items()):
        _tidy(model)
        offered(name, model)
    schema["$defs"]["Shot"] = _with_shorthand(schema["$defs"]["Shot"])
    if model_of_file is Storyboard:
        schema |= {"required": ["storyboard"], **OWN_SCENES}
    described = "A storyboard, version 1." if model_of_file is Storyboard else str(model_of_file.__doc__)
    return {"$schema": DRAFT, "title": "storyboard", "description": described} | {
        key: value for key, value in schema.items() if key not in {"title", "description"}
    }


def _tidy(model: dict[str, Any]) -> None:
    """Without our own node and pydantic's titles; `x-` keys are anybody's."""
    properties = model.get("properties", {})
    properties.pop(NODE, None)
    for value in properties.values():
        value.pop("title", None)
        value.pop("default", None)
    if "required" in model:
        model["required"] = [name for name in model["required"] if name != NODE]
        if not model["required"]:
            del model["required"]
    if properties:
        model["patternProperties"] = {"^x-": {}}


def _with_shorthand(shot: dict[str, Any]) -> dict[str, Any]:
    """A shot is written out, or `id Ns: text`."""
    short = {
        "type": "object",
        "patternProperties": {SHORT_SHOT: {"$ref": "#/$defs/Shot/$defs/prompt"}},
        "additionalProperties": False,
        "minProperties": 1,
        "maxProperties": 1,
    }
    prompt = {key: value for key, value in shot["properties"]["prompt"].items() if key != "description"}
    return {"$defs": {"prompt": prompt}, "anyOf": [shot, short]}


def endpoint_schema(endpoint: Endpoint) -> dict[str, Any]:
    """Of an endpoint's input: what a compiled request has to satisfy."""
    fields = {name: _field(name, endpoint) for name in (*endpoint.fields, *endpoint.ignored_fields)}
    words = _words(endpoint)
    schema: dict[str, Any] = {
        "$schema": DRAFT,
        "title": endpoint.id,
        "description": f"Input of {endpoint.id}, as of {endpoint.as_of}. Source: {endpoint.source}",
        "type": "object",
        "properties": fields,
        "required": list(endpoint.required),
        "additionalProperties": False,
        **words,
    }
    if endpoint.takes("end_image_url"):
        schema["not"] = {"required": ["multi_prompt", "end_image_url"]}
    return schema


def _words(endpoint: Endpoint) -> dict[str, Any]:
    """A prompt, or several shots where the endpoint takes them."""
    if not endpoint.takes("multi_prompt"):
        return {"required": list(dict.fromkeys([*endpoint.required, "prompt"]))}
    several = [name for name in ("multi_prompt", "shot_type") if endpoint.takes(name)]
    return {"oneOf": [{"required": ["prompt"]}, {"required": several}]}


def _field(name: str, endpoint: Endpoint) -> dict[str, Any]:
    limits = endpoint.limits
    first, last = limits.clip_seconds
    fields: dict[str, dict[str, Any]] = {
        "prompt": {"type": "string", "minLength": 1, "maxLength": limits.prompt_characters},
        "multi_prompt": _shots(endpoint),
        "shot_type": {"const": endpoint.defaults.shot_type},
        "duration": {"enum": [str(n) for n in range(first, last + 1)]},
        "generate_audio": {"type": "boolean"},
        endpoint.wire("keep_audio"): {"type": "boolean"},
        "character_orientation": {"enum": list(FOLLOWED)},
        "elements": {
            "type": "array",
            "minItems": 1,
            "maxItems": limits.elements,
            "items": _element(endpoint),
        },
        "negative_prompt": {"type": "string", "maxLength": limits.negative_prompt_characters},
        "cfg_scale": {
            "type": "number",
            "minimum": float(limits.cfg_scale[0]),
            "maximum": float(limits.cfg_scale[1]),
        },
        "aspect_ratio": {"enum": list(endpoint.ratios)},
        "voice_ids": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": limits.voices},
    }
    return fields.get(name, {"type": "string", "minLength": 1})


def _shots(endpoint: Endpoint) -> dict[str, Any]:
    limits = endpoint.limits
    first, last = limits.shot_seconds
    shot = {
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "minLength": 1, "maxLength": limits.shot_characters},
            "duration": {"enum": [str(n) for n in range(first, last + 1)]},
        },
        "required": ["prompt", "duration"],
        "additionalProperties": False,
    }
    return {"type": "array", "minItems": limits.shots[0], "maxItems": limits.shots[1], "items": shot}


def _element(endpoint: Endpoint) -> dict[str, Any]:
    least, most = endpoint.limits.reference_images
    images = {"type": "array", "minItems": least, "maxItems": most, "items": {"type": "string"}}
    pictures = {
        "type": "object",
        "properties": {"frontal_image_url": {"type": "string"}, "reference_image_urls": images},
        "required": ["frontal_image_url", "reference_image_urls"],
        "additionalProperties": False,
    }
    video = {
        "type": "object",
        "properties": {"video_url": {"type": "string"}, "voice_id": {"type": "string"}},
        "required": ["video_url"],
        "additionalProperties": False,
    }
    still = "video_url" in endpoint.unpriced or not endpoint.limits.video_elements
    return {"oneOf": [pictures] if still else [pictures, video]}


def schema_files() -> dict[str, dict[str, Any]]:
    """What lies in schemas/, by file name."""
    from storyboard.catalog.endpoints import catalog

    files = {
        "storyboard-1.schema.json": language_schema(),
        "included-1.schema.json": language_schema(Included),
        "estimate-1.schema.json": estimate_schema(),
        "diff-1.schema.json": story_schema(),
        "plan-1.schema.json": plan_schema(),
        "reconcile-1.schema.json": bill_schema(),
        "spend-1.schema.json": spend_schema(),
    }
    for endpoint in catalog().endpoints:
        files[f"endpoints/{endpoint.alias}.schema.json"] = endpoint_schema(endpoint)
    return files
