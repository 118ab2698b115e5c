"""The animatic: the film from stills, captions and timing, offline and free. Each shot is drawn once and kept."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.cut.alike import even
from storyboard.cut.assemble import assemble
from storyboard.cut.cards import card_of
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.edit import edit, shot_bounds
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance, Tell, nobody
from storyboard.cut.score import score_of
from storyboard.cut.scratch import Scratch, scratch
from storyboard.cut.subtitled import said_in, subtitled
from storyboard.cut.wanted import PLAINLY, Wanted
from storyboard.cut.workers import HERE, Workers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene, ShotList
    from storyboard.cut.edit import Cut, Piece
    from storyboard.cut.report import CutReport
    from storyboard.cut.subtitled import Said

WIDEST = 1280  # pixels: a rehearsal need not be sharper
SHORT_SIDE = 720


def animatic(
    shot_list: ShotList,
    project: Path,
    output: Path,
    segments: Path,
    progress: Tell = nobody,
    *,
    asked: Wanted = PLAINLY,
    workers: Workers = HERE,
) -> CutReport:
    """Writes the animatic, with the storyboard's music and narration and, where it is asked for, a scratch voice, or
    keeps the identical one. Raises MediaError and leaves what was at `output`."""
    cut = edit(shot_list, {})
    size = shot_list.size or size_of_stills(cut, project)
    heard = any(scene.audio for scene in shot_list.scenes)
    pairs = zip(cut.pieces, cut.starts, strict=True)
    rows = _shortened([_parts(piece, start, cut, project, heard) for piece, start in pairs], shot_list.fps)
    cut = replace(cut, pieces=tuple(map(_as_drawn, cut.pieces, rows)))
    said = said_in(cut)
    voices = _voices(said, segments, progress, asked)
    score = voices.over(score_of(cut, shot_list, project))
    report = assemble(
        subtitled(rows, cut, said, asked.timecode),
        output,
        segments,
        size=_capped(*size) if size else None,
        fps=Fraction(shot_list.fps),
        fit=shot_list.fit,
        score=score if score.cues else None,  # by itself the hum is not to be as loud as a film
        asked=asked,
        progress=progress,
        workers=workers,
    )
    return replace(report, heard=(*voices.remarks, *report.heard))


def _as_drawn(piece: Piece, row: Sequence[Part]) -> Piece:
    """With its transition as long as it is drawn; of a cut of the sound nothing is."""
    change = piece.transition
    return replace(piece, transition=row[-1].transition) if change is None or change.drawn else piece


def _voices(said: Sequence[Said], segments: Path, progress: Tell, asked: Wanted) -> Scratch:
    """Who speaks, where a scratch voice is asked for."""
    if asked.voice is None:
        return Scratch()
    progress(Advance("speaking the dialogue"))
    return scratch(said, segments, asked.voice)


def _parts(piece: Piece, start: int, cut: Cut, project: Path, heard: bool) -> list[Part]:
    """A part a shot; the piece's transition belongs to its last. A sound that begins early or late is the clips'."""
    if piece.scene is None:
        return [Part(piece.name, card=card_of(piece, start, cut))]
    drawn = drawn_shots(piece.scene, project, cut.fps)
    parts: list[Part] = []
    for still, (begin, end) in zip(drawn, pairwise(shot_bounds(piece.scene, None, cut.fps)), strict=True):
        first, until = max(piece.first, begin) - begin, min(piece.end, end) - begin
        if first < until:
            parts.append(
                Part(still.slate, None, (still,), heard, first, None if until == end - begin else until)
            )
    change = piece.transition
    if change is not None and change.drawn:
        parts[-1] = replace(parts[-1], transition=change)
    return parts


def _shortened(rows: list[list[Part]], fps: int) -> list[list[Part]]:
    """Transitions no longer than half of the shots beside them: a clip may be longer than its last shot."""
    shortened: list[list[Part]] = []
    for row, following in zip(rows, [*rows[1:], None], strict=True):
        change = row[-1].transition
        if change is not None and following is not None:
            half = min(part.frames(fps) for part in (row[-1], following[0])) // 2
            most = half * (change.drawn // max(1, change.tail))
            change = replace(change, frames=min(change.frames, most)) if most else None
        shortened.append([*row[:-1], replace(row[-1], transition=change)])
    return shortened


def size_of_stills(cut: Cut, project: Path | None) -> tuple[int, int] | None:
    """Of a cut without any clip, that of its first scene; None where a clip decides."""
    scenes = [piece.scene for piece in cut.pieces if piece.scene is not None]
    if not scenes or any(piece.footage for piece in cut.pieces):
        return None
    return size_of(scenes[0], project)


def size_of(scene: ListedScene, project: Path | None = None) -> tuple[int, int]:
    """The frame that a scene's clip will have: the start image's shape, else the asked one, else wide screen."""
    shape = _still_shape(scene, project) or _authored_shape(scene.aspect_ratio) or Fraction(16, 9)
    if shape >= 1:
        return _capped(even(SHORT_SIDE * shape), SHORT_SIDE)
    return _capped(SHORT_SIDE, even(SHORT_SIDE / shape))


def _capped(width: int, height: int) -> tuple[int, int]:
    scale = min(Fraction(1), Fraction(WIDEST, max(width, height)))
    return even(width * scale), even(height * scale)


def _still_shape(scene: ListedScene, project: Path | None) -> Fraction | None:
    from storyboard.media.headers import inspect

    still = scene.start_image or scene.stand_in
    if still is None or project is None or "://" in still:
        return None
    fact = inspect(project, still)
    if not fact.width or not fact.height:
        return None
    shape = Fraction(fact.width, fact.height)
    shape = 1 / shape if fact.orientation >= 5 else shape  # noqa: PLR2004 - EXIF: 5 to 8 lie on their side
    return min(max(shape, Fraction(2, 5)), Fraction(5, 2))


def _authored_shape(ratio: str | None) -> Fraction | None:
    width, _, height = (ratio or "").partition(":")
    return Fraction(int(width), int(height)) if width.isdigit() and height.isdigit() and int(height) else None
