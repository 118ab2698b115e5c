"""A key that the language does not have: which one was meant, or where it belongs."""

from __future__ import annotations

from pydantic import BaseModel

from storyboard.findings import Report, did_you_mean
from storyboard.read import authored, authored_cut, authored_prompt
from storyboard.read.authored import Storyboard
from storyboard.read.nodes import Mapping, Node
from storyboard.read.respelt import OTHER_WORDS, other_word, respelt
from storyboard.read.spell import SHORT
from storyboard.read.spelling import nearest

PROSE_WORDS = 3
OF_THE_SCENES = (
    "what holds for the scenes of this file stands under `defaults:`; the film's own, in the storyboard"
)


def unknown_key(
    path: tuple[int | str, ...], parent: Node | None, model: type[authored.Included], report: Report
) -> None:
    """Reports the last key of a path; `parent` is the node that holds it, `model` what the file is."""
    key = str(path[-1])
    node = parent if isinstance(parent, Mapping) else None
    place = node.key(key) if node else None
    if place is None:
        return
    if len(path) == 1 and model is authored.Included and key in Storyboard.model_fields:
        hint = OF_THE_SCENES if key in authored.Inheritable.model_fields else None
        report.add("SB150", place.span, key=key, hint=hint)
    else:
        known = known_keys(path, node, model)
        hint = (
            _in_its_place(key, path, node) or _of_another_level(key, path, known) or _meant(key, known, node)
        )
        report.add("SB101", place.span, key=key, hint=hint, fix=respelt(place, node, known))


def _in_its_place(key: str, path: tuple[int | str, ...], node: Mapping | None) -> str | None:
    """What to write where such a key can't stand."""
    names = set(node.names()) if node is not None else set()
    if "verbatim" in names and key in authored_prompt.SECTIONS:
        return "verbatim text stands alone: it is sent as it is"
    if SHORT.fullmatch(key):
        return "the short form of a shot takes no further keys: write `id`, `duration` and `prompt`"
    if len(key.split()) >= PROSE_WORDS:
        return "if this is prose that goes on from the line before, write the text with `>-`"
    if "include" in names and path[:1] == ("scenes",):
        return "what the scenes of a file share stands in its `defaults`, or in a sequence around this entry"
    if key in {"shots", "pin"} and "scenes" in names:
        return f"an entry with `scenes` is a sequence: `{key}` belongs to a scene in it"
    if key == "dialogue" and path[-2:-1] == ("prompt",):
        return "dialogue stands beside `prompt`, in the shot"
    return "a pin belongs to one scene: `storyboard take pin` writes it there" if key == "pin" else None


def _of_another_level(key: str, path: tuple[int | str, ...], known: list[str]) -> str | None:
    """Where a key belongs that the whole file has, or a scene."""
    folded = key.casefold()
    if folded in known or (key in OTHER_WORDS and other_word(key, known) is not None):
        return None
    if len(path) == 1 and folded in authored.Inheritable.model_fields:
        return f"`{folded}` belongs under `defaults:`, or to a scene"
    if path[:1] == ("scenes",) and folded in {*authored.Included.model_fields, "cut", "prices"}:
        return f"`{folded}` stands at the top of the file, beside `scenes:`"
    return None


def _meant(key: str, known: list[str], node: Mapping | None) -> str | None:
    if OTHER_WORDS.get(key) == "cut" and key != "cut":
        return "transitions stand at the end of the file, under `cut:`"
    other = other_word(key, known)
    there = other or nearest(key, known)
    if there is not None and node is not None and node.get(there) is not None:
        return f"`{there}` is there already: keep one of the two"
    return f"it is called `{other}` here" if other is not None else did_you_mean(key, known)


def is_strange(path: tuple[int | str, ...], holder: Node | None, model: type[authored.Included]) -> bool:
    """Is the last key of a path like no other, so that what is around it still means what it was meant to?"""
    key = str(path[-1])
    if key in OTHER_WORDS or SHORT.fullmatch(key) is not None or len(key.split()) > 1:
        return False
    return nearest(key, known_keys(path, holder, model)) is None


def known_keys(path: tuple[int | str, ...], holder: Node | None, model: type[BaseModel]) -> list[str]:
    """The keys that can stand where the last one of a path does; `holder` is the node that holds it."""
    names = [part for part in path[:-1] if isinstance(part, str)]
    steps: dict[str, type[BaseModel]] = {
        "scenes": authored.Scene,
        "shots": authored.Shot,
        "variants": authored.Takeable,
        "defaults": authored.Inheritable,
        "elements": authored.Element,
        "cut": authored_cut.Cut,
        "transitions": authored_cut.Transition,
        "order": authored_cut.Entry,
        "sound": authored_cut.Cue,
        "title": authored_cut.Card,
        "end": authored_cut.Card,
        "prompt": authored_prompt.Sections,
    }
    for name in names:
        model = steps.get(name, model)
    held = holder.names() if isinstance(holder, Mapping) else ()
    if model is authored.Scene and "scenes" in held:
        model = authored.Sequence
    if model is authored.Scene and "include" in held:
        model = authored.Act
    return [info.alias or name for name, info in model.model_fields.items() if name != "node"]
