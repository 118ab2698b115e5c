"""An open file, and what is known of it. It is checked when it was quiet for a moment, or when something asks."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from msgspec import Struct

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.diagnostics import Diagnostic, Span
from storyboard.editor.drift import Drift, drift
from storyboard.editor.positions import Page, Stretch, Units
from storyboard.editor.written import Written, written
from storyboard.location import FILE
from storyboard.pipeline import Checked
from storyboard.read.decode import MAX_BYTES
from storyboard.read.source import Source

IS_STORYBOARD = re.compile(r"^[\"']?storyboard[\"']?[ \t]*:", re.MULTILINE)
LANGUAGE = "storyboard"
YAML = (".yaml", ".yml")
QUICK = 0.05  # seconds


class Sheet(Struct, eq=False):
    """`good` is the text as it last was YAML; `checked` the last whole check, of the text `checked_text`, which took
    `seconds`. `diagnostics` are those of the text `seen`: of a whole check, or of a change within one scene.
    `compiled` is what the last text that could be compiled became, `compiled_text` that text (of a part, the one that
    its storyboard was compiled with) and `book` the one that it named."""

    uri: str
    path: Path
    text: str
    version: int | None
    language: str
    units: Units
    good: str | None = None
    checked: Checked | None = None
    checked_text: str | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    seen: str | None = None
    compiled: Compiled | None = None
    compiled_text: str = ""
    book: PriceBook | None = None
    failure: str | None = None
    seconds: float = 0.0

    @property
    def is_storyboard(self) -> bool:
        """Other YAML is not spoken about."""
        named = self.path.name == FILE or self.language == LANGUAGE
        return named or (self.path.suffix in YAML and IS_STORYBOARD.search(self.text) is not None)

    @property
    def is_too_large(self) -> bool:
        """To be read at all: only that is told of it."""
        return len(self.text) > MAX_BYTES

    @property
    def name(self) -> str:
        """The path that spans of this text have."""
        return self.path.as_posix()

    @property
    def page(self) -> Page:
        return page_of(self.name, self.text, self.units)

    @property
    def is_slow(self) -> bool:
        """Whether a whole check takes longer than a person notices."""
        return self.seconds > QUICK

    @property
    def is_settled(self) -> bool:
        return self.checked_text == self.text

    @property
    def written(self) -> Written | None:
        """The text as it is, or as it was when it last was YAML; while a long one is written, when it last was
        checked."""
        if self.good is not None and self.is_slow and not self.is_settled:
            return written(self.name, self.good)
        now = written(self.name, self.text)
        if now is not None:
            self.good = self.text
        return now if now is not None or self.good is None else written(self.name, self.good)

    @property
    def is_whole(self) -> bool:
        """Whether `written` is of the text as it is."""
        found = self.written
        return found is not None and found.source.text == self.text

    def around(self, index: int) -> Written | None:
        """The text as it is around a place; with the place's own line left out where that is what breaks it."""
        if self.is_slow or self.is_whole:
            return self.written
        source = self.page.source
        line, column = source.position(index)
        start = index - column + 1
        stop = start + len(source.line(line))
        found = written(self.name, f"{self.text[:start]}{' ' * (stop - start)}{self.text[stop:]}")
        return found or self.written

    def now(self, span: Span, *, near: bool = False) -> Stretch | None:
        """Where a place of `written` is in the text as it is: None where lines were changed since, unless `near` is
        good enough."""
        text = self.written.source.text if self.written is not None else self.text
        return self._since(text, span, near=near)

    def at_compiled(self, span: Span) -> Stretch | None:
        """Where a place of what was compiled is in the text as it is; None in lines that were changed since, and in
        other files."""
        return self._since(self.compiled_text, span, near=False) if span.path == self.name else None

    def _since(self, text: str, span: Span, *, near: bool) -> Stretch | None:
        old = page_of(self.name, text, self.units).of(span)
        return old if text == self.text else _moved(old, drift_of(text, self.text), near=near)


@lru_cache(maxsize=64)
def page_of(path: str, text: str, units: Units) -> Page:
    return Page(Source(path, text), units)


@lru_cache(maxsize=4)
def drift_of(old: str, new: str) -> Drift:
    return drift(old, new)


def _moved(old: Stretch, moves: Drift, *, near: bool) -> Stretch | None:
    first, last = moves.line(old.start.line), moves.line(old.end.line)
    if first is None or last is None:
        if not near:
            return None
        first = moves.kept if first is None else first
        last = max(first, moves.lines - moves.kept_last - 1 + moves.shift) if last is None else last
    start = type(old.start)(first, old.start.unit)
    return Stretch(start, max(start, type(old.end)(last, old.end.unit)))
