"""What lies open in the editor, and what is known of it: the one place here that changes.

A sheet is an open file. It is checked when it was quiet for a moment, or when something asks that needs to know.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from storyboard.catalog.prices import DEFAULT_BOOK, PriceBook, price_book
from storyboard.compile.compiler import Compiled
from storyboard.compile.paths import project_path
from storyboard.diagnostics import Diagnostic, Span
from storyboard.editor.drift import Drift, drift
from storyboard.editor.hover import Known
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.one_scene import alone, merged
from storyboard.editor.overlay import Facts, located
from storyboard.editor.positions import Page, Stretch, Units
from storyboard.editor.written import Written, written
from storyboard.errors import StoryboardError
from storyboard.location import FILE, Location
from storyboard.pipeline import Checked, check
from storyboard.read.compose import MAX_BYTES
from storyboard.read.source import Source

IS_STORYBOARD = re.compile(r"^[\"']?storyboard[\"']?[ \t]*:", re.MULTILINE)
LANGUAGE = "storyboard"
YAML = (".yaml", ".yml")
QUICK = 0.05  # seconds
UNREADABLE = "SB000"  # not of the book: the file, or what it names, can't be read at all


@dataclass(eq=False)
class Sheet:
    """`good` is the text as it last was YAML; `checked` the last whole check, of the text `checked_text`, which took
    `seconds`. `diagnostics` are those of the text `seen`: of a whole check, or of a change within one scene.
    `compiled` is what the last text that could be compiled became, `compiled_text` that text and `book` the one
    that it named."""

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
        return _page(self.name, self.text, self.units)

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
        old = _page(self.name, text, self.units).of(span)
        return old if text == self.text else _moved(old, _drift(text, self.text), near=near)


@dataclass
class Desk:
    """All that is open. `variables` and `asked`, a price book, come from the command line and hold for all of it."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    asked: PriceBook | None = None
    units: Units = "utf-16"
    sheets: dict[str, Sheet] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)

    def open(self, uri: str, path: Path, text: str, version: int | None, language: str) -> Sheet:
        absolute = Path(os.path.normpath(path.absolute()))
        sheet = self.sheets[uri] = Sheet(uri, absolute, text, version, language, self.units)
        return sheet

    @property
    def texts(self) -> dict[Path, str]:
        return {sheet.path: sheet.text for sheet in self.sheets.values()}

    def location(self, sheet: Sheet) -> Location:
        return located(sheet.path, self.texts, self.facts)

    def check(self, sheet: Sheet) -> None:
        """Looks at the text as it is. What can't be read is a failure in words."""
        begun = time.perf_counter()
        sheet.failure = None
        try:
            sheet.checked = check(self.location(sheet), self.variables)
        except StoryboardError as failure:
            sheet.checked, sheet.failure = None, str(failure)
        sheet.diagnostics = sheet.checked.diagnostics if sheet.checked is not None else ()
        sheet.checked_text = sheet.seen = sheet.text
        if sheet.checked is not None and sheet.checked.compiled is not None:
            sheet.compiled, sheet.book = sheet.checked.compiled, sheet.checked.book
            sheet.compiled_text = sheet.good = sheet.text
        sheet.seconds = time.perf_counter() - begun

    def look(self, sheet: Sheet) -> bool:
        """Sees to the diagnostics of the text as it is. False when a whole check has to follow."""
        if sheet.is_slow and not sheet.is_settled and self._look_at_one_scene(sheet):
            return False
        self.checked(sheet)
        return True

    def _look_at_one_scene(self, sheet: Sheet) -> bool:
        """Whether it was enough to look at the scene that was changed since the last whole check."""
        old = sheet.checked
        before = written(sheet.name, sheet.checked_text) if sheet.checked_text is not None else None
        if before is None or old is None or old.storyboard is None:
            return False
        moves = _drift(before.source.text, sheet.text)
        scene = alone(before, sheet.text, moves)
        if scene is None:
            return False
        texts = {**self.texts, sheet.path: scene.text}
        found = check(located(sheet.path, texts, self.facts), self.variables)
        if found.storyboard is None:
            return False
        sheet.diagnostics = merged(old.diagnostics, found.diagnostics, scene, moves, sheet.name)
        sheet.seen = sheet.text
        return True

    def checked(self, sheet: Sheet) -> Checked | None:
        """A whole check of the text as it is."""
        if not sheet.is_settled:
            self.check(sheet)
        return sheet.checked

    def forget(self, changed: Sheet | None = None) -> list[Sheet]:
        """The storyboards that read a file which changed, or all where anything may have: to be checked again."""
        concerned = [
            each
            for each in self.sheets.values()
            if each.is_storyboard and (changed is None or (each is not changed and self.reads(each, changed)))
        ]
        for each in concerned:
            each.checked_text = None  # nothing that was found of it can be relied upon
        return concerned

    def reads(self, sheet: Sheet, other: Sheet) -> bool:
        """Whether the other file is one of those that the storyboard consists of."""
        sources = sheet.checked.sources if sheet.checked is not None else ()
        return any(self.file(sheet, source.path) == other.path for source in sources)

    def is_part(self, sheet: Sheet) -> bool:
        """Whether it is YAML that an open storyboard reads."""
        others = [each for each in self.sheets.values() if each is not sheet and each.is_storyboard]
        return sheet.path.suffix in YAML and any(self.reads(each, sheet) for each in others)

    def book(self, sheet: Sheet) -> PriceBook:
        book = self.asked or sheet.book or price_book(DEFAULT_BOOK)
        assert book is not None  # noqa: S101 - it comes with this program
        return book

    def known(self, sheet: Sheet) -> Known:
        """What there is to tell of the text as it is."""
        checked = self.checked(sheet)
        return Known(
            source=sheet.page.source,
            written=sheet.written if sheet.is_whole else None,
            compiled=checked.compiled if checked is not None else None,
            book=self.book(sheet),
            base=self.location(sheet).base,
            diagnostics=sheet.diagnostics,
        )

    def family(self, sheet: Sheet) -> tuple[Written, ...]:
        """The text and the other YAML that belongs to the same storyboard: what it reads, or what reads it."""
        self.checked(sheet)
        found: dict[str, Written | None] = {sheet.name: sheet.written}
        for other in self.sheets.values():
            checked = self.checked(other) if other.is_storyboard else None
            sources = checked.sources if checked is not None else ()
            names = [source.path for source in sources]
            if sheet.name in names or sheet is other:
                found.update({source.path: _of(source) for source in sources if source.path not in found})
        return tuple(each for each in found.values() if each is not None)

    def mention(self, sheet: Sheet, index: int) -> Mention | None:
        """The name at a place of the text as it is."""
        self.checked(sheet)
        return mentions(sheet.written).at(index) if sheet.written is not None and sheet.is_whole else None

    def file(self, sheet: Sheet, name: str) -> Path:
        """The file that a span's path means: absolute, or as the storyboard names it."""
        return Path(os.path.normpath(sheet.path.parent / name))

    def named(self, sheet: Sheet, name: str) -> Path | None:
        """The file that an authored path means; None when there is none in the project."""
        location = self.location(sheet)
        path = project_path(location.base, name)
        file = location.project / path if path is not None else None
        return file if file is not None and file.is_file() else None

    def found(self, sheet: Sheet) -> dict[Path, list[Diagnostic]]:
        """The diagnostics of a storyboard by the file that they stand in."""
        if sheet.failure is not None:
            place = Span(sheet.name, 1, 1, 1, 1)
            return {sheet.path: [Diagnostic(UNREADABLE, "error", sheet.failure, place)]}
        groups: dict[Path, list[Diagnostic]] = {sheet.path: []}
        for each in sheet.diagnostics:
            groups.setdefault(self.file(sheet, each.span.path), []).append(each)
        return groups

    def pages(self, sheet: Sheet) -> dict[str, Page]:
        """The texts that the spans of its diagnostics and names are in, by the spans' paths."""
        others = [each for each in self.sheets.values() if each is not sheet and self.reads(each, sheet)]
        found = [each.checked for each in (*others, sheet) if each.checked is not None]
        sources = [source for checked in found for source in checked.sources]
        return {source.path: _page(source.path, source.text, self.units) for source in sources}


def _of(source: Source) -> Written | None:
    return written(source.path, source.text) if source.path.endswith(YAML) else None


@lru_cache(maxsize=64)
def _page(path: str, text: str, units: Units) -> Page:
    return Page(Source(path, text), units)


@lru_cache(maxsize=4)
def _drift(old: str, new: str) -> Drift:
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
