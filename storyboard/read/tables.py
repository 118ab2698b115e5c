"""Tables of a TOML file that people write: a reader for each key, what was probably meant where a key is unknown, and
places, which TOML's own reader does not tell. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

from msgspec import Struct

from storyboard.diagnostics import Span
from storyboard.findings import Report, did_you_mean
from storyboard.read.source import Source

T = TypeVar("T")

AT_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
HEADER = re.compile(r"\s*\[\s*\"?([\w-]+)\"?\s*\]")

Reader = Callable[[Any, Span], Any]


class Unfit(Exception):
    """What a setting should have been, in words."""


class Stated(Struct, Generic[T], frozen=True):
    """What a setting says, and where."""

    value: T
    span: Span


class Table(Struct, Generic[T], frozen=True):
    """`made` makes a value of what the keys say, each by its name, and of none where nothing is said. A reader gets the
    value of its key and the place, and returns what is meant, or raises Unfit."""

    name: str
    made: Callable[..., T]
    keys: Mapping[str, Reader]


def plain(read: Callable[[Any], Any]) -> Reader:
    """The reader of a field that holds a value alone."""
    return lambda value, _: read(value)


def stated(read: Callable[[Any], Any]) -> Reader:
    """The reader of a field that knows its place."""
    return lambda value, span: Stated(read(value), span)


class Tables:
    """The tables of one file. What is wrong in it is reported, and left as if nothing were said. `cure` knows why some
    keys can't be had."""

    def __init__(self, source: Source, report: Report, cure: Callable[[str], str | None]) -> None:
        self._source, self._report, self._cure = source, report, cure
        self._found: Mapping[str, Any] = {}
        try:
            self._found = tomllib.loads(source.text, parse_float=Decimal)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError, ArithmeticError) as failure:
            report.add("SB601", _where(source, str(failure)), problem=AT_LINE.sub("", str(failure)))

    def only(self, known: list[str]) -> None:
        """Reports the tables that are none of these."""
        for name in self._found:
            if name not in known:
                self._unknown("", name, known)

    def read(self, table: Table[T]) -> T:
        entries = self.entries(table.name)
        if not isinstance(entries, Mapping):
            self._unfit("", table.name, f"a table: `[{table.name}]`")
            return table.made()
        found: dict[str, Any] = {}
        for key, value in entries.items():
            if key not in table.keys:
                self._unknown(table.name, key, list(table.keys))
                continue
            try:
                found[key] = table.keys[key](value, self.place(table.name, key))
            except Unfit as expected:
                self._unfit(table.name, key, str(expected))
        return table.made(**found)

    def entries(self, table: str) -> Any:
        """What stands under a table's name, as it was written; nothing where there is none."""
        return self._found.get(table, {})

    def place(self, table: str, key: str) -> Span:
        """Where a key stands: its line is looked for as people write it."""
        source = self._source
        header, start = "", 0
        word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
        for line in source.text.splitlines(keepends=True):
            found = HEADER.match(line)
            header = found[1] if found else header
            there = word.search(line.partition("#")[0])
            if there and (header == table or (found and found[1] == key) or f"{table}." in line):
                return source.span(start + there.start(), start + there.end())
            start += len(line)
        there = word.search(source.text)
        return source.span(there.start(), there.end()) if there else source.span(0, 1)

    def _unfit(self, table: str, key: str, expected: str) -> None:
        self._report.add("SB603", self.place(table, key), key=_full(table, key), expected=expected)

    def _unknown(self, table: str, key: str, known: list[str]) -> None:
        hint = self._cure(key) or did_you_mean(key, known)
        self._report.add("SB602", self.place(table, key), key=_full(table, key), hint=hint)


def _full(table: str, key: str) -> str:
    return f"{table}.{key}" if table else key


def _where(source: Source, problem: str) -> Span:
    found = AT_LINE.search(problem)
    if found is None or found[1] is None:
        return source.span(0, 1) if found is None else source.span(len(source.text), len(source.text))
    line = source.starts[min(int(found[1]), len(source.starts)) - 1]
    start = min(line + int(found[2]) - 1, len(source.text))
    return source.span(start, start + 1)
