"""The cut as a row of pieces with their lengths as written, for the rules. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from storyboard.compile.listed_cut import listed_trim
from storyboard.compile.ranges import bounds_as_written, shown
from storyboard.compile.shot_list import ListedItem, ListedScene, ListedShot
from storyboard.read.model import Entry, Scene, Storyboard


@dataclass(frozen=True, slots=True)
class Piece:
    """An entry of the cut in its place. Exact seconds: how much of it is shown, and what its clip has beyond that."""

    entry: Entry
    scene: str
    seconds: Fraction
    ahead: Fraction
    behind: Fraction

    @property
    def name(self) -> str:
        return self.entry.name.value

    def is_called(self, name: str) -> bool:
        return name in {self.name, self.scene}


def row(storyboard: Storyboard) -> tuple[Piece, ...]:
    """Every entry that names a scene or a shot, in order."""
    found = (_piece(entry, storyboard) for entry in storyboard.film)
    return tuple(piece for piece in found if piece is not None)


def _piece(entry: Entry, storyboard: Storyboard) -> Piece | None:
    named = storyboard.named(entry.name.value)
    if named is None:
        return None
    scene, shot = named
    listed = _lengths(scene)
    item = ListedItem(scene.id.value, shot.id if shot is not None else None, listed_trim(entry.trim))
    bounds = bounds_as_written(listed)
    ranges = shown(listed, item, bounds)
    first, end = (ranges[0][0], ranges[-1][1]) if ranges else (bounds[0], bounds[0])
    seconds = sum((end - first for first, end in ranges), Fraction(0))
    return Piece(entry, scene.id.value, seconds, first, bounds[-1] - end)


def _lengths(scene: Scene) -> ListedScene:
    """The scene with nothing but what lengths are made of."""
    shots = tuple(
        ListedShot(
            scene.id.value, shot.id, shot.seconds.value, {}, (), None, shot.place, listed_trim(shot.trim)
        )
        for shot in scene.shots
    )
    trim = listed_trim(scene.trim)
    return ListedScene(scene.id.value, "", 0, None, None, None, False, 1, shots, scene.place, trim)
