"""Certain cures carried out on a storyboard's text, round after round: what is mended may have hidden another mistake.

Each outcome is read again before it counts. A cure that makes another mistake, or changes what the text says anywhere
else, is left out and named.
"""

from __future__ import annotations

import sys
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from storyboard.diagnostics import Diagnostic, Edit, Fix
from storyboard.findings import Report
from storyboard.location import Files, Location
from storyboard.media.fact import MediaFact
from storyboard.pipeline import Checked, check
from storyboard.read.compose import UTF_8_MARK, compose
from storyboard.read.cures import index_of
from storyboard.read.nodes import Mapping as MappingNode
from storyboard.read.nodes import Node, Scalar
from storyboard.read.nodes import Sequence as SequenceNode
from storyboard.read.source import BREAK, Source

ROUNDS = 100  # a mistake in YAML hides all behind it: each needs a round


@dataclass(frozen=True, slots=True)
class Mended:
    """`before` and `after` are the file's bytes. `done` are the mistakes that were mended, each in the text as it was
    in its round; `left` those whose cure would have done harm."""

    before: bytes
    after: bytes
    done: tuple[Diagnostic, ...] = ()
    left: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class InMind:
    """The files of a project, but for the storyboard's own text."""

    files: Files
    data: bytes

    def source(self) -> bytes:
        return self.data

    def settings(self) -> bytes:
        return self.files.settings()

    def text(self, path: str) -> bytes | None:
        return self.files.text(path)

    def fact(self, path: str) -> MediaFact:
        return self.files.fact(path)


@dataclass(frozen=True)
class Round:
    """A text as it stands, with what `check` says of it."""

    data: bytes
    checked: Checked

    def fixable(self) -> list[Diagnostic]:
        """Mistakes of this text with a cure in this text."""
        source = self.checked.source
        return [
            found for found in self.checked.diagnostics if source is not None and _is_here(found.fix, source)
        ]


def mend(location: Location, variables: Mapping[str, Any]) -> Mended:
    """The storyboard with every certain cure carried out. Nothing is written. Raises what `check` raises."""
    before = location.files.source()
    now = _round(location, before, variables)
    done: list[Diagnostic] = []
    left: dict[tuple[str, str, str], Diagnostic] = {}
    for _ in range(ROUNDS):
        source = now.checked.source
        fixable = (one for one in now.fixable() if _name(one) not in left)
        found = _apart(fixable, source) if source is not None else []
        if not found:
            break
        good = _harmless(now, found, location, variables)
        left |= {_name(one): one for one in found if one not in good}
        after = _tried(now, good, location, variables)
        if after is None and good:  # harmless one by one, not together: the others come again
            good = good[:1]
            after = _tried(now, good, location, variables)
        if after is not None:
            now = after
            done += good
    return Mended(before, now.data, tuple(done), tuple(left.values()))


def _round(location: Location, data: bytes, variables: Mapping[str, Any]) -> Round:
    return Round(data, check(replace(location, earlier=InMind(location.files, data)), variables))


def _harmless(
    now: Round, found: list[Diagnostic], location: Location, variables: Mapping[str, Any]
) -> list[Diagnostic]:
    """Those whose cures do no harm, found by halves."""
    if not found or _tried(now, found, location, variables) is not None:
        return found
    if len(found) == 1:
        return []
    half = len(found) // 2
    return [
        *_harmless(now, found[:half], location, variables),
        *_harmless(now, found[half:], location, variables),
    ]


def _tried(
    now: Round, found: Sequence[Diagnostic], location: Location, variables: Mapping[str, Any]
) -> Round | None:
    """The next text with these cures; None when they do harm."""
    source = now.checked.source
    edits = [edit for one in found if one.fix is not None for edit in one.fix.edits]
    if source is None or not edits:
        return None
    text, places = applied(source, edits)
    mark = UTF_8_MARK if now.data.startswith(UTF_8_MARK) else b""
    after = _round(location, mark + text.encode("utf-8"), variables)
    if after.checked.source is None or _is_worse(now.checked, after.checked, places):
        return None
    return after if _says_the_same(source, edits, after.checked.source, places) else None


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


def _is_worse(before: Checked, after: Checked, places: Sequence[Stretch]) -> bool:
    """Is less read than before, or is there an error more? What was hidden and comes to light is nobody's harm; a new
    mistake in what was written is, unless a further cure is certain for it."""
    if after.storyboard is None and before.storyboard is not None:
        return True
    if _unread(after) < _unread(before):
        return False
    if after.storyboard is None:
        return not _is_further(before, after)
    if before.storyboard is not None and before.storyboard.whole and after.errors > before.errors:
        return True
    return _new_mistake(before, after, places)


def _new_mistake(before: Checked, after: Checked, places: Sequence[Stretch]) -> bool:
    """Is there an error without a certain cure in the lines that were written, and none like it before?"""
    source = after.source
    if source is None:
        return True
    known = {(one.code, one.message) for one in before.diagnostics}
    written: set[int] = set()
    for start, stop in places:
        written.update(range(source.position(start)[0], source.position(stop)[0] + 1))
    return any(
        one.severity == "error" and one.span.line in written and one.fix is None
        for one in after.diagnostics
        if (one.code, one.message) not in known
    )


def _unread(checked: Checked) -> int:
    """Mistakes in YAML, each of which hides a text."""
    return sum(one.severity == "error" and one.code.startswith("SB0") for one in checked.diagnostics)


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
