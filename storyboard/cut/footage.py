"""The clips' files as an edit needs them, with what is seen in them: where shots begin, what is black or at rest."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from threading import Lock

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.shot_list import ListedScene, ListedTrim, ShotList
from storyboard.cut.alike import target_of
from storyboard.cut.clip import Clip, frame_numbers, look
from storyboard.cut.defects import Defect, stretches
from storyboard.cut.kept import Kept, all_tried
from storyboard.cut.measured import measure
from storyboard.cut.progress import Advance, Tell, nobody
from storyboard.cut.shots import BESIDE, Boundary, boundaries, cuts
from storyboard.cut.workers import HERE, Step, Workers
from storyboard.media.changes import Changes
from storyboard.media.normal import frame_count
from storyboard.media.probe import probe

LOOKERS = min(4, os.cpu_count() or 1)


class Footage(Struct, frozen=True):
    """A clip's file: how many frames it has at the cut's rate, in pixels, and whether it has sound. The rest is there
    where it was measured, in frames at the cut's rate: `boundaries` between the shots that were asked for, `unasked`
    at which one begins that was not, `defects`; the `peak` of the sound, 0 to 1. `damage` says why it could not be."""

    path: Path
    frames: int
    size: tuple[int, int]
    sound: bool
    boundaries: tuple[Boundary, ...] = ()
    unasked: tuple[int, ...] = ()
    defects: tuple[Defect, ...] = ()
    peak: float | None = None
    damage: str = ""


def footage_of(
    clips: Mapping[str, Path],
    shots: ShotList,
    kept: Path,
    *,
    measured: bool = True,
    tell: Tell = nobody,
    workers: Workers = HERE,
) -> dict[str, Footage]:
    """By scene, each clip measured, or only those where the edit needs it. What was measured is kept in a folder, by
    content. Raises MediaError naming the file; for damage that is only seen in measuring, where the edit needs that."""
    scenes = {scene.id: scene for scene in shots.scenes}
    clips = {name: path for name, path in clips.items() if name in scenes}
    with ThreadPoolExecutor(LOOKERS) as lookers:
        looked = dict(zip(clips, lookers.map(look, clips.values()), strict=True))
        unmeasured = lookers.map(lambda clip: _unmeasured(clip, shots.fps), looked.values())
        found = dict(zip(clips, unmeasured, strict=True))
    needed = {name for name in clips if _is_taken_apart(scenes[name], shots)}
    todo = {name: measure(looked[name], kept, name) for name in (clips if measured else needed)}
    changes = all_tried(todo.values(), LOOKERS, _telling(tell), workers=workers)
    for name, one in todo.items():
        seen = changes[one.path]
        if isinstance(seen, Changes):
            found[name] = _seen(found[name], scenes[name], shots.fps, looked[name], seen)
        elif name in needed:
            raise seen
        else:
            found[name] = replace(found[name], damage=str(seen))
    return found


def _telling(tell: Tell) -> Callable[[Kept[Changes]], Step]:
    """Tells of each as it begins."""
    lock = Lock()

    def heard(one: Kept[Changes]) -> Step:
        def begins(_: int) -> None:
            with lock:
                tell(Advance(one.what))

        return begins

    return heard


def _is_taken_apart(scene: ListedScene, shots: ShotList) -> bool:
    """Does it matter where its shots begin?"""
    if len(scene.shots) == 1:
        return False
    alone = any(item.scene == scene.id and item.shot is not None for item in shots.items)
    return alone or any(shot.trim != ListedTrim() for shot in scene.shots)


def _unmeasured(clip: Clip, fps: int) -> Footage:
    path, video = clip.path.resolve(), clip.video
    if clip.unusual is not None or video is None:
        size, sound = target_of([clip], None, Fraction(fps)).size, probe(path).audio is not None
    else:
        size, sound = (video.width, video.height), clip.sound is not None
        if _is_at(clip, fps):
            return Footage(path, len(video.sizes), size, sound)
    return Footage(path, frame_count(path, Fraction(fps)), size, sound)


def _is_at(clip: Clip, fps: int) -> bool:
    """Do its frames come at the cut's rate?"""
    if clip.unusual is not None or clip.video is None:
        return False
    return frame_numbers(clip.video, Fraction(fps)) is not None


def _seen(footage: Footage, scene: ListedScene, fps: int, clip: Clip, changes: Changes) -> Footage:
    scale = _scale(clip, fps)
    if scale is None:
        return replace(footage, peak=changes.peak)

    def there(frame: int) -> int:
        """The cut's frame that shows the clip's."""
        return round(frame * scale)

    written = [seconds * fps for seconds in accumulate(shot.seconds for shot in scene.shots[:-1])]
    asked = boundaries(changes, [round(frame / scale) for frame in written], reach=round(fps / scale))
    defects = stretches(changes, fps / scale)
    return replace(
        footage,
        boundaries=tuple(
            Boundary(frame, None if each.found is None else there(each.found))
            for frame, each in zip(written, asked, strict=True)
        ),
        unasked=tuple(there(cut) for cut in _unasked(changes, asked, defects)),
        defects=tuple(Defect(each.kind, there(each.first), there(each.end)) for each in defects),
        peak=changes.peak,
    )


def _unasked(changes: Changes, asked: Sequence[Boundary], defects: Sequence[Defect]) -> list[int]:
    """Cuts that nobody wrote. In the last frames too little follows to tell one from a flash; to and from black is said
    of the black."""
    told = {each.found for each in asked}
    for each in defects:
        if each.kind == "black":
            told |= {*range(each.first - 1, each.first + 2), *range(each.end - 1, each.end + 2)}
    return [cut for cut in cuts(changes) if cut not in told and cut < changes.frames - BESIDE]


def _scale(clip: Clip, fps: int) -> Fraction | None:
    """Frames of the cut for each of the clip's; None when these do not come at a constant rate."""
    if _is_at(clip, fps):
        return Fraction(1)
    video = probe(clip.path).video
    return fps / video.frame_rate if video.constant and video.frame_rate else None
