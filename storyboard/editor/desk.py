"""What lies open in the editor, and what is known of it: the one place here that changes.

A sheet is an open file. It is checked when it was quiet for a moment, or when something asks that needs to know.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.a_part import is_part, told_as_part
from storyboard.catalog.prices import DEFAULT_BOOK, PriceBook, price_book
from storyboard.compile.compiler import Compiled
from storyboard.compile.paths import project_path
from storyboard.diagnostics import Diagnostic, Edit, Span
from storyboard.editor.kin import Kin, kin, with_names
from storyboard.editor.known import Known
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.one_scene import alone, merged
from storyboard.editor.overlay import Facts, TooMuch, located
from storyboard.editor.positions import Page, Units
from storyboard.editor.rename import applied
from storyboard.editor.sheet import YAML, Sheet, drift_of, page_of
from storyboard.editor.shelf import Shelf, Volume
from storyboard.editor.written import Written, written
from storyboard.errors import StoryboardError
from storyboard.location import Location, is_marked, project_above
from storyboard.pipeline import Checked, check

UNREADABLE = "SB000"  # not of the book: the file, or what it names, can't be read at all


class Desk(Struct, dict=True):
    """All that is open. `variables` and `asked`, a price book, come from the command line and hold for all of it.
    `behind` are storyboards that are not open and that a file belongs to which is."""

    variables: Mapping[str, Any] = field(default_factory=dict)
    asked: PriceBook | None = None
    units: Units = "utf-16"
    sheets: dict[str, Sheet] = field(default_factory=dict)
    behind: dict[str, Sheet] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)

    @cached_property
    def shelf(self) -> Shelf:
        """All that can be read, with what is open as it is there."""
        return Shelf(lambda: {sheet.path: sheet for sheet in self.sheets.values()})

    def open(self, uri: str, path: Path, text: str, version: int | None, language: str) -> Sheet:
        absolute = Path(os.path.normpath(path.absolute()))
        sheet = self.sheets[uri] = Sheet(uri, absolute, text, version, language, self.units)
        return sheet

    @property
    def storyboards(self) -> Iterator[Sheet]:
        """Those that are open, and those behind."""
        return (each for each in (*self.sheets.values(), *self.behind.values()) if each.is_storyboard)

    @property
    def texts(self) -> dict[Path, str]:
        return {sheet.path: sheet.text for sheet in (*self.behind.values(), *self.sheets.values())}

    def attend(self) -> set[str]:
        """Finds storyboards for the open files that no open one reads. The uris of those that are not needed any
        more."""
        before, self.behind = self.behind, {}
        for sheet in self.sheets.values():
            if sheet.path.suffix in YAML and not sheet.is_storyboard and not self.is_part(sheet):
                path = self._owner(sheet)
                if path is not None:
                    uri, text = path.as_uri(), self.shelf.text(path) or ""
                    kept = before.get(uri) or Sheet(uri, path, text, None, "yaml", self.units)
                    self.behind[uri] = replace(kept, text=text)
        return before.keys() - self.behind.keys()

    def _owner(self, part: Sheet) -> Path | None:
        """The first storyboard of the project that includes a file. Where no folder says that it is a project, that
        may lie one folder up."""
        project = project_above(part.path.parent)
        for folder in (project,) if is_marked(project) else (project, project.parent):
            try:
                volumes = self.shelf.volumes(folder)
            except TooMuch:
                return None
            for each in volumes:
                if part.path in each.files:
                    return each.path
        return None

    def location(self, sheet: Sheet) -> Location:
        return located(sheet.path, self.texts, self.facts)

    def check(self, sheet: Sheet) -> None:
        """Looks at the text as it is. What can't be read is a failure in words."""
        begun = time.perf_counter()
        sheet.failure = None
        try:
            sheet.checked = told_as_part(check(self.location(sheet), self.variables))
        except StoryboardError as failure:
            sheet.checked, sheet.failure = None, str(failure)
        sheet.diagnostics = sheet.checked.diagnostics if sheet.checked is not None else ()
        sheet.checked_text = sheet.seen = sheet.text
        if sheet.checked is not None and sheet.checked.compiled is not None and not sheet.checked.unread:
            sheet.compiled, sheet.book = sheet.checked.compiled, sheet.checked.book
            sheet.compiled_text = sheet.good = sheet.text
            for source in sheet.checked.included:
                for part in (each for each in self.sheets.values() if each.name == source.path):
                    part.compiled_text = source.text
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
        moves = drift_of(before.source.text, sheet.text)
        scene = alone(before, sheet.text, moves)
        if scene is None:
            return False
        texts = {**self.texts, sheet.path: scene.text}
        found = check(located(sheet.path, texts, self.facts), self.variables)
        if found.storyboard is None or found.unread:
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
            for each in self.storyboards
            if changed is None or (each is not changed and self.reads(each, changed))
        ]
        for each in concerned:
            each.checked_text = None  # nothing that was found of it can be relied upon
        return concerned

    def reads(self, sheet: Sheet, other: Sheet) -> bool:
        """Whether the other file is one of those that the storyboard consists of."""
        sources = sheet.checked.sources if sheet.checked is not None else ()
        if any(self.file(sheet, source.path) == other.path for source in sources):
            return True
        return other.path.suffix in YAML and other.path in self.shelf.volume(sheet.path).files

    def is_part(self, sheet: Sheet) -> bool:
        """Whether it is YAML that another storyboard reads."""
        return sheet.path.suffix in YAML and any(each is not sheet for each in self.readers(sheet))

    def readers(self, sheet: Sheet) -> list[Sheet]:
        """The storyboards that a file belongs to, itself the first when it is one."""
        own = [sheet] if sheet.is_storyboard else []
        return [*own, *(each for each in self.storyboards if each is not sheet and self.reads(each, sheet))]

    def reader(self, sheet: Sheet) -> Sheet:
        """The storyboard by which a file is told about."""
        return next(iter(self.readers(sheet)), sheet)

    def book(self, sheet: Sheet) -> PriceBook:
        book = self.asked or self.reader(sheet).book or price_book(DEFAULT_BOOK)
        assert book is not None  # noqa: S101 - it comes with this program
        return book

    def folder(self, sheet: Sheet) -> tuple[Path, str]:
        """The project folder, and where the file lies in it: "" for the folder itself."""
        project = project_above(self.reader(sheet).path.parent)
        if not sheet.path.is_relative_to(project):
            project = project_above(sheet.path.parent)
        relative = sheet.path.parent.relative_to(project).as_posix()
        return project, "" if relative == "." else relative

    def known(self, sheet: Sheet) -> Known:
        """What there is to tell of the text as it is."""
        reader = self.reader(sheet)
        checked = self.checked(reader)
        return Known(
            source=sheet.page.source,
            written=self.written(sheet) if sheet.is_whole else None,
            compiled=checked.compiled if checked is not None and not checked.unread else None,
            book=self.book(sheet),
            base=self.folder(sheet)[1],
            diagnostics=reader.diagnostics,
        )

    def compiled(self, sheet: Sheet) -> Compiled | None:
        """What the storyboard of a file last became: of its text as it is, where that takes no time."""
        reader = self.reader(sheet)
        if not reader.is_slow or reader.compiled is None:
            self.checked(reader)
        return reader.compiled

    def volumes(self, sheet: Sheet) -> list[Volume]:
        """The storyboards that a file belongs to, with what they include."""
        return [self.shelf.volume(each.path) for each in self.readers(sheet)]

    def family(self, sheet: Sheet) -> tuple[Written, ...]:
        """The text and the other YAML that belongs to the same storyboards: what it reads, or what reads it."""
        found = with_names(self.volumes(sheet))
        return tuple(sorted(found, key=lambda each: each.source.path != sheet.name))

    def written(self, sheet: Sheet) -> Written | None:
        """The text, as `sheet.written` has it, with the names that other files bring."""
        found = (each for each in with_names(self.volumes(sheet)) if each.source.path == sheet.name)
        return next(found, sheet.written)

    def kin(self, sheet: Sheet, wanted: Mention) -> Kin:
        """All places that a name of the text concerns, in the whole project."""
        for each in self.storyboards:
            self.checked(each)
        own, doubt = self.volumes(sheet), ""
        try:
            volumes = self.shelf.volumes(self.folder(sheet)[0])
        except TooMuch as failure:
            volumes, doubt = tuple(own), f"{failure}, so who else includes a file is not known"
        found = kin(wanted, own, volumes, self.shelf.broken((*own, *volumes)))
        if not doubt or all(len(each.files) == 1 for each in own):
            return found
        return replace(found, doubts=(doubt, *found.doubts))

    def tried(self, found: Kin, edits: Sequence[Edit]) -> Iterator[tuple[Checked, Checked]]:
        """Each storyboard of these files as it is, and with the edits, which are carried out in mind alone."""
        texts = {
            Path(one.source.path): applied(
                one.source, [each for each in edits if each.span.path == one.source.path]
            )
            for one in found.files
        }
        for path in found.storyboards:
            before, after = (
                located(path, known, self.facts) for known in (self.texts, {**self.texts, **texts})
            )
            try:
                yield check(before, self.variables), check(after, self.variables)
            except StoryboardError:
                continue  # it can't be read as it is, which `doubts` tell

    def mention(self, sheet: Sheet, index: int) -> Mention | None:
        """The name at a place of the text as it is."""
        self.checked(self.reader(sheet))
        found = self.written(sheet) if sheet.is_whole else None
        return mentions(found).at(index) if found is not None else None

    def file(self, sheet: Sheet, name: str) -> Path:
        """The file that a span's path means: absolute, or as the storyboard names it."""
        return Path(os.path.normpath(sheet.path.parent / name))

    def named(self, sheet: Sheet, name: str) -> Path | None:
        """The file that an authored path means; None when there is none in the project."""
        project, base = self.folder(sheet)
        path = project_path(base, name)
        file = project / path if path is not None else None
        return file if file is not None and file.is_file() else None

    def found(self, sheet: Sheet) -> dict[Path, list[Diagnostic]]:
        """The diagnostics of a storyboard by the file that they stand in."""
        if sheet.failure is not None:
            place = Span(sheet.name, 1, 1, 1, 1)
            return {sheet.path: [Diagnostic(UNREADABLE, "error", sheet.failure, place)]}
        groups: dict[Path, list[Diagnostic]] = {sheet.path: []}
        known = sheet.checked is not None and is_part(sheet.checked) and self.is_part(sheet)
        for each in sheet.diagnostics if not known else ():  # its storyboards tell about it
            groups.setdefault(self.file(sheet, each.span.path), []).append(each)
        return groups

    def pages(self, sheet: Sheet) -> dict[str, Page]:
        """The texts that the spans of its diagnostics and names are in, by the spans' paths."""
        found = [each.checked for each in (*self.readers(sheet), sheet) if each.checked is not None]
        sources = [source for checked in found for source in checked.sources]
        return {source.path: page_of(source.path, source.text, self.units) for source in sources}
