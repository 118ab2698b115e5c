"""Carries out an edit: one file of the clips, shots drawn from stills where there is no clip."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.cut.animatic import size_of_stills
from storyboard.cut.assemble import assemble
from storyboard.cut.black import black_part, is_black
from storyboard.cut.burning import burning_of
from storyboard.cut.cards import card_of
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.part import Part
from storyboard.cut.progress import Tell, nobody
from storyboard.cut.wanted import PLAINLY, Wanted
from storyboard.cut.workers import HERE, Workers

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.edit import Cut, Piece
    from storyboard.cut.report import CutReport
    from storyboard.cut.score import Score


def make_cut(
    cut: Cut,
    output: Path,
    segments: Path,
    progress: Tell = nobody,
    *,
    project: Path | None = None,
    asked: Wanted = PLAINLY,
    score: Score | None = None,
    workers: Workers = HERE,
) -> CutReport:
    """Writes the cut, or keeps the identical one. `project` is where stills are looked for, `asked` how it is
    written, `score` what is heard beside the clips. Raises MediaError and leaves what was at `output`."""
    parts = [
        black_part(piece, cut.fps, segments)
        if is_black(piece)
        else replace(
            part_of(piece, start, cut, project), burning=burning_of(piece, start, cut, asked.burn_in)
        )
        for piece, start in zip(cut.pieces, cut.starts, strict=True)
    ]
    size = cut.size or size_of_stills(cut, project)
    fps = Fraction(cut.fps)
    return assemble(
        parts,
        output,
        segments,
        size=size,
        fps=fps,
        fit=cut.fit,
        score=score,
        asked=asked,
        progress=progress,
        workers=workers,
    )


def part_of(piece: Piece, start: int, cut: Cut, project: Path | None) -> Part:
    """What is shown of a piece that begins at frame `start` of the cut."""
    end = None if piece.end == piece.there else piece.end
    place = Part(piece.name, first=piece.first, end=end, transition=piece.transition)
    if piece.footage is not None:
        return replace(place, clip=piece.footage.path)
    if piece.scene is None or piece.slate:
        return replace(place, card=card_of(piece, start, cut))
    return replace(place, stills=drawn_shots(piece.scene, project, cut.fps), audio=piece.scene.audio)
