"""Where music and narration begin in a cut. Pure; exact seconds."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from storyboard.compile.shot_list import ListedCue, ListedScene, ListedShot, ShotList
from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.errors import MediaError


class PlacedCue(Struct, frozen=True):
    """A cue at its place: `begin` is seconds of the cut."""

    begin: Fraction
    cue: ListedCue


def placed(cues: Sequence[ListedCue], cut: Cut, shot_list: ShotList) -> tuple[PlacedCue, ...]:
    """Every cue that is heard, by its place. One that is named after a scene or a shot begins with the first frame in
    which that is seen. Raises MediaError when it is not seen at all; what begins behind the end is left out."""
    found: list[PlacedCue] = []
    for cue in cues:
        begin = _begin(cue, cut, shot_list)
        if begin is None:
            raise MediaError(f"{_not_in_the_cut(cue)}: name another scene or shot under `at`, or a time.")
        found.append(PlacedCue(begin, cue))
    heard = [each for each in found if each.begin < Fraction(cut.frames, cut.fps)]
    return tuple(sorted(heard, key=lambda each: each.begin))


def left_by_an_editor(shot_list: ShotList, cut: Cut) -> tuple[tuple[ListedCue, ...], tuple[str, ...]]:
    """The cues that an editor's cut has a place for, and a remark on each other one: it began with what was taken
    out."""
    begins = [(cue, _begin(cue, cut, shot_list)) for cue in shot_list.cues]
    kept = tuple(cue for cue, begin in begins if begin is not None)
    return kept, tuple(f"{_not_in_the_cut(cue)}: not heard" for cue, begin in begins if begin is None)


def _begin(cue: ListedCue, cut: Cut, shot_list: ShotList) -> Fraction | None:
    """Seconds of the cut; None when what it begins with is not seen. Raises MediaError when there is no such thing."""
    if isinstance(cue.at, Decimal):
        return Fraction(cue.at)
    named = shot_list.named(cue.at)
    for piece, start in zip(cut.pieces, cut.starts, strict=True):
        frame = _first_seen(*named, piece, cut.fps) if named is not None else None
        if frame is not None:
            return Fraction(start + frame - piece.first, cut.fps)
    if named is None:
        raise MediaError(
            f"{cue.file} begins with {cue.at}, which is no scene or shot of this film: name another scene or shot "
            "under `at`, or a time."
        )
    return None


def _not_in_the_cut(cue: ListedCue) -> str:
    return f"{cue.file} begins with {cue.at}, which is not in the cut"


def _first_seen(scene: ListedScene, shot: ListedShot | None, piece: Piece, fps: int) -> int | None:
    """The frame of its clip at which a piece first shows a scene, or a shot of it."""
    if piece.scene is None or piece.scene.id != scene.id or piece.slate:
        return None
    if shot is None:
        return piece.first
    bounds = shot_bounds(piece.scene, piece.footage, fps)
    begin, end = list(pairwise(bounds))[scene.shots.index(shot)]
    first, until = max(begin, piece.first), min(end, piece.end)
    return first if first < until else None
