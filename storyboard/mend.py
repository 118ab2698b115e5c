"""Certain cures carried out on a storyboard's texts, round after round: what is mended may have hidden another mistake.

Each outcome is read again before it counts. A cure that makes another mistake, or changes what the text says anywhere
else, is left out and named.
"""

from __future__ import annotations

import posixpath
import sys
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard.diagnostics import Diagnostic, Edit, Fix
from storyboard.findings import Report
from storyboard.location import Files, Location
from storyboard.media.fact import MediaFact
from storyboard.pipeline import Checked, check
from storyboard.read.compose import compose
from storyboard.read.cures import index_of
from storyboard.read.decode import UTF_8_MARK
from storyboard.read.nodes import Mapping as MappingNode
from storyboard.read.nodes import Node, Scalar
from storyboard.read.nodes import Sequence as SequenceNode
from storyboard.read.opened import Absent
from storyboard.read.source import BREAK, Source

ROUNDS = 100  # a mistake in YAML hides all behind it: each needs a round


class Mended(Struct, frozen=True):
    """`path` is the file's from the project folder, `shown` what people call it, `before` and `after` are its bytes.
    `done` are the mistakes that were mended, each in the text as it was in its round; `left` those whose cure would
    have done harm."""

    path: str
    shown: str
    before: bytes
    after: bytes
    done: tuple[Diagnostic, ...] = ()
    left: tuple[Diagnostic, ...] = ()


class InMind(Struct, frozen=True):
    """The files of a project, but for the texts of a film's own: `texts` by path, `own` is the storyboard's."""

    files: Files
    own: str
    texts: Mapping[str, bytes]

    def source(self) -> bytes:
        return self.texts[self.own]

    def included(self, path: str) -> bytes | Absent:
        return self.texts[path] if path in self.texts else self.files.included(path)

    def settings(self) -> bytes:
        return self.files.settings()

    def settings_around(self) -> Iterable[tuple[str, bytes]]:
        return self.files.settings_around()

    def text(self, path: str) -> bytes | None:
        return self.files.text(path)

    def fact(self, path: str) -> MediaFact:
        return self.files.fact(path)


class Round(Struct, frozen=True):
    """A film as it stands, with what `check` says of it: `texts` by path, of which the one at `path` is mended."""

    texts: Mapping[str, bytes]
    path: str
    checked: Checked

    @property
    def data(self) -> bytes:
        return self.texts[self.path]

    @property
    def source(self) -> Source | None:
        """The text that is mended; None when it can't be decoded."""
        sources = (self.checked.source, *self.checked.included)
        return next((source for source in sources if source is not None and source.file == self.path), None)

    def fixable(self) -> list[Diagnostic]:
        """Mistakes with a cure in this text."""
        source = self.source
        return [
            found for found in self.checked.diagnostics if source is not None and _is_here(found.fix, source)
        ]


class Mender(Struct, frozen=True):
    """Mends the files of one film, with the variables and the variants that it is checked with."""

    location: Location
    variables: Mapping[str, Any]
    picks: Mapping[str, str]

    @property
    def own(self) -> str:
        return posixpath.join(self.location.base, self.location.source.name)

    def round(self, texts: Mapping[str, bytes], path: str) -> Round:
        location = replace(self.location, earlier=InMind(self.location.files, self.own, texts))
        return Round(texts, path, check(location, self.variables, picks=self.picks))

    def mended(self, now: Round) -> tuple[Round, Mended]:
        """One file with every certain cure carried out."""
        before = now
        done: list[Diagnostic] = []
        left: dict[tuple[str, str, str], Diagnostic] = {}
        for _ in range(ROUNDS):
            source = now.source
            fixable = (one for one in now.fixable() if _name(one) not in left)
            found = _apart(fixable, source) if source is not None else []
            if not found:
                break
            good = self._harmless(now, found)
            left |= {_name(one): one for one in found if one not in good}
            after = self._tried(now, good)
            if after is None and good:  # harmless one by one, not together: the others come again
                good = good[:1]
                after = self._tried(now, good)
            if after is not None:
                now = after
                done += good
        shown = before.source.path if before.source is not None else self.location.shown
        return now, Mended(now.path, shown, before.data, now.data, tuple(done), tuple(left.values()))

    def _harmless(self, now: Round, found: list[Diagnostic]) -> list[Diagnostic]:
        """Those whose cures do no harm, found by halves."""
        if not found or self._tried(now, found) is not None:
            return found
        if len(found) == 1:
            return []
        half = len(found) // 2
        return [*self._harmless(now, found[:half]), *self._harmless(now, found[half:])]

    def _tried(self, now: Round, found: Sequence[Diagnostic]) -> Round | None:
        """The next text with these cures; None when they do harm."""
        source = now.source
        edits = [edit for one in found if one.fix is not None for edit in one.fix.edits]
        if source is None or not edits:
            return None
        text, places = applied(source, edits)
        mark = UTF_8_MARK if now.data.startswith(UTF_8_MARK) else b""
        after = self.round({**now.texts, now.path: mark + text.encode("utf-8")}, now.path)
        if after.source is None or _is_worse(now.checked, after, places):
            return None
        return after if _says_the_same(source, edits, after.source, places) else None


def mend(
    location: Location, variables: Mapping[str, Any], picks: Mapping[str, str] | None = None
) -> tuple[Mended, ...]:
    """The storyboard with every certain cure carried out, then each file that it includes, the ones before it mended.
    Nothing is written. Raises what `check` raises."""
    mender = Mender(location, variables, picks or {})
    now = mender.round({mender.own: location.files.source()}, mender.own)
    found: dict[str, Mended] = {}
    while now.path not in found:
        now, found[now.path] = mender.mended(now)
        for path in (source.file for source in now.checked.included):
            data = location.files.included(path)
            if path not in found and isinstance(data, bytes):
                now = replace(now, texts={path: data, **now.texts}, path=path)
                break
    return tuple(found.values())


Stretch = tuple[int, int]  # from a character up to another


def applied(source: Source, edits: Iterable[Edit]) -> tuple[str, list[Stretch]]:
    """The text with the edits, and where they stand in it. New lines end as the text's own do."""
    first = BREAK.search(source.text)
    ending = first[0] if first else "\n"
    parts: list[str] = []
    places: list[Stretch] = []
    position = length = 0
    for (start, stop), edit in sorted((_stretch(source, edit), edit) for edit in edits):
        text = edit.text.replace("\n", ending)
        parts += [source.text[position:start], text]
        length += start - position
        places.append((length, length + len(text)))
        length, position = length + len(text), stop
    return "".join([*parts, source.text[position:]]), places


def _stretch(source: Source, edit: Edit) -> Stretch:
    span = edit.span
    return index_of(source, span.line, span.column), index_of(source, span.end_line, span.end_column)


def _is_here(fix: Fix | None, source: Source) -> bool:
    return fix is not None and all(edit.span.path == source.path for edit in fix.edits)


def _apart(diagnostics: Iterable[Diagnostic], source: Source) -> list[Diagnostic]:
    """Those whose cures do not touch each other, the first first."""
    kept: list[Diagnostic] = []
    taken: list[Stretch] = []
    for one in diagnostics:
        places = [_stretch(source, edit) for edit in one.fix.edits] if one.fix is not None else []
        if not any(_touches(taken, *place) for place in places):
            kept.append(one)
            for place in places:
                insort(taken, place)
    return kept


def _touches(stretches: Sequence[Stretch], start: int, stop: int) -> bool:
    """Does a stretch lie in one of others, or touch it? They are sorted and apart."""
    number = bisect_right(stretches, (stop, sys.maxsize))
    return number > 0 and stretches[number - 1][1] >= start


def _name(one: Diagnostic) -> tuple[str, str, str]:
    """A mistake that keeps its name while lines above it move."""
    return one.code, one.message, one.fix.title if one.fix is not None else ""


def _is_worse(before: Checked, tried: Round, places: Sequence[Stretch]) -> bool:
    """Is less read than before, or is there an error more? What was hidden and comes to light is nobody's harm; a new
    mistake in what was written is, unless a further cure is certain for it."""
    after = tried.checked
    if after.storyboard is None and before.storyboard is not None:
        return True
    if after.unread < before.unread:
        return False
    if after.storyboard is None:
        return not _is_further(before, after)
    if before.storyboard is not None and before.storyboard.whole and after.errors > before.errors:
        return True
    return _new_mistake(before, tried, places)


def _new_mistake(before: Checked, tried: Round, places: Sequence[Stretch]) -> bool:
    """Is there an error without a certain cure in the lines that were written, and none like it before?"""
    source = tried.source
    if source is None:
        return True
    known = {(one.code, one.message) for one in before.diagnostics}
    written: set[int] = set()
    for start, stop in places:
        written.update(range(source.position(start)[0], source.position(stop)[0] + 1))
    return any(
        one.severity == "error" and one.span.line in written and one.fix is None
        for one in tried.checked.diagnostics
        if one.span.path == source.path and (one.code, one.message) not in known
    )


def _is_further(before: Checked, after: Checked) -> bool:
    """Neither can be read: is the first thing in the way another one, further down, or one of fewer?"""
    first, second = (
        [d.span.key() for d in one.diagnostics if d.severity == "error"] for one in (before, after)
    )
    return not second or len(second) < len(first) or second[0] > first[0]


def _says_the_same(before: Source, edits: Sequence[Edit], after: Source, places: Sequence[Stretch]) -> bool:
    """Do both say the same outside the edits? True where it can't be told, because the first can't be read."""
    trees = compose(before, Report()), compose(after, Report())
    if trees[0] is None or trees[1] is None:
        return True
    stretches = sorted(_stretch(before, edit) for edit in edits)
    return _said(trees[0], stretches) == _said(trees[1], places)


def _said(root: Node, but: Sequence[Stretch]) -> list[str]:
    """The texts of a tree, in their order, but for those that lie in a stretch or touch one."""
    found: list[tuple[int, str]] = []
    pending = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, SequenceNode):
            pending.extend(node.items)
        elif isinstance(node, MappingNode):
            pending.extend(part for entry in node.entries for part in entry)
        elif isinstance(node, Scalar) and not _touches(but, node.start, node.stop):
            found.append((node.start, node.value))
    return [value for _, value in sorted(found)]
