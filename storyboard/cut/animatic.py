"""The animatic: the film from stills, captions and timing, offline and free. Each shot is drawn once and kept."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut.alike import even
from storyboard.cut.assemble import Part, assemble, silently
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.edit import edit

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene, ShotList
    from storyboard.cut.assemble import Progress
    from storyboard.cut.edit import CutItem
    from storyboard.cut.report import CutReport

WIDEST = 1280  # pixels: a rehearsal need not be sharper
SHORT_SIDE = 720


def animatic(
    shot_list: ShotList,
    project: Path,
    output: Path,
    segments: Path,
    progress: Progress = silently,
    *,
    force: bool = False,
) -> CutReport:
    """Writes the animatic, or keeps the identical one. Raises MediaError and leaves what was at `output`."""
    size = _capped(*(shot_list.size or size_of(shot_list.scenes[0], project)))
    heard = any(scene.audio for scene in shot_list.scenes)
    parts = [part for item in edit(shot_list, {}).items for part in _parts(item, project, heard)]
    parts = _shortened(parts, shot_list.fps)
    fps = Fraction(shot_list.fps)
    return assemble(parts, output, segments, size=size, fps=fps, force=force, progress=progress)


def _parts(item: CutItem, project: Path, heard: bool) -> list[Part]:
    """A part a shot; the scene's dissolve belongs to its last."""
    *shots, last = drawn_shots(item.scene, project)
    whole = [Part(shot.slate, None, (shot,), heard) for shot in shots]
    return [*whole, Part(last.slate, None, (last,), heard, item.dissolve)]


def _shortened(parts: list[Part], fps: int) -> list[Part]:
    """Dissolves no longer than half of the shots beside them: a clip may be longer than its last shot."""
    lengths = [part.stills[0].seconds * fps // 2 for part in parts]
    following = [*lengths[1:], 0]
    return [
        replace(part, dissolve=min(part.dissolve, own, next_))
        for part, own, next_ in zip(parts, lengths, following, strict=True)
    ]


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
