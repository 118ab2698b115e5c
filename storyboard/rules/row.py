"""The cut as a row of what each of its entries shows, as long as written, for the rules. Pure; frames at its rate."""

from __future__ import annotations

from msgspec import Struct

from storyboard.compile.listed_cut import listed_trim
from storyboard.compile.ranges import Frames, bounds_as_written, frames_shown
from storyboard.compile.shot_list import ListedItem, ListedScene, ListedShot
from storyboard.read.model import Entry, Scene, Storyboard


class Shown(Struct, frozen=True):
    """An entry of the cut in its place. `stretches` are the frames of its clip that are shown: several where shots are
    trimmed in the middle, none where nothing is left; `there` is how many the clip has."""

    entry: Entry
    scene: str
    stretches: tuple[Frames, ...]
    there: int

    @property
    def name(self) -> str:
        return self.entry.name.value

    @property
    def opening(self) -> int:
        """Frames that a transition to it can take of."""
        first, end = self.stretches[0]
        return end - first

    @property
    def closing(self) -> int:
        """Frames that a transition from it can take of."""
        first, end = self.stretches[-1]
        return end - first

    @property
    def ahead(self) -> int:
        """Frames of its clip before what is shown."""
        return self.stretches[0][0]

    @property
    def behind(self) -> int:
        return self.there - self.stretches[-1][1]

    def is_called(self, name: str) -> bool:
        return name in {self.name, self.scene}


def row(storyboard: Storyboard) -> tuple[Shown, ...]:
    """Every entry that names a scene or a shot, in order."""
    found = (_shown(entry, storyboard) for entry in storyboard.film)
    return tuple(each for each in found if each is not None)


def _shown(entry: Entry, storyboard: Storyboard) -> Shown | None:
    named = storyboard.named(entry.name.value)
    if named is None:
        return None
    scene, shot = named
    listed, fps = _lengths(scene), storyboard.cut.fps
    item = ListedItem(scene.id.value, shot.id if shot is not None else None, listed_trim(entry.trim))
    bounds = bounds_as_written(listed, fps)
    return Shown(entry, scene.id.value, frames_shown(listed, item, bounds, fps), bounds[-1])


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
