"""The animatic: the film from stills, captions and timing, offline and free. Each shot is drawn once and kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from storyboard.cut.alike import even
from storyboard.cut.assemble import assemble
from storyboard.cut.cards import card_of
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.edit import edit, shot_bounds
from storyboard.cut.part import Part
from storyboard.cut.progress import Tell, nobody

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene, ShotList
    from storyboard.cut.edit import Cut, Piece
    from storyboard.cut.report import CutReport

WIDEST = 1280  # pixels: a rehearsal need not be sharper
SHORT_SIDE = 720


def animatic(
    shot_list: ShotList,
    project: Path,
    output: Path,
    segments: Path,
    progress: Tell = nobody,
    *,
    codec: str | None = None,
    force: bool = False,
) -> CutReport:
    """Writes the animatic, or keeps the identical one. Raises MediaError and leaves what was at `output`."""
    size = _capped(*(shot_list.size or size_of(shot_list.scenes[0], project)))
    heard = any(scene.audio for scene in shot_list.scenes)
    cut = edit(shot_list, {})
    pairs = zip(cut.pieces, cut.starts, strict=True)
    parts = [part for piece, start in pairs for part in _parts(piece, start, cut, project, heard)]
    fps = Fraction(shot_list.fps)
    parts = _shortened(parts, shot_list.fps)
    return assemble(
        parts,
        output,
        segments,
        size=size,
        fps=fps,
        fit=shot_list.fit,
        codec=codec,
        force=force,
        progress=progress,
    )


def _parts(piece: Piece, start: int, cut: Cut, project: Path, heard: bool) -> list[Part]:
    """A part a shot; the piece's transition belongs to its last. A sound that begins early or late is the clips'."""
    if piece.scene is None:
        return [Part(piece.name, card=card_of(piece, start, cut))]
    drawn = drawn_shots(piece.scene, project)
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


def _shortened(parts: list[Part], fps: int) -> list[Part]:
    """Transitions no longer than half of the shots beside them: a clip may be longer than its last shot."""
    halves = [(_length(part, fps) - part.first) // 2 for part in parts]
    shortened: list[Part] = []
    for part, own, following in zip(parts, halves, [*halves[1:], 0], strict=True):
        change = part.transition
        if change is not None:
            most = min(own, following) * (change.drawn // max(1, change.tail))
            change = replace(change, frames=min(change.frames, most)) if most else None
        shortened.append(replace(part, transition=change))
    return shortened


def _length(part: Part, fps: int) -> int:
    drawn = part.card.frames if part.card else sum(shot.seconds for shot in part.stills) * fps
    return drawn if part.end is None else part.end


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

    if scene.start_image is None or project is None or "://" in scene.start_image:
        return None
    fact = inspect(project, scene.start_image)
    if not fact.width or not fact.height:
        return None
    shape = Fraction(fact.width, fact.height)
    shape = 1 / shape if fact.orientation >= 5 else shape  # noqa: PLR2004 - EXIF: 5 to 8 lie on their side
    return min(max(shape, Fraction(2, 5)), Fraction(5, 2))


def _authored_shape(ratio: str | None) -> Fraction | None:
    width, _, height = (ratio or "").partition(":")
    return Fraction(int(width), int(height)) if width.isdigit() and height.isdigit() and int(height) else None
