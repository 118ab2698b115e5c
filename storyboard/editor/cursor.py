"""Where in a storyboard a place lies, by indentation alone: the text may be broken there, it is being written.

The lines above are read only as far as they enclose the place, so it takes no longer in a long file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from storyboard.editor.flow import inside
from storyboard.editor.levels import ITEM
from storyboard.read.source import Source
from storyboard.read.spell import SHORT

LEAD = re.compile(r"(?P<indent> *)(?P<dashes>(?:-(?: +|$))*)")
KEY = re.compile(
    r"(?P<key>\"[^\"]*\"|'[^']*'|[^\s:#'\"{}\[\],&*!|>%@`-][^:#]*?|-[^\s:#][^:#]*?)\s*:(?:\s+(?P<value>.*))?$"
)
BLOCK = re.compile(r"[|>][-+0-9]*\s*(?:#.*)?$")


class Cursor(Struct, frozen=True):
    """`path` are the keys and items that lead to what is being written.

    A "key": the path is that of the mapping, `typed` the key so far, `present` are the keys that the mapping has. A
    "value": the path ends in its field, `typed` is the text so far, of all its lines. `start` is where it begins on
    the place's own line. `bare`: nothing but white space stands before it there; `braces`: it is inside of them.
    `indent`: the column, from 0, of what further lines of it would begin at. `quote`: the one that it is inside of.
    """

    place: Literal["key", "value"]
    path: tuple[str, ...]
    typed: str
    start: int
    index: int
    present: frozenset[str] = frozenset()
    bare: bool = False
    braces: bool = False
    indent: int = 0
    quote: str = ""


class _Line(Struct, frozen=True):
    """A line's dashes and its key, by column from 0. `content` is the column behind the dashes."""

    indent: int
    dashes: tuple[int, ...]
    content: int
    key: str | None
    value: str
    value_at: int

    @property
    def first(self) -> int:
        return self.dashes[0] if self.dashes else self.content


def cursor(source: Source, index: int) -> Cursor:
    """The place before the character of this index."""
    return _unquoted(_cursor(source, index))


def _unquoted(found: Cursor) -> Cursor:
    """What is inside of a quote: the quote itself stays."""
    if found.place == "key" or found.typed[:1] not in {"'", '"'} or found.start >= found.index:
        return found
    start = min(found.start + 1, found.index)
    return replace(found, typed=found.typed[1:], start=start, quote=found.typed[0])


def _cursor(source: Source, index: int) -> Cursor:
    number, _ = source.position(index)
    begin = source.starts[number - 1]
    line = _line(source.text[begin:index])
    text = _text_above(source, number, line)
    if text is not None:
        header, lines = text
        typed = "\n".join([*lines, source.text[begin:index].strip(" ")])
        path = _path(source, header, _line(source.line(header)), with_key=True)
        own = begin + line.indent
        return _in_braces(Cursor("value", path, typed, min(own, index), index, bare=True, indent=line.indent))
    path = _path(source, number, line, with_key=line.key is not None)
    if line.key is not None:
        found = Cursor("value", path, line.value, begin + line.value_at, index, indent=line.content)
        return _in_braces(found)
    typed = source.text[begin + line.content : index]
    if typed[:1] in {"{", "["}:
        return _in_braces(Cursor("value", path, typed, begin + line.content, index))
    present = frozenset(_present(source, number, line))
    bare = not line.dashes and not typed.strip()
    return Cursor("key", path, typed, begin + line.content, index, present, bare=bare, indent=line.content)


def _in_braces(found: Cursor) -> Cursor:
    """What it is inside of a value in braces."""
    if found.typed[:1] not in {"{", "["} or found.typed.startswith("{{"):
        return found
    inner = inside(found.typed)
    if inner is None:
        return found
    typed = found.typed[inner.start :].lstrip()
    start = found.index - len(typed)
    items = () if inner.mapping else (ITEM,)
    if inner.key is None and inner.mapping:
        return replace(
            found,
            place="key",
            path=(*found.path, *inner.path),
            typed=typed,
            start=start,
            present=frozenset(inner.keys),
            braces=True,
        )
    last = (inner.key,) if inner.key is not None else items
    return replace(found, path=(*found.path, *inner.path, *last), typed=typed, start=start, braces=True)


def _line(text: str) -> _Line:
    lead = LEAD.match(text)
    assert lead is not None  # noqa: S101 - it matches nothing, too
    indent = len(lead["indent"])
    dashes = tuple(indent + at for at, sign in enumerate(lead["dashes"]) if sign == "-")
    content = lead.end()
    match = KEY.match(text, content)
    if match is None:
        return _Line(indent, dashes, content, None, "", content)
    key = match["key"].strip().strip("\"'")
    value = match["value"] or ""
    return _Line(indent, dashes, content, key, value, match.start("value") if match["value"] else len(text))


def _above(source: Source, number: int) -> Iterator[tuple[int, _Line, str]]:
    """The lines above that say something, from the nearest on."""
    for above in range(number - 1, 0, -1):
        text = source.line(above)
        if text.strip() and not text.lstrip().startswith("#"):
            yield above, _line(text), text


def _text_above(source: Source, number: int, line: _Line) -> tuple[int, list[str]] | None:
    """The line whose value goes on at this one, which lies deeper, and the value's lines so far."""
    own = line.indent
    lines: list[str] = []
    for above, found, text in _above(source, number):
        if own == 0:
            return None
        if found.indent < own:
            return _goes_on(above, found, lines, line)
        lines.insert(0, text.strip())
    return None


def _goes_on(number: int, found: _Line, lines: list[str], line: _Line) -> tuple[int, list[str]] | None:
    column = found.content if found.key is not None else found.first
    if line.indent <= column and not found.dashes:
        return None
    value = found.value if found.key is not None else ""
    if BLOCK.match(value):
        return number, lines
    if value and not value.startswith("#") and line.indent > found.content and not line.dashes:
        return number, [value.strip(), *lines]
    return None


def _path(source: Source, number: int, line: _Line, *, with_key: bool) -> tuple[str, ...]:
    """The keys and items that enclose a line's content, outermost first."""
    parts = [line.key] if with_key and line.key is not None else []
    parts += [ITEM] * len(line.dashes)
    limit, item = line.first, bool(line.dashes)
    for _, found, _ in _above(source, number):
        if limit == 0 and not item:
            break
        if found.first > limit or (found.first == limit and not (item and not found.dashes)):
            continue
        key_counts = found.key is not None and (
            found.content < limit or (item and found.content == limit and not found.dashes)
        )
        if key_counts and found.key is not None:
            parts.append(found.key)
        elif found.first == limit:
            continue
        parts += [ITEM for dash in found.dashes if dash < limit]
        limit, item = found.first, bool(found.dashes)
    return _with_prompts(tuple(reversed(parts)))


def _with_prompts(path: tuple[str, ...]) -> tuple[str, ...]:
    """With a shot's short form, `wide 4s`, as what it is: its prompt."""
    return tuple(
        "prompt" if path[max(at - 2, 0) : at] == ("shots", ITEM) and SHORT.fullmatch(part) else part
        for at, part in enumerate(path)
    )


def _present(source: Source, number: int, line: _Line) -> Iterator[str]:
    """The keys of the mapping that the line belongs to, but not its own."""
    column = line.content
    if not line.dashes:
        for _, found, _ in _above(source, number):
            if found.content < column or (found.first < column and found.content != column):
                break
            if found.content == column and found.key is not None:
                yield found.key
            if found.dashes and found.content == column:
                break
    for below in range(number + 1, len(source.starts) + 1):
        text = source.line(below)
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        found = _line(text)
        if found.first < column or (found.first == column and found.dashes):
            break
        if found.content == column and found.key is not None:
            yield found.key
