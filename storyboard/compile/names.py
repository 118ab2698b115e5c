"""Names in text: `@potter` is an element, `<<<mara>>>` a voice, `@@` a plain @. The longest declared name wins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from storyboard.diagnostics import Note, Span
from storyboard.findings import Report, did_you_mean, some_of
from storyboard.read.cures import meant, stretch
from storyboard.read.leaves import LONGEST_NAME, word_end
from storyboard.read.levels import is_inherited
from storyboard.read.model import Element, Scene, Voice
from storyboard.read.nodes import Scalar
from storyboard.read.spelling import nearest

MARK = re.compile(r"@@|@|<<<([^<>]*)>>>")
BY_HAND = re.compile(r"Element\d+")
RAW_VOICE = re.compile(r"voice_([1-9])")
ASCII_WORD = re.compile(r"[A-Za-z0-9_]")
BEFORE_NO_REFERENCE = re.compile(r"[A-Za-z0-9.]")


class Atom(Struct, frozen=True):
    """A stretch of section text: plain, or a name. scalar.value[start:stop] is where it was written."""

    kind: Literal["text", "element", "voice"]
    text: str  # the plain text, or the name
    scalar: Scalar
    start: int
    stop: int
    section: str = ""
    level: str = ""
    speaks: bool = False  # the name stands before a line of dialogue

    @property
    def place(self) -> Span:
        return self.scalar.place(self.start, self.stop)


class Cast(Struct, frozen=True):
    """Everybody who can be named. `broken` names were reported where they are declared."""

    elements: Mapping[str, Element]
    voices: Mapping[str, Voice]
    broken: frozenset[str] = frozenset()
    known: bool = True  # False when the declarations could not be read: unknown names then stay text
    raw_voices: int = 0  # how many `voice_ids` are authored: <<<voice_1>>> is then fal's own and stays
    scene: Scene | None = None  # that is compiled: what is wrong with inherited text is wrong in it

    def longest(self, text: str, position: int) -> str | None:
        """The longest element name that stands at the position."""
        for stop in range(min(word_end(text, position), position + LONGEST_NAME), position, -1):
            if (name := text[position:stop]) in self.elements or name in self.broken:
                return name
        return None


def atoms(scalar: Scalar, cast: Cast, report: Report, section: str = "", level: str = "") -> list[Atom]:
    """The text of a scalar, its names told apart. Unknown names are reported and stay text."""
    text = scalar.value
    if "@" not in text and "<<<" not in text:
        return [Atom("text", text, scalar, 0, len(text), section, level)]
    reader = _Reader(scalar, cast, report, section, level)
    for match in MARK.finditer(text):
        if match.start() >= reader.position:
            reader.meet(match)
    reader.plain(len(text))
    return reader.found


class _Reader:
    def __init__(self, scalar: Scalar, cast: Cast, report: Report, section: str, level: str) -> None:
        self.scalar, self.cast, self.report = scalar, cast, report
        self.section, self.level = section, level
        self.position = 0
        self.found: list[Atom] = []

    def say(self, code: str, start: int, stop: int, **values: Any) -> None:
        """Reports what is wrong with a stretch of the text, and who inherits it."""
        notes = used_by(self.cast.scene, self.level)
        self.report.add(code, self.scalar.place(start, stop), notes=notes, **values)

    def meet(self, match: re.Match[str]) -> None:
        if match[0] == "@@":
            self.plain(match.start())
            self.add("text", "@", match.start(), match.end())
        elif match[0] == "@":
            self.element(match.start())
        else:
            self.voice(match)

    def element(self, at: int) -> None:
        text = self.scalar.value
        if at and BEFORE_NO_REFERENCE.match(text[at - 1]):
            return
        word = text[at + 1 : word_end(text, at + 1)]
        name = self.cast.longest(text, at + 1)
        if BY_HAND.match(text, at + 1) and (name is None or BY_HAND.fullmatch(name)):
            example = next(iter(self.cast.elements), "potter")
            self.refuse("SB203", at, word, example=example)
        elif name is None:
            self.unknown(at, word)
        elif self.runs_on(at + 1 + len(name), name):
            stop = max(at + 1 + len(word), at + 1 + len(name))
            self.say("SB202", at, stop, written=text[at + 1 : stop], name=name)
        else:
            self.plain(at)
            self.add("element", name, at, at + 1 + len(name))

    def runs_on(self, end: int, name: str) -> bool:
        """Whether what follows would be read as a part of the name, or of the number that is sent for it."""
        after = self.scalar.value[end : end + 1]
        return after.isdigit() or bool(ASCII_WORD.match(name[-1]) and ASCII_WORD.match(after))

    def unknown(self, at: int, word: str) -> None:
        if not self.cast.known:
            return
        if not word:
            fix = stretch(self.scalar, at, at + 1, "@@")
            self.say("SB212", at, at + 1, fix=fix)
        else:
            hint = _declare(word, self.cast.elements)
            close = meant(word, self.cast.elements, most=1)
            fix = stretch(self.scalar, at + 1, at + 1 + len(word), close) if close is not None else None
            self.refuse("SB201", at, word, hint=hint, fix=fix)

    def refuse(self, code: str, at: int, name: str, *, hint: str | None = None, **values: Any) -> None:
        """Reported once: it goes on without its @."""
        end = at + 1 + len(name)
        self.say(code, at, end, name=name, hint=hint, **values)
        self.plain(at)
        self.add("text", name, at, end)

    def voice(self, match: re.Match[str]) -> None:
        name = match[1].strip()
        if (own := RAW_VOICE.fullmatch(name)) and int(own[1]) <= self.cast.raw_voices:
            return
        if name not in self.cast.voices and not self.cast.known:
            return
        if name not in self.cast.voices:
            close = meant(name, self.cast.voices, most=1)
            fix = stretch(self.scalar, *match.span(1), close) if close is not None else None
            self.say("SB205", *match.span(), name=name, hint=did_you_mean(name, self.cast.voices), fix=fix)
            self.plain(match.start())
            self.add("text", name or "voice", match.start(), match.end())
            return
        self.plain(match.start())
        self.add("voice", name, match.start(), match.end())

    def plain(self, until: int) -> None:
        if until > self.position:
            self.add("text", self.scalar.value[self.position : until], self.position, until)

    def add(self, kind: Literal["text", "element", "voice"], text: str, start: int, stop: int) -> None:
        self.found.append(Atom(kind, text, self.scalar, start, stop, self.section, self.level))
        self.position = stop


def used_by(scene: Scene | None, level: str) -> tuple[Note, ...]:
    """That a scene inherits text of this level; nothing for its own."""
    if scene is None or not is_inherited(level):
        return ()
    return (Note(f"inherited by the scene `{scene.id.value}`", scene.place),)


def _declare(name: str, known: Mapping[str, Element]) -> str:
    close = nearest(name, known)
    if close is not None:
        return f"did you mean `@{close}`? A plain @ is written `@@`"
    if known:
        return some_of("declared are: ", list(known), "@") + "; a plain @ is written `@@`"
    return "declare it under `elements:`, or write `@@` for a plain @"
