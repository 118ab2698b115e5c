"""The cut as editors see it: strips end to end, one a shot, each a range of a clip. Pure; frames at the cut's rate.

clip of dawn     |--- wide ---|--- close ---~~~|        ~ the dissolve, which both clips have
clip of window                          |~~~----- one -----|
timeline         |--- wide ---|--- close -|------- one -----|
                                        ^ the cut point, in the middle of the dissolve
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import accumulate

from storyboard.compile.request import Request
from storyboard.compile.shot_list import ListedScene, ListedShot
from storyboard.cut.edit import Cut, CutItem
from storyboard.cut.footage import Footage
from storyboard.cut.shots import Boundary
from storyboard.ledger.record import TakeRecord


@dataclass(frozen=True, slots=True)
class Dissolve:
    """What a strip shares with the next one: frames before the cut point and behind it."""

    before: int
    behind: int

    @property
    def frames(self) -> int:
        return self.before + self.behind


@dataclass(frozen=True, slots=True)
class Strip:
    """One shot in its place, `first` to before `end` on the timeline; `source` is the clip's frame at `first`. Without
    `footage` it is shown from its still. `dissolve` leads to the next strip."""

    scene: ListedScene
    shot: ListedShot
    first: int
    end: int
    source: int
    footage: Footage | None
    prompt: str
    take: TakeRecord | None
    dissolve: Dissolve | None = None

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def name(self) -> str:
        """`dawn.wide`; a scene that is its own one shot is `dawn`."""
        return self.scene.id if len(self.scene.shots) == 1 else f"{self.scene.id}.{self.shot.id}"

    @property
    def number(self) -> int:
        return self.take.take if self.take is not None else self.scene.take


@dataclass(frozen=True, slots=True)
class Timeline:
    """The whole cut."""

    name: str
    fps: int
    size: tuple[int, int]
    strips: tuple[Strip, ...]

    @property
    def frames(self) -> int:
        return self.strips[-1].end if self.strips else 0

    @property
    def footage(self) -> tuple[Footage, ...]:
        """Every clip once, in order of first use."""
        return tuple(dict.fromkeys(strip.footage for strip in self.strips if strip.footage is not None))


def timeline(
    cut: Cut,
    name: str,
    footage: Mapping[str, Footage],
    takes: Mapping[str, TakeRecord],
    requests: Mapping[str, Request],
) -> Timeline:
    """The edit with its clips, takes and requests, each by scene."""
    strips: list[Strip] = []
    at = shared = 0
    for item in cut.items:
        scene = item.scene.id
        own = _strips(item, cut.fps, footage.get(scene), requests.get(scene), takes.get(scene))
        length = own[-1].end
        half = Dissolve(item.dissolve // 2, item.dissolve - item.dissolve // 2)
        shown = _between(own, shared // 2, length - half.behind)
        if half.frames:
            shown[-1] = replace(shown[-1], dissolve=half)
        strips += [replace(strip, first=strip.first + at, end=strip.end + at) for strip in shown]
        shared = item.dissolve
        at += length - shared
    size = cut.size or next((each.size for each in footage.values()), (1280, 720))
    return Timeline(name, cut.fps, size, tuple(strips))


def _strips(
    item: CutItem, fps: int, footage: Footage | None, request: Request | None, take: TakeRecord | None
) -> list[Strip]:
    """A scene's shots, from its first frame on. The model gives a frame more than asked, the last shot has it; what a
    clip is too short for has no frames and is left out."""
    scene = item.scene
    length = footage.frames if footage else scene.seconds * fps
    ends = [min(length, seconds * fps) for seconds in accumulate(shot.seconds for shot in scene.shots)]
    if footage and footage.boundaries:
        ends = [min(length, boundary.first) for boundary in footage.boundaries] + [length]
    ends[-1] = length
    starts = [0, *ends[:-1]]
    prompts = {shot.id: shot.prompt for shot in request.shots} if request else {}
    return [
        Strip(scene, shot, start, end, start, footage, prompts.get(shot.id, ""), take)
        for shot, start, end in zip(scene.shots, starts, ends, strict=True)
        if end > start
    ]


def _between(strips: list[Strip], first: int, end: int) -> list[Strip]:
    """What the cut points leave of a scene's strips: beyond them it is the neighbours that count."""
    shown = [replace(s, first=max(s.first, first), end=min(s.end, end)) for s in strips]
    return [replace(strip, source=strip.first) for strip in shown if strip.end > strip.first]


def remarks(timeline: Timeline) -> tuple[str, ...]:
    """Which shots begin elsewhere than they were asked to, in words."""
    told: dict[tuple[str, str], str] = {}
    for strip in timeline.strips:
        found = strip.footage.boundaries if strip.footage else ()
        for shot, boundary in zip(strip.scene.shots[1:], found, strict=False):
            if boundary.found is None or boundary.late:
                told.setdefault((strip.scene.id, shot.id), _told(strip.scene.id, shot.id, boundary))
    return tuple(told.values())


def _told(scene: str, shot: str, boundary: Boundary) -> str:
    if boundary.found is None:
        return f"{scene}.{shot}: no cut is to be seen near frame {boundary.written}, where it should begin"
    frames = "frame" if abs(boundary.late) == 1 else "frames"
    when = "later" if boundary.late > 0 else "earlier"
    return (
        f"{scene}.{shot}: begins at frame {boundary.found}, {abs(boundary.late)} {frames} {when} than written"
    )
