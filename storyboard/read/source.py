"""A source file as a value: its text, and where its lines begin."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_right
from functools import cached_property
from itertools import accumulate

from msgspec import Struct

from storyboard.diagnostics import Span

# What the YAML scanner counts as the end of a line.
BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
OTHER_BREAKS = "\r\x85\u2028\u2029"  # than \n


class Source(Struct, frozen=True, dict=True):
    """One text. `path` is what people are shown: as it was named, forward slashes. `folder` is where it lies, from the
    project folder: the paths in it are relative to that."""

    path: str
    text: str
    folder: str = ""

    @property
    def file(self) -> str:
        """Where it lies, from the project folder."""
        return posixpath.join(self.folder, posixpath.basename(self.path))

    def __repr__(self) -> str:
        return f"Source({self.path!r})"

    @cached_property
    def starts(self) -> list[int]:
        """The index of each line's first character."""
        if not any(other in self.text for other in OTHER_BREAKS):
            return [0, *accumulate([len(line) + 1 for line in self.text.split("\n")][:-1])]
        return [0, *(match.end() for match in BREAK.finditer(self.text))]

    def line(self, number: int) -> str:
        """A line without its break; lines count from 1. Past the end: empty."""
        if not 1 <= number <= len(self.starts):
            return ""
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return BREAK.sub("", self.text[self.starts[number - 1] : end])

    def position(self, index: int) -> tuple[int, int]:
        """Line and column, both from 1, of a character."""
        line = bisect_right(self.starts, index)
        return line, index - self.starts[line - 1] + 1

    def span(self, start: int, stop: int) -> Span:
        """The place of text[start:stop]."""
        line, column = self.position(start)
        end_line, end_column = self.position(max(start, stop))
        return Span(self.path, line, column, end_line, end_column)
