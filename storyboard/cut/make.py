"""Carries out an edit: one file of the clips, shots drawn from stills where there is no clip."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut.animatic import size_of
from storyboard.cut.assemble import assemble
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.part import Part
from storyboard.cut.progress import Tell, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.edit import Cut, Piece
    from storyboard.cut.report import CutReport


def make_cut(
    cut: Cut,
    output: Path,
    segments: Path,
    progress: Tell = nobody,
    *,
    project: Path | None = None,
    codec: str | None = None,
    preview: bool = False,
    splice: bool = False,
    force: bool = False,
) -> CutReport:
    """Writes the cut, or keeps the identical one. `project` is where stills are looked for. Raises MediaError and
    leaves what was at `output`."""
    parts = [_part(piece, project) for piece in cut.pieces]
    size = cut.size or _size_of_stills(cut, project)
    fps = Fraction(cut.fps)
    return assemble(
        parts,
        output,
        segments,
        size=size,
        fps=fps,
        fit=cut.fit,
        codec=codec,
        preview=preview,
        splice=splice,
        force=force,
        progress=progress,
    )


def _size_of_stills(cut: Cut, project: Path | None) -> tuple[int, int] | None:
    """Of a cut without any clip, that of its first scene; None where a clip decides."""
    scenes = [piece.scene for piece in cut.pieces if piece.scene is not None]
    if not scenes or any(piece.footage for piece in cut.pieces):
        return None
    return size_of(scenes[0], project)


def _part(piece: Piece, project: Path | None) -> Part:
    end = None if piece.end == piece.there else piece.end
    if piece.footage is not None:
        return Part(piece.name, piece.footage.path, first=piece.first, end=end, transition=piece.transition)
    if piece.scene is None:
        raise NotImplementedError
    stills, audio = drawn_shots(piece.scene, project), piece.scene.audio
    return Part(piece.name, None, stills, audio, piece.first, end, piece.transition)
