"""Diagnostics with the scene and the shot in whose lines they point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from storyboard.diagnostics import Diagnostic, Span
from storyboard.read.model import Scene
from storyboard.read.source import Source
from storyboard.report.frames import code_lines
from storyboard.report.page.facts import Finding

Position = tuple[int, int]  # line, column


class _Region(Struct, frozen=True):
    """The lines of a scene or shot: from where its id stands to before the first line that is no part of it."""

    path: str
    begin: Position
    end: int
    scene: str
    shot: str

    def holds(self, span: Span) -> bool:
        return span.path == self.path and self.begin <= (span.line, span.column) and span.line < self.end


def findings_of(
    diagnostics: Sequence[Diagnostic], sources: Sequence[Source], scenes: Sequence[Scene]
) -> tuple[Finding, ...]:
    """In source order. One that points elsewhere belongs to the scene that a note of it names first, if it is one of
    these scenes."""
    by_path = {source.path: source for source in sources}
    regions = list(_regions(scenes, by_path))
    return tuple(_finding(each, by_path, regions) for each in diagnostics)


def _finding(found: Diagnostic, sources: dict[str, Source], regions: Sequence[_Region]) -> Finding:
    span = found.span
    places = [span, *(note.span for note in found.notes if note.span is not None)]
    home = next((region for place in places if (region := _innermost(place, regions))), None)
    return Finding(
        found.code,
        found.severity,
        found.message,
        f"{span.path}:{span.line}:{span.column}",
        "\n".join(code_lines(found, sources)),
        found.hint,
        home.scene if home is not None else "",
        home.shot if home is not None else "",
    )


def _innermost(span: Span, regions: Sequence[_Region]) -> _Region | None:
    """Of those that hold a place the one that begins last; of several that stand at one place the first."""
    return max(
        (region for region in regions if region.holds(span)), key=lambda region: region.begin, default=None
    )


def _regions(scenes: Sequence[Scene], sources: dict[str, Source]) -> Iterator[_Region]:
    for scene in scenes:
        if scene.place.path in sources:
            yield _region(scene.place, sources[scene.place.path], scene.id.value, "")
        for shot in scene.shots:
            if len(scene.shots) > 1 and shot.place.path in sources:
                yield _region(shot.place, sources[shot.place.path], scene.id.value, shot.id)


def _region(span: Span, source: Source, scene: str, shot: str) -> _Region:
    """The entry of a list that the id stands in: from its dash on, up to what is indented no further."""
    first, depth = span.line, _depth(source.line(span.line))
    while first > 1 and not _begins(source.line(first)):
        first -= 1
    depth = _depth(source.line(first))
    end = next(
        (n for n in range(first + 1, len(source.starts) + 1) if _leaves(source.line(n), depth)),
        len(source.starts) + 1,
    )
    column = span.column if first == span.line else 1
    return _Region(span.path, (first, min(column, depth + 1)), end, scene, shot)


def _begins(line: str) -> bool:
    return line.lstrip().startswith("- ")


def _leaves(line: str, depth: int) -> bool:
    words = line.strip()
    return bool(words) and not words.startswith("#") and _depth(line) <= depth


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
