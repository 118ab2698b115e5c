"""A `{` or `[` that is never closed: YAML reads on and stumbles over what follows, which is right as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from storyboard.diagnostics import Edit, Fix, Note
from storyboard.read.source import Source
from storyboard.read.trap import BLOCK, Trap

CLOSERS = {"{": "}", "[": "]"}
# A text in quotes, a remark, or a bracket.
TOKEN = re.compile(r"(?<![^\s,{\[:])(?:\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'|#.*)|(?P<bracket>[{}\[\]])")
ENTRY = re.compile(r"\s*(?:-\s|[^\s#{}\[\],\"'][^:]*:(?:\s|$))")
# What takes no list: closed, it would be another mistake.
A_LIST_OF_TEXTS = re.compile(r"\b(?:prompt|note|title|description|verbatim|text|subtitle):\s*\[")


class _Open(Struct, frozen=True):
    """Brackets that are open where a person would have closed them, outermost first."""

    brackets: tuple[int, ...]
    end: int


def unclosed(source: Source, error: Any) -> Trap | None:
    """The bracket that an error in a flow is about, when nothing closes it."""
    mark = getattr(error, "context_mark", None)
    if mark is None or source.text[mark.index : mark.index + 1] not in CLOSERS:
        return None
    found = _open(source, mark.index)
    if found is None:
        return _between(source, error)
    place, bracket = found.brackets[-1], source.text[found.brackets[-1]]
    line, _ = source.position(place)
    noticed = min(error.problem_mark.index, len(source.text))
    notes: tuple[Note, ...] = ()
    if found.end < noticed < len(source.text):
        notes = (Note("this is where it was noticed", source.span(noticed, noticed)),)
    fix = _fix(source, found)
    hint = f"close it with `{CLOSERS[bracket]}`"
    if A_LIST_OF_TEXTS.search(source.line(line)):
        hint = f"{hint}; {BLOCK}"
    return Trap(
        source.span(place, place + 1), f"the `{bracket}` of line {line} is never closed", hint, fix, notes
    )


def _between(source: Source, error: Any) -> Trap | None:
    """What stands behind a value where only a comma may, or the bracket that closes."""
    index = min(error.problem_mark.index, max(len(source.text) - 1, 0))
    if "did not find expected ','" not in str(error.problem):
        return None
    closer = CLOSERS[source.text[error.context_mark.index]]
    problem = f"YAML expects a `,` or `{closer}` here"
    return Trap(
        source.span(index, index + 1), problem, "write the comma, or put quotes around the text before it"
    )


def _open(source: Source, start: int) -> _Open | None:
    """What is open of a bracket where the next entry of a block begins; None when it is closed before."""
    first, _ = source.position(start)
    depth = _depth(source.line(first))
    brackets: list[int] = []
    end = start
    for line in range(first, len(source.starts) + 1):
        text = source.line(line)
        if line > first and text.strip() and _depth(text) <= depth and ENTRY.match(text):
            break
        for index in _brackets(text, source.starts[line - 1], start):
            if source.text[index] in CLOSERS:
                brackets.append(index)
            elif CLOSERS[source.text[brackets[-1]]] != source.text[index]:
                return _Open(tuple(brackets), index)
            else:
                brackets.pop()
            if not brackets:
                return None
        end = source.starts[line - 1] + len(text.rstrip()) if text.strip() else end
    return _Open(tuple(brackets), end)


def _brackets(text: str, begins: int, start: int) -> Iterator[int]:
    """Where brackets stand in a line, from a place on."""
    for match in TOKEN.finditer(text, max(start - begins, 0)):
        if match["bracket"] is not None:
            yield begins + match.start()


def _fix(source: Source, found: _Open) -> Fix | None:
    """One bracket closed at the end of its own line; None where more is missing, or what it holds may be text."""
    place = found.brackets[-1]
    line, column = source.position(place)
    text = source.line(line)
    bracket = text[column - 1]
    mismatch = found.end < len(source.text) and source.text[found.end] in CLOSERS.values()
    mismatch = mismatch and source.position(found.end)[0] == line
    if source.position(max(found.end - 1, place))[0] != line or (len(found.brackets) > 1 and not mismatch):
        return None
    if "#" in text or (bracket == "{" and ": " not in text[column:]) or A_LIST_OF_TEXTS.search(text):
        return None
    at = source.span(found.end, found.end)
    return Fix(f"close the `{bracket}`", (Edit(at, CLOSERS[bracket]),))


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
