"""A key that the language does not have: which one was meant, or where it belongs."""

from __future__ import annotations

from pydantic import BaseModel

from storyboard.findings import Report, did_you_mean
from storyboard.read import authored, authored_cut
from storyboard.read.authored import Storyboard
from storyboard.read.nodes import Mapping, Node
from storyboard.read.spell import SHORT

PROSE_WORDS = 3

# What people write who know fal's own names, or another tool's.
OTHER_WORDS = {
    "multi_prompt": "shots",
    "start_image_url": "start_image",
    "image_url": "start_image",
    "image": "start_image",
    "end_image_url": "end_image",
    "tail_image_url": "end_image",
    "frontal_image_url": "frontal_image",
    "reference_image_urls": "reference_images",
    "reference_image": "reference_images",
    "video_url": "video",
    "voice_id": "voice",
    "audio": "generate_audio",
    "sound": "generate_audio",
    "seconds": "duration",
    "length": "duration",
    "negative": "negative_prompt",
    "model": "endpoint",
    "characters": "elements",
    "cast": "elements",
    "transition": "cut",
    "transitions": "cut",
    "variables": "vars",
}
LATER = {
    "include": "copy what it would bring into this file",
    "continues": "name the same still as `end_image` of one scene and `start_image` of the next",
    "variants": "write the variant as a scene of its own",
    "pack": "write scenes of at most six shots",
}


def unknown_key(key: str, parent: Node | None, path: tuple[int | str, ...], report: Report) -> None:
    """Reports the last key of a path; `parent` is the node that holds it."""
    node = parent if isinstance(parent, Mapping) else None
    place = node.key(key) if node else None
    if place is None:
        return
    if key in LATER and path[:1] != ("cut",):
        report.add("SB114", place.span, key=key, cure=LATER[key])
        return
    if node is not None and node.get("verbatim") is not None and key in authored.SECTIONS:
        report.add("SB101", place.span, key=key, hint="verbatim text stands alone: it is sent as it is")
        return
    known = _known_keys(path, node)
    other = OTHER_WORDS.get(key)
    hint = f"it is called `{other}` here" if other in known else did_you_mean(key, known)
    if other == "cut" and key != "cut":
        hint = "transitions stand at the end of the file, under `cut:`"
    if key == "dialogue" and path[-2:-1] == ("prompt",):
        hint = "dialogue stands beside `prompt`, in the shot"
    if key == "pin":
        hint = "a pin belongs to one scene: `storyboard take pin` writes it there"
    if key in {"shots", "pin"} and node is not None and node.get("scenes") is not None:
        hint = f"an entry with `scenes` is a sequence: `{key}` belongs to a scene in it"
    if SHORT.fullmatch(key):
        hint = "the short form of a shot takes no further keys: write `id`, `duration` and `prompt`"
    elif len(key.split()) >= PROSE_WORDS:
        hint = "if this is prose that goes on from the line before, write the text with `>-`"
    report.add("SB101", place.span, key=key, hint=hint)


def _known_keys(path: tuple[int | str, ...], holder: Mapping | None) -> list[str]:
    model: type[BaseModel] = Storyboard
    names = [part for part in path[:-1] if isinstance(part, str)]
    steps: dict[str, type[BaseModel]] = {
        "scenes": authored.Scene,
        "shots": authored.Shot,
        "defaults": authored.Inheritable,
        "elements": authored.Element,
        "cut": authored_cut.Cut,
        "transitions": authored_cut.Transition,
        "order": authored_cut.Entry,
        "sound": authored_cut.Cue,
        "title": authored_cut.Card,
        "end": authored_cut.Card,
        "prompt": authored.Sections,
    }
    for name in names:
        model = steps.get(name, model)
    if model is authored.Scene and holder is not None and holder.get("scenes") is not None:
        model = authored.Sequence
    return [info.alias or name for name, info in model.model_fields.items() if name != "node"]
