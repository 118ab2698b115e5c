"""What editors offer for the fields of the language: words to choose from, defaults, examples. They come from where the
program has them, so that what is offered is accepted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import DEFAULT_BOOK, book_names
from storyboard.compile.compiler import DEFAULT_ENDPOINT, DEFAULT_TEMPLATE
from storyboard.compile.shot_list import DIRECTIONS, FITS, KINDS
from storyboard.read.scenes import DEFAULT_SECONDS

Words = Mapping[str, tuple[str, ...]]
TEMPLATES = (DEFAULT_TEMPLATE, f"{DEFAULT_TEMPLATE}-labels")
JINJA = {"type": "string", "pattern": r"\{\{"}
NOTHING = {"type": "null"}
ANYTHING = {"type": ["string", "number", "boolean"]}
INHERITING = frozenset({"Inheritable", "Takeable", "Sequence"})  # what is left out there is not the default


def closed() -> Words:
    """Fields that take one of these words, or a template."""
    rows = catalog().endpoints
    return {
        "endpoint": tuple(word for row in rows for word in (row.alias, row.id)),
        "aspect_ratio": tuple(dict.fromkeys(word for row in rows for word in row.ratios)),
        "shot_type": tuple(dict.fromkeys(word for row in rows for word in row.shot_types)),
        "kind": KINDS,
        "direction": DIRECTIONS,
        "fit": FITS,
    }


def opened() -> Words:
    """Fields that have names of ours beside whatever an author has."""
    return {"template": TEMPLATES, "prices": book_names()}


def defaults() -> Mapping[str, Any]:
    """By field, or by model and field where a field has several meanings."""
    row = catalog().find(DEFAULT_ENDPOINT)
    known = row.defaults if row is not None else None
    sent = {} if known is None else {
        "generate_audio": known.generate_audio,
        "keep_audio": known.keep_audio,
        "negative_prompt": known.negative_prompt,
        "cfg_scale": float(known.cfg_scale),
        "shot_type": known.shot_type,
        "aspect_ratio": known.aspect_ratio,
    }  # fmt: skip
    return sent | {
        "storyboard": 1,
        "endpoint": DEFAULT_ENDPOINT,
        "template": DEFAULT_TEMPLATE,
        "prices": DEFAULT_BOOK,
        "take": 1,
        "as": "item",
        "Shot.duration": DEFAULT_SECONDS,
        "Transition.duration": 0.5,
        "direction": "right",
        "Card.duration": 3,
        "Cue.from": 0,
        "gain": 0,
        "fade_in": 0,
        "fade_out": 0,
        "duck": 0,
        "fit": "pad",
        "fps": 24,
    }


EXAMPLES: Mapping[str, list[Any]] = {
    "Storyboard.title": ["The potter's morning"],
    "Storyboard.include": ["cast.yaml", ["cast.yaml", "style.yaml"]],
    "Act.include": ["acts/first.yaml"],
    "Card.text": ["The potter's morning"],
    "Element.name": ["the potter"],
    "budget": [12.00],
    "vars": [{"light": "first light, dust in a warm shaft"}],
    "voices": [{"mara": "829877809978941442"}],
    "elements": [["potter"]],
    "Storyboard.elements": [{"potter": {"description": "a woman of sixty in a blue apron"}}],
    "start_image": ["stills/dawn.png"],
    "end_image": ["stills/noon.png"],
    "source_video": ["films/dance.mp4"],
    "follow": ["video"],
    "frontal_image": ["stills/potter-front.png"],
    "reference_images": [["stills/potter-side.png", "stills/potter-back.png"]],
    "video": ["stills/potter.mp4"],
    "voice": ["mara"],
    "description": ["a grey cat with one white paw"],
    "Scene.id": ["dawn"],
    "Sequence.id": ["morning"],
    "Shot.id": ["hands"],
    "for_each": ["{{ products }}", ["red", "blue"]],
    "as": ["product"],
    "variants": [{"night": {"start_image": "stills/dawn-night.png"}}],
    "pick": ["night"],
    "pack": ["auto"],
    "continues": ["dawn"],
    "duration": [4, "4s"],
    "Transition.duration": [0.5],
    "in": [0.5, "0.5s"],
    "out": [3.5],
    "dialogue": [["mara (whispering): there you are", "a long silence"]],
    "prompt": ["@potter turns the bowl, slow push"],
    "scene": ["a pottery studio at dawn"],
    "subject_motion": ["@potter turns the bowl on the wheel"],
    "camera": ["slow push, medium close-up"],
    "important_details": ["35mm, soft grain"],
    "Sections.elements": ["@potter and @cat"],
    "audio": ["wheel hum"],
    "constraints": [["preserve subject identity", "no watermark"]],
    "verbatim": ["A potter turns a bowl. Static camera."],
    "note": ["match the light of the test shoot"],
    "from": ["dawn", "dawn.hands"],
    "to": ["window"],
    "Cue.from": [12.5],
    "file": ["sound/theme.wav"],
    "at": [0, "window"],
    "loudness": [-14, -23],
    "size": ["1280x720"],
    "pin": ["0123456789ab/2"],
    "voice_ids": [["829877809978941442"]],
    "order": [["dawn", "window"]],
    "transitions": [[{"from": "dawn", "to": "window", "kind": "dissolve"}]],
    "sound": [[{"file": "sound/theme.wav", "gain": -6}]],
}


def offered(model: str, schema: dict[str, Any]) -> None:
    """Adds to the fields of a model's schema what editors offer for them."""
    words, names, given = closed(), opened(), defaults()
    for field, told in schema.get("properties", {}).items():
        if field in words:
            _replace(told, [{"enum": list(words[field])}, JINJA, *_nothing(told)])
        elif field in names:
            _replace(told, [{"enum": list(names[field])}, ANYTHING, *_nothing(told)])
        for key, table in (("default", given), ("examples", EXAMPLES)):
            found = table.get(f"{model}.{field}", table.get(field))
            if found is not None and not (key == "default" and model in INHERITING):
                told[key] = found


def _nothing(told: Mapping[str, Any]) -> Iterable[Mapping[str, str]]:
    return [NOTHING] if "null" in told.get("type", ()) else []


def _replace(told: dict[str, Any], forms: list[Any]) -> None:
    """One of these forms in place of the type."""
    told.pop("type", None)
    told["anyOf"] = forms
