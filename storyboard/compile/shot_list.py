"""The shot list: every shot in order, expanded, with what the cut, the animatic and the reports need of it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from storyboard.diagnostics import Span

OVERLAPPING = ("dissolve", "wipe")  # both neighbours are seen: the cut becomes shorter
FADES = ("fade-black", "fade-white")  # through a colour, one after the other
OF_SOUND = ("j-cut", "l-cut")  # the next sound begins before its picture; the last one goes on behind it
KINDS = (*OVERLAPPING, *FADES, *OF_SOUND)
DIRECTIONS = ("right", "left", "up", "down")
FITS = ("pad", "crop")
Fit = Literal["pad", "crop"]


class DialogueLine(Struct, frozen=True):
    """One authored line of dialogue. A beat ("a long silence") has no speaker."""

    line: str
    speaker: str | None = None  # as people read it: an element's name, a voice's, or any words
    manner: str | None = None  # "whispering"


class ListedTrim(Struct, frozen=True):
    """What the cut shows of a clip or a shot: exact seconds from its beginning. None: from its first, to its last."""

    begin: Decimal | None = None
    end: Decimal | None = None


class ListedShot(Struct, frozen=True):
    """One shot. `sections` are the prompt's sections as plain text with names for elements, for people to read."""

    scene: str
    id: str
    seconds: int
    sections: dict[str, str]  # keys of storyboard.compile.template.SECTIONS; only those that are not empty
    dialogue: tuple[DialogueLine, ...]
    note: str | None
    span: Span
    trim: ListedTrim = ListedTrim()


class ListedScene(Struct, frozen=True):
    """One scene: one request, one clip. Stills are project paths with forward slashes, or URLs."""

    id: str
    endpoint: str
    height: int  # nominal lines of the clip
    aspect_ratio: str | None  # "16:9" and kin, where the frame does not follow a start image
    start_image: str | None
    end_image: str | None
    audio: bool
    take: int  # the circled take, from 1
    shots: tuple[ListedShot, ...]
    span: Span
    trim: ListedTrim = ListedTrim()
    follows: bool = False  # its clip is as long as a film, which its seconds are rounded up from
    keeps_sound: bool = False  # its sound is that of a film, which may have none
    after: str | None = None  # the scene whose clip it goes on from; it has no start image of its own then
    stand_in: str | None = None  # the still that is nearest to that clip's last frame, until there is one
    portraits: tuple[str, ...] = ()  # front images of the elements that it names
    note: str | None = None  # of the scene as a whole

    @property
    def seconds(self) -> int:
        return sum(shot.seconds for shot in self.shots)


class ListedItem(Struct, frozen=True):
    """One entry of the cut: a scene, or one shot of it. What its own trim leaves open, the scene's or shot's says."""

    scene: str
    shot: str | None
    trim: ListedTrim

    @property
    def name(self) -> str:
        return self.scene if self.shot is None else f"{self.scene}.{self.shot}"

    def is_called(self, name: str) -> bool:
        return name in {self.scene, self.name}


class ListedTransition(Struct, frozen=True):
    """Between two neighbours of the cut, scenes or shots by name. `seconds` is exact text."""

    before: str
    after: str
    kind: str  # a key of KINDS
    seconds: str
    span: Span
    direction: str = "right"  # one of DIRECTIONS: where the edge of a wipe goes

    def joins(self, before: ListedItem, after: ListedItem) -> bool:
        return before.is_called(self.before) and after.is_called(self.after)


class ListedCard(Struct, frozen=True):
    """Words before the film or behind it. `seconds` is exact."""

    text: str
    subtitle: str
    seconds: Decimal


class ListedCue(Struct, frozen=True):
    """Music or narration: a project path, exact seconds, gains in decibels. `at` is seconds of the cut, or the name of
    a scene or a shot that it begins with; `seconds` is None to the end of the file."""

    file: str
    at: Decimal | str
    source: Decimal
    seconds: Decimal | None
    gain: Decimal
    fade_in: Decimal
    fade_out: Decimal
    duck: Decimal
    span: Span


class ShotList(Struct, frozen=True):
    """The whole film, before anything is shot. `items` are the cut's, in its order; without any, all scenes in theirs.
    `size` (width, height) is None when the first clip decides."""

    title: str | None
    scenes: tuple[ListedScene, ...]
    transitions: tuple[ListedTransition, ...] = ()
    size: tuple[int, int] | None = None
    fps: int = 24
    fit: Fit = "pad"
    items: tuple[ListedItem, ...] = ()
    first_card: ListedCard | None = None
    last_card: ListedCard | None = None
    cues: tuple[ListedCue, ...] = ()
    loudness: Decimal | None = None  # LUFS

    @property
    def row(self) -> tuple[ListedItem, ...]:
        """What the cut shows, in order."""
        return self.items or tuple(ListedItem(scene.id, None, ListedTrim()) for scene in self.scenes)

    @property
    def shown(self) -> frozenset[str]:
        """The scenes that the cut shows something of."""
        return frozenset(item.scene for item in self.row)

    def named(self, name: str) -> tuple[ListedScene, ListedShot | None] | None:
        """As Storyboard.named: the scene of this name, else the shot of `scene.shot`."""
        for scene in self.scenes:
            if scene.id == name:
                return scene, None
        found = ((scene, shot) for scene in self.scenes for shot in scene.shots)
        return next((each for each in found if f"{each[0].id}.{each[1].id}" == name), None)

    @property
    def shots(self) -> tuple[ListedShot, ...]:
        return tuple(shot for scene in self.scenes for shot in scene.shots)


def narrowed(listed: ShotList, scenes: Sequence[str]) -> ShotList:
    """The film of these scenes alone, all of them when none is named; a part has neither cards nor music."""
    if not scenes:
        return listed
    kept = tuple(scene for scene in listed.scenes if scene.id in scenes)
    items = tuple(item for item in listed.items if item.scene in scenes)
    part = replace(listed, scenes=kept, items=items, first_card=None, last_card=None, cues=())
    met = [each for each in listed.transitions if any(each.joins(*pair) for pair in pairwise(part.row))]
    return replace(part, transitions=tuple(met))
