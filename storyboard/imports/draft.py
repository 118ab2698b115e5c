"""A storyboard that is being made of something else, and what it can't know yet. Texts are those of the source:
`language` says them so that the storyboard means nothing else by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from unicodedata import category

from msgspec import Struct, field

from storyboard.read.bounds import UNSENDABLE

FROM_TEXT = "kling-v3-standard-text"  # what needs no still
FROM_STILL = "kling-v3-standard"
LONGEST_ID = 48  # characters, with room for a number behind it
MAX_SHOTS = 5_000
BY_HAND = re.compile(r"@+Element(?=\d)")
NOT_IN_A_FILE = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
JINJA = re.compile(r"\{(?=[{%#])")


class Unusable(Exception):
    """Nothing can be made of the text. `line` counts from 1; 0 when it is about the whole."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why, self.line = why, line


class DraftShot(Struct, frozen=True):
    """`prompt` are sections by name, or `verbatim` alone. `missing` names what its author has to add."""

    id: str
    seconds: int
    prompt: Mapping[str, str]
    dialogue: tuple[str, ...] = ()
    note: str = ""
    missing: tuple[str, ...] = ()


class DraftScene(Struct, frozen=True):
    """`fields` are the scene's own, by their names in the language, ready to be written. `above` are remarks."""

    id: str
    shots: tuple[DraftShot, ...]
    place: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    above: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class DraftElement(Struct, frozen=True):
    name: str
    fields: Mapping[str, Any]
    missing: tuple[str, ...] = ()


class DraftTransition(Struct, frozen=True):
    before: str
    after: str
    kind: str
    seconds: str = ""


class Draft(Struct, frozen=True):
    """`fields` are the storyboard's own; `remarks` are what was left out or changed, in words, for the person."""

    scenes: tuple[DraftScene, ...]
    title: str = ""
    note: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)
    voices: Mapping[str, str] = field(default_factory=dict)
    elements: tuple[DraftElement, ...] = ()
    transitions: tuple[DraftTransition, ...] = ()
    cards: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ("budget",)
    remarks: tuple[str, ...] = ()


def clean(text: str) -> str:
    """Without control characters, on one line, with single spaces."""
    return " ".join(UNSENDABLE.sub(" ", text).split())


def language(text: str) -> str:
    """The text as prose of a storyboard, which says nothing but itself."""
    return escaped(clean(text))


def escaped(text: str) -> str:
    """A plain @ is no element, braces are no Jinja, `<<<` is no voice, and nothing looks like a tag of fal's."""
    return without_jinja(BY_HAND.sub("Element", text).replace("@", "@@").replace("<<<", "<< <"))


def without_jinja(text: str) -> str:
    """For fields in which names are not looked for."""
    return JINJA.sub("{{ '{' }}", text)


def called(text: str) -> str:
    """A name or a description of an element: no names are looked for in it, and none may stand there."""
    return without_jinja(clean(text.replace("@", "").replace("<<<", "")))


def sendable(text: str, remarks: list[str]) -> str:
    """The text without what no text file may hold, which is remarked on."""
    if NOT_IN_A_FILE.search(text):
        remarks.append("characters that no text file may hold were left out")
    return NOT_IN_A_FILE.sub("", text)


def slug(text: str, fallback: str) -> str:
    """An id, or a name of an element, made of a text: letters of any script with their marks, digits and `-`."""
    kept = "".join(character if _is_of_a_word(character) else " " for character in clean(text))
    made = "-".join(kept.split())[:LONGEST_ID].strip("-")
    return made if made[:1].isalnum() else fallback


def _is_of_a_word(character: str) -> bool:
    return character.isalnum() or category(character).startswith("M")


def few_enough(scenes: Iterable[DraftScene]) -> Iterator[DraftScene]:
    """The scenes, as they are made. Raises Unusable when they have more shots than may be: a few words of a file can
    ask for many."""
    shots = 0
    for scene in scenes:
        shots += len(scene.shots)
        if shots > MAX_SHOTS:
            raise Unusable(f"more than {MAX_SHOTS:,} shots would be made of it: import a part of it")
        yield scene


class Ids:
    """Ids that are not given twice."""

    def __init__(self) -> None:
        self.taken: set[str] = set()
        self.counts: dict[str, int] = {}

    def give(self, wanted: str) -> str:
        given = wanted
        while given in self.taken:
            self.counts[wanted] = self.counts.get(wanted, 1) + 1
            given = f"{wanted}-{self.counts[wanted]}"
        self.taken.add(given)
        return given
