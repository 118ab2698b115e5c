"""The markup of screenplays, Fountain 1.1: a text as its parts, each with its line. fountain.io/syntax.

Read here and not by a library: those that are kept up make pages of it, and say no more which line a part came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

Kind = Literal[
    "title",
    "heading",
    "action",
    "character",
    "how",
    "speech",
    "lyrics",
    "transition",
    "centered",
    "section",
    "synopsis",
    "note",
]

BREAK = re.compile(r"\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
BONEYARD = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
NOTE = re.compile(
    r"\[\[((?:(?!\[\[).)*?)\]\]", re.DOTALL
)  # stops at the next [[: many that nobody closes take no longer
TITLE = re.compile(r"([^\s:][^:]{0,40}):\s*(.*)")
HEADING = re.compile(
    r"(?:INT|EXT|EST|INT\.?\s?/\s?EXT|EXT\.?\s?/\s?INT|I\s?/\s?E)(?:\.|\s)\s*\S", re.IGNORECASE
)
NUMBER = re.compile(r" ?#[^#]{1,20}#$")
TRANSITION = re.compile(r".*\bTO:$|(?:FADE|IRIS|WIPE)\b.*[:.]$|.*\b(?:DISSOLVE|CROSSFADE)[:.]?$")
EMPHASIS = {sign: re.compile(rf"(?<!\\)\{sign}+") for sign in "*_"}
ESCAPE = re.compile(r"\\([*_\\])")
RULE = re.compile(r"\s*={3,}\s*")
LONGEST_NAME = 200  # characters of a line that names who speaks


class Part(Struct, frozen=True):
    """`name` is the key of a line of the title page. `dual`: a character who speaks at the same time as the one
    before. `alone`: lyrics that stand under no character."""

    kind: Kind
    text: str
    line: int
    name: str = ""
    dual: bool = False
    alone: bool = False


class _Line(Struct, frozen=True):
    text: str
    number: int

    @property
    def blank(self) -> bool:
        """Two spaces on a line hold a speech together."""
        return not self.text.strip()


def parts(text: str) -> Iterator[Part]:
    """The parts of a screenplay, in order."""
    text = BREAK.sub("\n", text)
    line, counted = 1, 0
    for match in NOTE.finditer(text):
        line, counted = line + text.count("\n", counted, match.start()), match.start()
        yield Part("note", " ".join(match[1].split()), line)
    text = NOTE.sub(_only_breaks, BONEYARD.sub(_only_breaks, text))
    lines = [_Line(line, number) for number, line in enumerate(text.split("\n"), 1)]
    front = list(_title_page(lines))
    yield from front
    yield from _body(lines[_behind(lines) if front else 0 :])


def plain(text: str) -> str:
    """Without the marks of emphasis."""
    marks = {place for sign in EMPHASIS for place in _paired(text, sign)}
    kept = "".join(character for place, character in enumerate(text) if place not in marks)
    return ESCAPE.sub(r"\1", kept).strip()


def _paired(text: str, sign: str) -> Iterator[int]:
    """Where the marks stand of which each that opens has one that closes, with text between."""
    opened: list[int] = []
    for run in EMPHASIS[sign].finditer(text):
        first, behind = run.span()
        if not text[first - 1 : first].isspace():
            while opened and first < behind:
                yield from (opened.pop(), first)
                first += 1
        if not text[behind : behind + 1].isspace():
            opened += range(first, behind)


def _only_breaks(match: re.Match[str]) -> str:
    return "\n" * match[0].count("\n")


def _behind(lines: list[_Line]) -> int:
    """Where the title page ends."""
    return next((place for place, line in enumerate(lines) if line.blank), len(lines))


def _title_page(lines: list[_Line]) -> Iterator[Part]:
    key, found = "", TITLE.match(lines[0].text) if lines else None
    if found is None or HEADING.match(lines[0].text) or TRANSITION.fullmatch(lines[0].text.strip()):
        return
    for line in lines[: _behind(lines)]:
        if (match := TITLE.match(line.text)) is not None:
            key = match[1].strip().casefold()
            if match[2].strip():
                yield Part("title", plain(match[2]), line.number, key)
        else:
            yield Part("title", plain(line.text), line.number, key)


def _body(lines: list[_Line]) -> Iterator[Part]:
    """Blocks with blank lines between. A block that a character begins is a speech."""
    block: list[_Line] = []
    for line in [*lines, _Line("", 0)]:
        if line.blank and not (block and line.text.startswith("  ") and _is_character(block)):
            yield from _block(block)
            block = []
        else:
            block.append(line)


def _block(block: list[_Line]) -> Iterator[Part]:
    place, last = 0, len(block) - 1
    while place <= last and (one := _by_itself(block[place], alone=place == last)) is not None:
        if one.text:
            yield one
        place += 1
    block = block[place:]
    if not block:
        return
    if _is_character(block):
        yield from _speech(block)
        return
    prose = " ".join(line.text.strip().removeprefix("!") for line in block)
    if plain(prose):
        yield Part("action", plain(prose), block[0].number)


def _by_itself(line: _Line, *, alone: bool) -> Part | None:
    """What is a part whatever follows it."""
    text, number = line.text.strip(), line.number
    if RULE.fullmatch(text):
        return Part("section", "", number)
    if text.startswith(">"):
        centered = text.endswith("<")
        return Part("centered" if centered else "transition", plain(text.strip("<> ")), number)
    if text.startswith(("#", "=")):
        return Part("section" if text[0] == "#" else "synopsis", plain(text.lstrip("#= ")), number)
    if text.startswith("~"):
        return Part("lyrics", plain(text[1:]), number, alone=True)
    forced = text.startswith(".") and text[1:2].isalnum()
    if forced or HEADING.match(text):
        heading = " ".join(text.removeprefix(".").split())
        return Part("heading", plain(NUMBER.sub("", heading)), number)
    if alone and text == text.upper() and TRANSITION.fullmatch(text):
        return Part("transition", text, number)
    return None


def _is_character(block: list[_Line]) -> bool:
    first = block[0].text.strip()
    if len(block) < 2 or first.startswith("!") or len(first) > LONGEST_NAME:  # noqa: PLR2004 - a name, and what is said
        return False
    name = re.sub(r"\([^()]*\)|\^", "", first)
    return first.startswith("@") or (
        name == name.upper() and any(c.isalpha() for c in name) and name != name.lower()
    )


def _speech(block: list[_Line]) -> Iterator[Part]:
    first, *lines = block
    name = first.text.strip().removeprefix("@")
    yield Part("character", plain(name.removesuffix("^")), first.number, dual=name.endswith("^"))
    said: list[_Line] = []
    for line in [*lines, _Line("()", 0)]:
        text = line.text.strip()
        by_itself = text.startswith("~") or (text.startswith("(") and text.endswith(")"))
        if by_itself and said:
            yield Part("speech", plain(" ".join(each.text.strip() for each in said)), said[0].number)
            said = []
        if not by_itself:
            said += [line] if text else []
        elif plain(text[1:-1]):
            kind: Kind = "lyrics" if text.startswith("~") else "how"
            yield Part(kind, plain(text[1:] if kind == "lyrics" else text[1:-1]), line.number)
