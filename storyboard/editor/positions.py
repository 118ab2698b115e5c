"""Places as editors count them: lines and units from 0, against characters of a source.

Editors end a line at \\n, \\r\\n and \\r alone, YAML at more than these; and a character beyond the basic plane is two
of the units that most editors count. So every place goes by way of the character's index in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from typing import Literal

from msgspec import Struct

from storyboard.diagnostics import Span
from storyboard.read.source import OTHER_BREAKS, Source

BREAK = re.compile("\r\n|[\n\r]")
Units = Literal["utf-8", "utf-16", "utf-32"]
LAST_OF_ONE, LAST_OF_TWO, LAST_OF_THREE = 0x7F, 0x7FF, 0xFFFF  # the last characters of so many bytes in UTF-8


class Point(Struct, frozen=True, order=True):
    """A place between two characters. Both count from 0, `unit` in the editor's units."""

    line: int
    unit: int


class Stretch(Struct, frozen=True, order=True):
    """From a point up to but not including another."""

    start: Point
    end: Point


class Page(Struct, frozen=True, dict=True):
    """A source as an editor with these units sees it."""

    source: Source
    units: Units = "utf-16"

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def starts(self) -> list[int]:
        """The index of each line's first character."""
        if not any(other in self.text for other in OTHER_BREAKS):
            return self.source.starts
        return [0, *(match.end() for match in BREAK.finditer(self.text))]

    def line_end(self, line: int) -> int:
        """The index at which a line's break begins, or the text ends."""
        if line + 1 >= len(self.starts):
            return len(self.text)
        end = self.starts[line + 1]
        return end - (2 if self.text[end - 2 : end] == "\r\n" else 1)

    def index(self, point: Point) -> int:
        """The character at a point. What lies beyond a line is its end, what lies beyond the text is the text's."""
        if point.line >= len(self.starts):
            return len(self.text)
        start, end = self.starts[max(point.line, 0)], self.line_end(max(point.line, 0))
        line = self.text[start:end]
        if self.units == "utf-32" or line.isascii():
            return start + min(max(point.unit, 0), len(line))
        left = point.unit
        for offset, character in enumerate(line):
            left -= self._width(character)
            if left < 0:  # inside a character is before it
                return start + offset
        return end

    def point(self, index: int) -> Point:
        if index <= 0:
            return Point(0, 0)  # without counting lines: what is too large is told of here
        index = min(index, len(self.text))
        line = bisect_right(self.starts, index) - 1
        before = self.text[self.starts[line] : index]
        if self.units == "utf-32" or before.isascii():
            return Point(line, len(before))
        return Point(line, sum(map(self._width, before)))

    def stretch(self, start: int, stop: int) -> Stretch:
        """text[start:stop]."""
        return Stretch(self.point(start), self.point(max(start, stop)))

    def of(self, span: Span) -> Stretch:
        return self.stretch(*indexes(self.source, span))

    def whole(self) -> Stretch:
        return self.stretch(0, len(self.text))

    def _width(self, character: str) -> int:
        code = ord(character)
        if self.units == "utf-16":
            return 1 if code <= LAST_OF_THREE else 2
        return 1 + (code > LAST_OF_ONE) + (code > LAST_OF_TWO) + (code > LAST_OF_THREE)


def indexes(source: Source, span: Span) -> tuple[int, int]:
    """Where a span of the source begins and ends, in characters of its text."""
    return _index(source, span.line, span.column), _index(source, span.end_line, span.end_column)


def _index(source: Source, line: int, column: int) -> int:
    if line <= 1:
        return min(max(column, 1) - 1, len(source.text))
    start = source.starts[line - 1] if line <= len(source.starts) else len(source.text)
    return min(start + max(column, 1) - 1, len(source.text))


def replaced(page: Page, stretch: Stretch, text: str) -> str:
    """The page's text with a stretch of it written anew."""
    return page.text[: page.index(stretch.start)] + text + page.text[page.index(stretch.end) :]
