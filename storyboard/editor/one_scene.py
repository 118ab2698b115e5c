"""What a change within one scene means, without looking at the others: for storyboards that take long to check.

The lines of the other scenes are emptied, so that every place stays what it is. What is found in the scene replaces
what was found there before, everything else is kept; the next whole check has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from storyboard.diagnostics import Diagnostic, Span, in_source_order
from storyboard.editor.drift import Drift
from storyboard.editor.written import Written
from storyboard.read.nodes import Sequence


class Alone(Struct, frozen=True):
    """A text in which one scene stands alone, on the lines (from 1) `first` to `last`."""

    text: str
    first: int
    last: int


def alone(before: Written, now: str, moves: Drift) -> Alone | None:
    """The changed scene by itself. None when more than one scene, or anything else, was touched."""
    changed = (moves.kept + 1, max(moves.lines - moves.kept_last, moves.kept + 1))
    places = list(_lines(before))
    found = next((each for each in places if each[0] < changed[0] and changed[1] <= each[1]), None)
    if found is None:
        return None
    starts, moved = before.source.starts, len(now) - len(before.source.text)
    begin, end = places[0][0], places[-1][1]  # of all scenes
    pieces = (
        now[: starts[begin - 1]],
        "\n" * (found[0] - begin),
        now[starts[found[0] - 1] : _after(starts, found[1], before) + moved],
        "\n" * (end - found[1]),
        now[_after(starts, end, before) + moved :],
    )
    return Alone("".join(pieces), found[0], found[1] + moves.shift)


def _after(starts: list[int], line: int, before: Written) -> int:
    """Where the line after this one begins."""
    return starts[line] if line < len(starts) else len(before.source.text)


def _lines(written: Written) -> Iterator[tuple[int, int]]:
    """First and last line of each scene, when each begins a line of its own."""
    scenes = written.root.get("scenes")
    if not isinstance(scenes, Sequence) or not scenes.items:
        return
    source = written.source
    starts = [source.position(item.start)[0] for item in scenes.items]
    after = [source.position(key.start)[0] for key, _ in written.root.entries if key.start > scenes.start]
    ends = [*starts[1:], min(after, default=len(source.starts) + 1)]
    lines = source.text.count("\n") + 1  # as lines are compared; YAML may know of more
    if len(source.starts) == lines and len(set(starts)) == len(starts) and starts[-1] < ends[-1]:
        yield from ((start, end - 1) for start, end in zip(starts, ends, strict=True))


def merged(
    before: Iterable[Diagnostic], found: Iterable[Diagnostic], scene: Alone, moves: Drift, path: str
) -> tuple[Diagnostic, ...]:
    """What was found in the scene now, and outside of it before, at the places where that stands now."""
    kept = [
        _moved(each, moves, path)
        for each in before
        if not _within(_span(each.span, moves, path), scene, path)
    ]
    return in_source_order([*kept, *(each for each in found if _within(each.span, scene, path))])


def _within(span: Span, scene: Alone, path: str) -> bool:
    return span.path == path and scene.first <= span.line <= scene.last


def _moved(found: Diagnostic, moves: Drift, path: str) -> Diagnostic:
    notes = tuple(
        replace(note, span=_span(note.span, moves, path)) if note.span is not None else note
        for note in found.notes
    )
    return replace(found, span=_span(found.span, moves, path), notes=notes, fix=None)


def _span(span: Span, moves: Drift, path: str) -> Span:
    if span.path != path or span.line <= moves.kept:
        return span
    return replace(span, line=span.line + moves.shift, end_line=span.end_line + moves.shift)
