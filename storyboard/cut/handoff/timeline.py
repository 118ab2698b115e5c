"""The cut as editors see it: strips end to end, one a shot, each a range of a clip. Pure; frames at the cut's rate.

clip of dawn     |--- wide ---|--- close ---~~~|        ~ the dissolve, which both clips have
clip of window                          |~~~----- one -----|
timeline         |--- wide ---|--- close -|------- one -----|
                                        ^ the cut point, in the middle of the dissolve
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from storyboard.compile.request import Request
from storyboard.compile.shot_list import ListedScene, ListedShot
from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.cut.footage import Footage
from storyboard.cut.remarks import Remark
from storyboard.diagnostics import Span
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
    """The whole cut, and what is worth a word about its clips."""

    name: str
    fps: int
    size: tuple[int, int]
    strips: tuple[Strip, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def frames(self) -> int:
        return self.strips[-1].end if self.strips else 0

    @property
    def footage(self) -> tuple[Footage, ...]:
        """Every clip once, in order of first use."""
        return tuple(dict.fromkeys(strip.footage for strip in self.strips if strip.footage is not None))


def timeline(
    cut: Cut, name: str, takes: Mapping[str, TakeRecord], requests: Mapping[str, Request]
) -> Timeline:
    """The edit with its takes and requests, each by scene."""
    strips: list[Strip] = []
    shared = 0
    for piece, start in zip(cut.pieces, cut.starts, strict=True):
        half = Dissolve(piece.shared // 2, piece.shared - piece.shared // 2)
        first, end = piece.first + shared // 2, piece.end - half.behind
        shown = _between(_strips(piece, cut.fps, requests, takes), first, end)
        if half.frames:
            shown[-1] = replace(shown[-1], dissolve=half)
        moved = start - piece.first
        strips += [replace(s, first=s.first + moved, end=s.end + moved) for s in shown]
        shared = piece.shared
    size = cut.size or next((each.footage.size for each in cut.pieces if each.footage), (1280, 720))
    return Timeline(name, cut.fps, size, tuple(strips))


def _strips(
    piece: Piece, fps: int, requests: Mapping[str, Request], takes: Mapping[str, TakeRecord]
) -> list[Strip]:
    """The shots of a piece's scene, from its clip's first frame on; what a clip is too short for is left out."""
    scene = piece.scene
    if scene is None or piece.slate:
        scene, shot = _of_card(piece, fps)
        return [Strip(scene, shot, 0, piece.end, 0, None, "", None)]
    request = requests.get(scene.id)
    prompts = {shot.id: shot.prompt for shot in request.shots} if request else {}
    bounds = pairwise(shot_bounds(scene, piece.footage, fps))
    return [
        Strip(scene, shot, start, end, start, piece.footage, prompts.get(shot.id, ""), takes.get(scene.id))
        for shot, (start, end) in zip(scene.shots, bounds, strict=True)
        if end > start
    ]


def _of_card(piece: Piece, fps: int) -> tuple[ListedScene, ListedShot]:
    """A card as a scene that is never shot."""
    place = Span("", 1, 1, 1, 1)
    words = {"subject_motion": piece.card.text} if piece.card else {}
    shot = ListedShot(piece.name, "1", -(-piece.frames // fps), words, (), None, place)
    return ListedScene(piece.name, "", 0, None, None, None, False, 1, (shot,), place), shot


def _between(strips: list[Strip], first: int, end: int) -> list[Strip]:
    """What the cut points leave of a scene's strips: beyond them it is the neighbours that count."""
    shown = [replace(s, first=max(s.first, first), end=min(s.end, end)) for s in strips]
    return [replace(strip, source=strip.first) for strip in shown if strip.end > strip.first]
