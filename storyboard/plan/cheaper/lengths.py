"""How much of each clip the cut uses, and how long its shots have to be for that.

clip      |---- wide ----|---- hands ----|     4 s and 4 s
used        |====|         |==|                0.5 to 2.5 s of the first, 1.2 to 2 s of the second
needed    |--------|       |--|                3 s and 1 s: whole seconds, from a whole second on

What an entry shows is used, and the sound that goes ahead of it or on behind it (j-cut, l-cut).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from msgspec import Struct

from storyboard.compile.ranges import Frames, bounds_as_written, frames_of, frames_shown
from storyboard.compile.shot_list import (
    OF_SOUND,
    ListedItem,
    ListedScene,
    ListedTransition,
    ListedTrim,
    ShotList,
)

Used = tuple[Frames | None, ...]  # of each shot, in frames from its beginning; None: nothing
WHOLE = ListedTrim()


class Kept(Struct, frozen=True):
    """What has to be left of a shot: `seconds` of it, from second `head` on. 0 seconds: the shot can go."""

    head: int
    seconds: int


def used(shots: ShotList) -> dict[str, Used]:
    """By scene; a scene that is not there is not shown."""
    scenes = {scene.id: scene for scene in shots.scenes}
    found: dict[str, Used] = {}
    for item, reach in zip(shots.row, _reaches(shots), strict=True):
        scene = scenes[item.scene]
        now = _of_item(item, scene, reach, shots.fps)
        known = found.get(scene.id)
        found[scene.id] = now if known is None else together([known, now])
    return found


def together(rows: Sequence[Used]) -> Used:
    """What any of these uses of equal shots uses."""
    return tuple(_hull([each for each in column if each is not None]) for column in zip(*rows, strict=True))


def _hull(stretches: Sequence[Frames]) -> Frames | None:
    return (min(first for first, _ in stretches), max(end for _, end in stretches)) if stretches else None


def _reaches(shots: ShotList) -> list[tuple[int, int]]:
    """Frames of sound, by entry, that are heard ahead of its picture and behind it."""
    ahead, behind = [0] * len(shots.row), [0] * len(shots.row)
    named: Mapping[tuple[str, str], ListedTransition] = {
        (each.before, each.after): each for each in shots.transitions if each.kind in OF_SOUND
    }
    for number, (before, after) in enumerate(pairwise(shots.row) if named else ()):
        names = [(a, b) for a in {before.scene, before.name} for b in {after.scene, after.name}]
        for transition in (named[pair] for pair in names if pair in named):
            frames = frames_of(transition.seconds, shots.fps)
            if transition.kind == "j-cut":
                ahead[number + 1] = frames
            else:
                behind[number] = frames
    return list(zip(ahead, behind, strict=True))


def _of_item(item: ListedItem, scene: ListedScene, reach: tuple[int, int], fps: int) -> Used:
    if item.shot is None and _is_whole(item, scene):
        return tuple((0, shot.seconds * fps) for shot in scene.shots)
    bounds = bounds_as_written(scene, fps)
    stretches = list(frames_shown(scene, item, bounds, fps))
    if stretches:
        stretches[0] = (max(0, stretches[0][0] - reach[0]), stretches[0][1])
        stretches[-1] = (stretches[-1][0], min(bounds[-1], stretches[-1][1] + reach[1]))
    return tuple(
        _hull([(max(a, first) - first, min(b, end) - first) for a, b in stretches if a < end and b > first])
        for first, end in pairwise(bounds)
    )


def _is_whole(item: ListedItem, scene: ListedScene) -> bool:
    return item.trim == scene.trim == WHOLE and all(shot.trim == WHOLE for shot in scene.shots)


def needed(scene: ListedScene, uses: Used, fps: int, *, least_shot: int) -> tuple[Kept, ...]:
    """The shortest that its shots can be, whatever the shortest clip is. With a still to begin with, its first shot
    keeps its beginning; a shot does not go when others are called by their number behind it."""
    kept = [_kept(use, fps, least_shot) for use in uses]
    if scene.start_image is not None or scene.after is not None:
        kept[0] = Kept(0, kept[0].head + max(least_shot, kept[0].seconds))
    numbered = [number for number, shot in enumerate(scene.shots) if shot.id == str(number + 1)]
    stays = numbered[-1] if numbered else -1
    return tuple(
        each if each.seconds or number >= stays else Kept(0, least_shot) for number, each in enumerate(kept)
    )


def _kept(use: Frames | None, fps: int, least: int) -> Kept:
    if use is None:
        return Kept(0, 0)
    head, end = use[0] // fps, -(-use[1] // fps)
    seconds = max(least, end - head)
    return Kept(max(0, end - seconds), seconds)


def as_long_as_a_clip(scene: ListedScene, kept: Sequence[Kept], least: int) -> tuple[Kept, ...]:
    """With seconds given back, to shots that stay first, until the clip is not too short."""
    found = list(kept)
    lacking = least - sum(each.seconds for each in kept)
    order = sorted(range(len(found)), key=lambda number: (not found[number].seconds, -number))
    for number in order:
        there, each = scene.shots[number].seconds, found[number]
        more = min(max(lacking, 0), there - each.seconds)
        found[number] = Kept(min(each.head, there - each.seconds - more), each.seconds + more)
        lacking -= more
    return tuple(found)
