"""The edit: from the shot list and the clips that there are to a cut, a row of pieces of clips. Pure.

dawn            |=====================|
window                              |===========|      a dissolve of 0.5 s = 12 frames at 24
turn (no clip)                                  |======|     its stills, slated
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.ranges import frames_of, frames_shown
from storyboard.compile.shot_list import (
    KINDS,
    Fit,
    ListedCard,
    ListedItem,
    ListedScene,
    ListedTransition,
    ShotList,
)
from storyboard.cut.footage import Footage
from storyboard.cut.transition import Transition
from storyboard.errors import MediaError

FIRST, LAST = "title card", "end card"


class Piece(Struct, frozen=True):
    """A stretch in its place: frames `first` to before `end`, at the cut's rate, of a scene's clip, of the stills that
    stand for it where there is none, or of a card. `there` is how many frames that has; `transition` leads to the
    next piece."""

    name: str
    first: int
    end: int
    there: int
    scene: ListedScene | None = None
    footage: Footage | None = None
    card: ListedCard | None = None
    transition: Transition | None = None
    slate: bool = False  # its scene's slate, not its clip

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def shared(self) -> int:
        """Frames that it shares with the next piece."""
        return self.transition.shared if self.transition else 0


class Cut(Struct, frozen=True):
    """The whole edit. Without a size the first clip decides."""

    pieces: tuple[Piece, ...]
    fps: int
    size: tuple[int, int] | None
    fit: Fit = "pad"
    title: str = ""

    @property
    def starts(self) -> tuple[int, ...]:
        """The frame of the cut at which each piece begins."""
        return tuple(accumulate((each.frames - each.shared for each in self.pieces), initial=0))[:-1]

    @property
    def frames(self) -> int:
        return sum(each.frames - each.shared for each in self.pieces)

    @property
    def missing(self) -> tuple[str, ...]:
        """Scenes without a clip, each once, in order."""
        drawn = (each for each in self.pieces if each.footage is None and not each.slate)
        ids = (each.scene.id for each in drawn if each.scene)
        return tuple(dict.fromkeys(ids))


def edit(shot_list: ShotList, footage: Mapping[str, Footage], *, slates: bool = False) -> Cut:
    """Every item of the cut with its scene's clip; with `slates` one before each, and no transitions. Raises MediaError
    for what can't be made of these clips."""
    scenes = {scene.id: scene for scene in shot_list.scenes}
    row: list[tuple[ListedItem, list[Piece]]] = []
    for item in shot_list.row:
        scene = scenes[item.scene]
        row.append((item, _pieces(item, scene, footage.get(scene.id), shot_list.fps)))
    if slates:
        pieces = [piece for _, found in row for piece in _slated(found, shot_list.fps)]
    else:
        _join(row, shot_list)
        pieces = [piece for _, found in row for piece in found]
        check_room(pieces)
    title = _card(FIRST, shot_list.first_card, shot_list.fps)
    end = _card(LAST, shot_list.last_card, shot_list.fps)
    return Cut((*title, *pieces, *end), shot_list.fps, shot_list.size, shot_list.fit, shot_list.title or "")


def shot_bounds(scene: ListedScene, footage: Footage | None, fps: int) -> tuple[int, ...]:
    """The frame of its clip at which each shot begins, and the clip's end: as measured, else as written. The model
    gives a frame more than asked, the last shot has it."""
    end = footage.frames if footage else scene.seconds * fps
    if footage and footage.boundaries:
        inner = [boundary.first for boundary in footage.boundaries]
    else:
        inner = [seconds * fps for seconds in accumulate(shot.seconds for shot in scene.shots[:-1])]
    return (0, *(min(frame, end) for frame in inner), end)


def _pieces(item: ListedItem, scene: ListedScene, footage: Footage | None, fps: int) -> list[Piece]:
    bounds = shot_bounds(scene, footage, fps)
    pieces = [
        Piece(item.name, first, end, bounds[-1], scene, footage)
        for first, end in frames_shown(scene, item, bounds, fps)
    ]
    if not pieces:
        seconds = float(Fraction(bounds[-1], fps))
        raise MediaError(
            f"Nothing is left of {item.name}: its clip lasts {seconds:.2f} s, and `in` and `out` leave no frame of it."
        )
    return pieces


def _slated(pieces: Sequence[Piece], fps: int) -> list[Piece]:
    return [replace(pieces[0], first=0, end=fps, there=fps, footage=None, slate=True), *pieces]


def _card(name: str, card: ListedCard | None, fps: int) -> list[Piece]:
    if card is None:
        return []
    frames = max(1, frames_of(card.seconds, fps))
    return [Piece(name, 0, frames, frames, card=card)]


def _join(row: list[tuple[ListedItem, list[Piece]]], shot_list: ShotList) -> None:
    """Each transition at every place where its two neighbours meet."""
    for authored in shot_list.transitions:
        made = Transition(
            authored.kind, max(1, frames_of(authored.seconds, shot_list.fps)), authored.direction
        )
        met = False
        for (item, pieces), (following, _) in pairwise(row):
            if authored.joins(item, following):
                pieces[-1] = replace(pieces[-1], transition=made)
                met = True
        _refuse(authored, met=met)


def _refuse(authored: ListedTransition, *, met: bool) -> None:
    name = f"The transition from {authored.before} to {authored.after}"
    if authored.kind not in KINDS:
        raise MediaError(f"{name} is a {authored.kind}, which is not known here: use {', '.join(KINDS)}.")
    if not met:
        raise MediaError(f"{name} does not join neighbours.")


def check_room(pieces: Sequence[Piece]) -> None:
    """Every piece has the frames that the transitions at its ends take, every sound reaches as far as it is heard.
    Raises MediaError."""
    before: Transition | None = None
    for number, piece in enumerate(pieces):
        taken = (before.head if before else 0) + (piece.transition.tail if piece.transition else 0)
        if taken > piece.frames:
            raise MediaError(
                f"{piece.name} has {piece.frames} frames in the cut, the transitions at its ends take {taken}: make "
                "them shorter."
            )
        early = piece.transition.early if piece.transition else 0
        if early > 0 and early > pieces[number + 1].first:
            raise MediaError(_no_sound(pieces[number + 1], early, "before its picture: give it a later `in`"))
        if early < 0 and piece.end - early > piece.there:
            raise MediaError(_no_sound(piece, -early, "behind its picture: give it an earlier `out`"))
        before = piece.transition


def _no_sound(piece: Piece, frames: int, where: str) -> str:
    return f"{piece.name} has no {frames} frames of sound {where}, or make the cut of the sound shorter."
