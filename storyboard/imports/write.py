"""A draft as the text of a storyboard, in the formatter's form. What is still missing stands where it belongs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from storyboard.editor.fmt import formatted
from storyboard.imports.draft import (
    Draft,
    DraftElement,
    DraftScene,
    DraftShot,
    clean,
    language,
    without_jinja,
)
from storyboard.read.bounds import UNSENDABLE

Entries = list[tuple[str, Any]]  # of a mapping; an empty key is a remark
PLAIN = re.compile(r"[^\W\d_][\w ,.()/;!?'’–—…-]*", re.UNICODE)
WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
MISSING = "still missing: "
SHORT = 70  # characters of a text that stands in quotes
SCENES = 2  # columns at which scenes stand, a blank line between them


def storyboard_text(draft: Draft, head: str) -> str:
    """The storyboard; `head` is the remark on its first line."""
    entries: Entries = [("", head), ("storyboard", 1)]
    entries += _said({"title": _told(draft.title), "note": _told(draft.note)})
    entries += list(draft.fields.items())
    entries += [("", MISSING + name) for name in draft.missing]
    entries += _group("voices", list(draft.voices.items()))
    entries += _group("elements", [(element.name, _element(element)) for element in draft.elements])
    entries += [("", None), ("scenes", [_scene(scene) for scene in draft.scenes])]
    entries += _group("cut", _cut(draft))
    return formatted("".join(_lines(entries, 0)))


def still_missing(draft: Draft) -> Counter[str]:
    """What its author has to add, and how often."""
    parts: list[Iterable[str]] = [draft.missing, *(element.missing for element in draft.elements)]
    for scene in draft.scenes:
        parts += [scene.missing, *(shot.missing for shot in scene.shots)]
    return Counter(name.partition(",")[0] for names in parts for name in names)


def _told(text: str) -> str:
    """What is for people."""
    return without_jinja(clean(text))


def _group(name: str, entries: Entries) -> Entries:
    return [("", None), (name, entries)] if entries else []


def _said(fields: Mapping[str, Any]) -> Entries:
    return [(name, value) for name, value in fields.items() if value]


def _element(element: DraftElement) -> Entries:
    return [*_missing(element.missing), *element.fields.items()]


def _missing(names: Iterable[str]) -> Entries:
    return [("", MISSING + name) for name in names]


def _scene(scene: DraftScene) -> Entries:
    entries: Entries = [*(("", remark) for remark in scene.above), ("id", scene.id)]
    entries += [*_missing(scene.missing), *scene.fields.items()]
    entries += _said({"note": _told(scene.note)})
    if len(scene.shots) == 1:
        only = scene.shots[0]
        return [*entries, ("duration", only.seconds), *_shot(only, scene.place)]
    if scene.place:
        entries.append(("prompt", [("scene", language(scene.place))]))
    return [*entries, ("shots", [_shot_of_several(shot) for shot in scene.shots])]


def _shot_of_several(shot: DraftShot) -> Entries:
    return [*([("id", shot.id)] if shot.id else []), ("duration", shot.seconds), *_shot(shot, "")]


def _shot(shot: DraftShot, place: str) -> Entries:
    sections = ({"scene": language(place)} if place and "verbatim" not in shot.prompt else {}) | dict(
        shot.prompt
    )
    entries: Entries = [*_missing(shot.missing), *_said({"note": _told(shot.note)})]
    if sections:
        entries.append(("prompt", list(sections.items())))
    return [*entries, *([("dialogue", list(shot.dialogue))] if shot.dialogue else [])]


def _cut(draft: Draft) -> Entries:
    entries: Entries = list(_said(draft.cards))
    rows = [
        [("from", each.before), ("to", each.after), ("kind", each.kind), *_said({"duration": each.seconds})]
        for each in draft.transitions
    ]
    return [*entries, *([("transitions", rows)] if rows else [])]


def _lines(entries: Entries, indent: int) -> Iterable[str]:
    lead = " " * indent
    for key, value in entries:
        if not key:
            yield f"{lead}# {clean(value)}\n" if value else "\n"
        elif isinstance(value, list):
            yield f"{lead}{_key(key)}:\n"
            yield from _items(value, indent + 2)
        else:
            yield f"{lead}{_key(key)}: {_scalar(value, indent)}\n"


def _items(value: list[Any], indent: int) -> Iterable[str]:
    """The entries of a mapping, or the items of a list."""
    if value and isinstance(value[0], tuple):
        yield from _lines(value, indent)
        return
    for number, item in enumerate(value):
        if not isinstance(item, list):
            yield f"{' ' * indent}- {_scalar(item, indent)}\n"
            continue
        yield "\n" if number and indent == SCENES else ""
        first = next(place for place, (key, _) in enumerate(item) if key)
        yield from _lines(item[:first], indent)
        lines = list(_lines(item[first:], indent + 2))
        yield " " * indent + "- " + lines[0].lstrip(" ")
        yield from lines[1:]


def _key(name: str) -> str:
    return name if PLAIN.fullmatch(name) and name.casefold() not in WORDS else _double(name)


def _scalar(value: Any, indent: int) -> str:
    """A value behind its key: plain where that is safe to read, else a block, which the formatter fills."""
    if not isinstance(value, str):
        return json.dumps(value)
    if PLAIN.fullmatch(value) and value.casefold() not in WORDS and not value.endswith(" "):
        return value
    short = len(value) <= SHORT and not {'"', "\\"} & set(value)
    if not short and " " in value.strip() and value == value.strip() and value.isprintable():
        return f">-\n{' ' * (indent + 4)}{value}"
    return _double(value)


def _double(text: str) -> str:
    """In double quotes, with what may not stand in a file as an escape."""
    return UNSENDABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(text, ensure_ascii=False))
