"""Carries out an edit: one file of the clips, shots drawn from stills where there is no clip."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut.animatic import size_of
from storyboard.cut.assemble import Part, assemble, silently
from storyboard.cut.drawn import drawn_shots

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.assemble import Progress
    from storyboard.cut.edit import Cut, CutItem
    from storyboard.cut.report import CutReport


def make_cut(
    cut: Cut,
    output: Path,
    segments: Path,
    progress: Progress = silently,
    *,
    project: Path | None = None,
    force: bool = False,
) -> CutReport:
    """Writes the cut, or keeps the identical one. `project` is where stills are looked for. Raises MediaError and
    leaves what was at `output`."""
    parts = [_part(item, project) for item in cut.items]
    size = cut.size
    if size is None and cut.items and not any(item.clip for item in cut.items):
        size = size_of(cut.items[0].scene, project)
    return assemble(parts, output, segments, size=size, fps=Fraction(cut.fps), force=force, progress=progress)


def _part(item: CutItem, project: Path | None) -> Part:
    if item.clip is not None:
        return Part(item.scene.id, item.clip, dissolve=item.dissolve)
    stills = drawn_shots(item.scene, project)
    return Part(item.scene.id, None, stills, item.scene.audio, item.dissolve)
