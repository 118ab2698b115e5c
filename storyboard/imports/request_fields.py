"""What a request says beside its words and its pictures, in the language. What a storyboard has no word for, or its
endpoint would refuse, is kept as `x-…`, which is not sent."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from storyboard.catalog.endpoints import Endpoint
from storyboard.imports.draft import sendable, slug, without_jinja

PLAIN = ("negative_prompt", "cfg_scale", "shot_type", "aspect_ratio")
SAID = {*PLAIN, "generate_audio", "voice_ids", "elements"}
MOST_SHOWN = 40  # characters of a name or a value in a remark


def scene_fields(
    endpoint: Endpoint, given: Mapping[str, Any], handled: Collection[str], remarks: list[str]
) -> dict[str, Any]:
    """The fields of a scene, but for those that are `handled` elsewhere."""
    made: dict[str, Any] = {}
    for name, value in given.items():
        if name in handled or value is None:
            continue
        why = _refusal(endpoint, name, value, given)
        if why is None:
            made |= _field(endpoint, name, value, given, remarks)
        else:
            made |= kept(name, value, made, remarks)
            remarks.append(f"{why}: it is kept as a note, and not sent")
    return made


def kept(name: str, value: Any, made: Collection[str], remarks: list[str]) -> dict[str, Any]:
    """A field as a note, under a key that is not `made` yet."""
    key = first = f"x-{slug(name, 'field')}"
    count = 1
    while key in made:
        count += 1
        key = f"{first}-{count}"
    plain = isinstance(value, (str, int)) or (isinstance(value, float) and math.isfinite(value))
    text = value if plain else json.dumps(value)
    return {key: sendable(text, remarks) if isinstance(text, str) else text}


def _refusal(endpoint: Endpoint, name: str, value: Any, given: Mapping[str, Any]) -> str | None:
    """Why a scene can't say it, in words; None when it can."""
    if name not in SAID:
        return f"a storyboard has no word for {name[:MOST_SHOWN]}"
    if not endpoint.accepts(name):
        return f"`{endpoint.alias}` takes no {name}"
    expected = _expected(endpoint, name, value)
    if expected is not None:
        shown = json.dumps(value)[:MOST_SHOWN]
        return f"{name} is {shown}, where {expected} is possible"
    if name == "voice_ids" and given.get("generate_audio", endpoint.defaults.generate_audio) is False:
        return "voice_ids can't be heard while generate_audio is false"
    return None


def _expected(endpoint: Endpoint, name: str, value: Any) -> str | None:
    """What the endpoint takes instead; None when it takes this."""
    limits = endpoint.limits
    if name == "generate_audio":
        return None if isinstance(value, bool) else "true or false"
    if name == "cfg_scale":
        least, most = limits.cfg_scale
        number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return None if number and least <= value <= most else f"{least} to {most}"
    if name == "voice_ids":
        texts = isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)
        return None if texts and 0 < len(value) <= limits.voices else f"a list of 1 to {limits.voices} voices"
    if name == "negative_prompt":
        length = limits.negative_prompt_characters
        return None if isinstance(value, str) and len(value) <= length else f"a text of {length:,} characters"
    known = (endpoint.defaults.shot_type,) if name == "shot_type" else endpoint.ratios
    return None if value in known else " or ".join(known)


def _field(
    endpoint: Endpoint, name: str, value: Any, given: Mapping[str, Any], remarks: list[str]
) -> dict[str, Any]:
    """What would be sent anyhow is not written."""
    if name == "voice_ids":
        return {name: [without_jinja(sendable(each, remarks)) for each in value]}
    granted = getattr(endpoint.defaults, name)
    sent = endpoint.takes(name) and (name != "shot_type" or "multi_prompt" in given)
    alike = str(value) == str(granted) or (name == "cfg_scale" and value == float(granted))
    if name != "generate_audio" and sent and alike:
        return {}
    if not isinstance(value, str):
        return {name: value}
    text = sendable(value, remarks)
    if "@" in text or "<<<" in text:
        remarks.append(f"{name} holds a mark of names, @ or <<<: it was left out there")
        text = text.replace("@", "").replace("<<<", "")
    return {name: without_jinja(text)}
