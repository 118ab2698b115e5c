"""The clips' files as a timeline needs them, with the frames at which their shots really begin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from storyboard.compile.shot_list import ListedScene, ListedTrim, ShotList
from storyboard.cut.alike import target_of
from storyboard.cut.clip import Clip, frame_numbers, look
from storyboard.cut.segments import segment_name
from storyboard.cut.shots import Boundary, boundaries
from storyboard.media.changes import WAY, Changes, changes
from storyboard.media.encode import written_whole
from storyboard.media.normal import frame_count
from storyboard.media.probe import probe


@dataclass(frozen=True, slots=True)
class Footage:
    """A clip's file: how many frames it has at the cut's rate, in pixels, and whether it has sound. `boundaries` are
    between its shots, where they were measured."""

    path: Path
    frames: int
    size: tuple[int, int]
    sound: bool
    boundaries: tuple[Boundary, ...] = ()


def footage_of(
    clips: Mapping[str, Path], shots: ShotList, kept: Path, *, measured: bool = True
) -> dict[str, Footage]:
    """By scene, the shots inside each clip measured, or only where the edit needs them. What was measured is kept in a
    folder, by content. Raises MediaError naming the file."""
    needed = (
        shots.scenes if measured else tuple(scene for scene in shots.scenes if _is_taken_apart(scene, shots))
    )
    apart = {scene.id for scene in needed}
    scenes = {scene.id: scene for scene in shots.scenes}
    return {
        name: _footage(look(path), scenes[name], shots.fps, kept if name in apart else None)
        for name, path in clips.items()
    }


def _is_taken_apart(scene: ListedScene, shots: ShotList) -> bool:
    """Does it matter where its shots begin?"""
    alone = any(item.scene == scene.id and item.shot is not None for item in shots.items)
    return alone or any(shot.trim != ListedTrim() for shot in scene.shots)


def _footage(clip: Clip, scene: ListedScene, fps: int, kept: Path | None) -> Footage:
    path, video = clip.path.resolve(), clip.video
    if clip.unusual is not None or video is None:
        size, sound = target_of([clip], None, Fraction(fps)).size, probe(path).audio is not None
    else:
        size, sound = (video.width, video.height), clip.sound is not None
        if frame_numbers(video, Fraction(fps)) is not None:
            found = Footage(path, len(video.sizes), size, sound)
            return replace(found, boundaries=_boundaries(clip, scene, fps, kept))
    # Brought to the cut's rate: as many frames as begin within it, and its shots where they were asked for.
    return Footage(path, frame_count(path, Fraction(fps)), size, sound)


def _boundaries(clip: Clip, scene: ListedScene, fps: int, kept: Path | None) -> tuple[Boundary, ...]:
    if kept is None or len(scene.shots) == 1:
        return ()
    written = [seconds * fps for seconds in accumulate(shot.seconds for shot in scene.shots[:-1])]
    return boundaries(_changes(clip, kept), written, reach=fps)


def _changes(clip: Clip, kept: Path) -> Changes:
    path = (kept / segment_name("changes", WAY, clip.sha256)).with_suffix(".json")
    try:
        return Changes(**{name: tuple(row) for name, row in json.loads(path.read_bytes()).items()})
    except (OSError, ValueError, TypeError, AttributeError):
        found = changes(clip.path)  # not measured yet, or harmed since
    with written_whole(path) as part:
        part.write_text(json.dumps(asdict(found)), encoding="ascii")
    return found
