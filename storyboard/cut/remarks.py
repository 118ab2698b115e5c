"""What is worth a word about the clips of a cut, before anybody watches it. Pure; frames at the cut's rate.

Remarks are no errors: the cut is made. They say where to look, and name what was asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from storyboard.compile.shot_list import ListedScene, ShotList
from storyboard.cut.defects import Defect, stretches
from storyboard.cut.edit import shot_bounds
from storyboard.cut.footage import Footage
from storyboard.cut.shots import Boundary
from storyboard.media.changes import Changes
from storyboard.media.timecode import timecode

FAINTEST = 0.00025  # of 1, some -72 dB: what coding leaves of silence


class Remark(Struct, frozen=True):
    """One thing about a scene's clip, or about a shot in it, from frame `first` to before `end` of the clip. `kind` is
    late, early, unseen, cut, black, frozen, short, long, silent, size or damaged. Where there are no scenes, `clip` is
    the file's name."""

    scene: str | None
    shot: str | None
    kind: str
    first: int
    end: int
    words: str
    clip: str | None = None

    @property
    def name(self) -> str:
        return self.clip or ".".join(word for word in (self.scene, self.shot) if word)

    def __str__(self) -> str:
        return f"{self.name}: {self.words}"

    def document(self) -> dict[str, Any]:
        return asdict(self)


def remarks(shots: ShotList, footage: Mapping[str, Footage]) -> tuple[Remark, ...]:
    """Of every clip of the film (by scene), scene by scene."""
    sizes = Counter(footage[scene.id].size for scene in shots.scenes if scene.id in footage)
    found: list[Remark] = []
    for scene in shots.scenes:
        clip = footage.get(scene.id)
        if clip is not None:
            found += [*_of_picture(scene, clip, shots.fps), *_of_clip(scene, clip, shots.fps)]
            found += _of_size(scene, clip, sizes)
    return tuple(found)


def remarks_of_clip(name: str, changes: Changes, fps: Fraction) -> tuple[Remark, ...]:
    """Of a clip that nothing was asked of, in its own frames."""
    found = [
        Remark(None, None, each.kind, each.first, each.end, _told(each, changes.frames, round(fps)), name)
        for each in stretches(changes, fps)
    ]
    if changes.peak is not None and changes.peak < FAINTEST:
        words = "nothing is to be heard in its sound"
        found.append(Remark(None, None, "silent", 0, changes.frames, words, name))
    return tuple(found)


def _of_picture(scene: ListedScene, clip: Footage, fps: int) -> Iterator[Remark]:
    """In the order of the clip."""
    told = [*_of_boundaries(scene, clip), *_of_cuts(scene, clip, fps), *_of_defects(scene, clip, fps)]
    yield from sorted(told, key=lambda remark: remark.first)


def _of_boundaries(scene: ListedScene, clip: Footage) -> Iterator[Remark]:
    for shot, boundary in zip(scene.shots[1:], clip.boundaries, strict=False):
        if boundary.found is None:
            words = f"no cut is to be seen near frame {boundary.written}, where it should begin"
            yield Remark(scene.id, shot.id, "unseen", boundary.written, boundary.written, words)
        elif boundary.late:
            kind = "late" if boundary.late > 0 else "early"
            first, end = sorted((boundary.written, boundary.found))
            yield Remark(scene.id, shot.id, kind, first, end, _off(boundary, boundary.found))


def _off(boundary: Boundary, found: int) -> str:
    when = "later" if boundary.late > 0 else "earlier"
    return f"begins at frame {found}, {_frames(abs(boundary.late))} {when} than written"


def _of_cuts(scene: ListedScene, clip: Footage, fps: int) -> Iterator[Remark]:
    for cut in clip.unasked:
        words = f"cuts at {timecode(cut, fps)} of its clip to a shot that was not asked for"
        yield Remark(scene.id, _shot_at(scene, clip, cut, fps), "cut", cut, cut, words)


def _of_defects(scene: ListedScene, clip: Footage, fps: int) -> Iterator[Remark]:
    for each in clip.defects:
        shot = None if _is_whole(each, clip.frames) else _shot_at(scene, clip, each.first, fps)
        yield Remark(scene.id, shot, each.kind, each.first, each.end, _told(each, clip.frames, fps))


def _told(defect: Defect, frames: int, fps: int) -> str:
    what = "is black" if defect.kind == "black" else "stands still"
    if _is_whole(defect, frames):
        return f"{what} all through"
    return f"{what} from {timecode(defect.first, fps)} to {timecode(defect.end, fps)} of its clip"


def _is_whole(defect: Defect, frames: int) -> bool:
    """But for the frame that is more than was asked for."""
    return defect.first == 0 and defect.end >= frames - 1


def _of_clip(scene: ListedScene, clip: Footage, fps: int) -> Iterator[Remark]:
    """Its length and its sound. The model gives a frame more than asked; one that is as long as a film is shorter than
    its whole seconds by less than one."""
    asked, there = scene.seconds * fps, clip.frames
    least = asked - fps + 1 if scene.follows else asked
    if not least <= there <= asked + 1:
        kind = "short" if there < asked else "long"
        than = "less than asked" if there < asked else "more than asked"
        words = f"lasts {_frames(there)}, {_frames(abs(there - asked))} {than}"
        yield Remark(scene.id, None, kind, min(there, asked), max(there, asked), words)
    heard = scene.audio and not scene.keeps_sound
    if heard and not clip.sound:
        yield Remark(scene.id, None, "silent", 0, there, "has no sound, which was asked for")
    elif heard and clip.peak is not None and clip.peak < FAINTEST:
        yield Remark(
            scene.id, None, "silent", 0, there, "nothing is to be heard in its sound, which was asked for"
        )
    if clip.damage:
        yield Remark(scene.id, None, "damaged", 0, there, f"can't be looked into: {clip.damage}")


def _of_size(scene: ListedScene, clip: Footage, sizes: Counter[tuple[int, int]]) -> Iterator[Remark]:
    usual, _ = sizes.most_common(1)[0]
    if clip.size != usual:
        words = f"is {clip.size[0]}x{clip.size[1]}, where others are {usual[0]}x{usual[1]}"
        yield Remark(scene.id, None, "size", 0, clip.frames, words)


def _shot_at(scene: ListedScene, clip: Footage, frame: int, fps: int) -> str | None:
    """The shot to which a frame belongs; None for a scene that is its own one shot."""
    if len(scene.shots) == 1:
        return None
    bounds = pairwise(shot_bounds(scene, clip, fps))
    found = [shot.id for shot, (first, end) in zip(scene.shots, bounds, strict=True) if first <= frame < end]
    return found[0] if found else scene.shots[-1].id


def _frames(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
