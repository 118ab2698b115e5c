"""Where the sound of an edited timeline changes: j-cuts and l-cuts read from its sound track. Pure.

pictures   |--- dawn ---|--- window ---|
sound      |-- dawn --|---- window ----|      the sound of window is early: a j-cut
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.edit import Piece
from storyboard.cut.footage import Footage
from storyboard.cut.handoff.document import Entry
from storyboard.cut.sound_places import places_of_sound
from storyboard.cut.transition import Transition


class Placed(Struct, frozen=True):
    """A piece, and the entries of the timeline that it was made of."""

    piece: Piece
    entries: tuple[Entry, ...]

    @property
    def first(self) -> int:
        """The frame of the timeline at which its picture begins; in a transition, the cut point."""
        return self.entries[0].first

    @property
    def end(self) -> int:
        return self.entries[-1].end

    @property
    def offset(self) -> int:
        """From frames of the timeline to those of its clip."""
        return self.entries[0].source - self.first


class Heard(Struct, frozen=True):
    """A clip's sound at `first` to before `end` of the timeline; `offset` as in Placed."""

    first: int
    end: int
    footage: Footage
    offset: int

    def is_beside(self, other: Heard) -> bool:
        """Does a later one touch it or lie over it, in step?"""
        same = (self.footage, self.offset) == (other.footage, other.offset)
        return same and other.first <= self.end


def with_sound_cuts(
    row: Sequence[Placed], sounds: Sequence[Entry], clip_of: Callable[[Entry], Footage | None]
) -> tuple[list[Placed], tuple[str, ...]]:
    """The pieces with a cut of the sound wherever it changes at another frame than the picture, and what is heard
    otherwise than the editor has it. What we once wrote counts as long as the sound track says the same."""
    clips = [(entry, clip_of(entry)) for entry in sounds]
    remarks = tuple(
        f"{entry.told} is no clip of this film: not heard" for entry, clip in clips if clip is None
    )
    heard = _merged([_heard(entry, clip) for entry, clip in clips if clip is not None and clip.sound])
    noted = _with(row, [_noted(one, other) for one, other in pairwise(row)])
    if _expected(noted) == heard:
        return noted, remarks
    if not heard:
        return noted, (*remarks, "the timeline has no sound of the clips: they are heard all the same")
    measured = _with(row, [_measured(one, other, heard) for one, other in pairwise(row)])
    if _expected(measured) != heard:
        told = "the sound track goes another way than the pictures: every clip is heard with its own"
        remarks = (*remarks, told)
    return measured, remarks


def _heard(entry: Entry, clip: Footage) -> Heard:
    return Heard(entry.first, entry.end, clip, entry.source - entry.first)


def _merged(sounds: Sequence[Heard]) -> list[Heard]:
    """In order, what goes on without a break as one; what is on two tracks, as two channels are, once."""
    merged: list[Heard] = []
    for each in sorted(sounds, key=lambda sound: (sound.first, sound.end)):
        last = merged[-1] if merged else None
        if last and last.is_beside(each):
            merged[-1] = replace(last, end=max(last.end, each.end))
        elif each.first < each.end:
            merged.append(each)
    return merged


def _expected(row: Sequence[Placed]) -> list[Heard]:
    """What is heard of these pieces."""
    early = [each.piece.transition.early if each.piece.transition else 0 for each in row]
    places = places_of_sound([each.end for each in row], early)
    return _merged(
        [
            Heard(first, end, each.piece.footage, each.offset)
            for each, (first, end) in zip(row, places, strict=True)
            if each.piece.footage is not None and each.piece.footage.sound
        ]
    )


def _with(row: Sequence[Placed], early: Sequence[int]) -> list[Placed]:
    """The pieces with these cuts of the sound, as far as their pictures have no transition."""
    return [
        replace(each, piece=replace(each.piece, transition=each.piece.transition or _sound_cut(frames)))
        for each, frames in zip(row, (*early, 0), strict=True)
    ]


def _sound_cut(early: int) -> Transition | None:
    return Transition("j-cut" if early > 0 else "l-cut", abs(early)) if early else None


def _noted(one: Placed, other: Placed) -> int:
    """What we wrote, as long as the two are neighbours still."""
    last, following = one.entries[-1].known, other.entries[0].known
    if last.piece is None or following.piece != last.piece + 1:
        return 0
    return last.early


def _measured(one: Placed, other: Placed, heard: Sequence[Heard]) -> int:
    """Frames by which the second one's sound is early, negative when the first one's goes on."""
    place = one.end
    begins = [each.first for each in heard if _is_of(each, other) and each.end > place]
    ends = [each.end for each in heard if _is_of(each, one) and each.first < place]
    if begins and min(begins) < place:
        return place - min(begins)
    if ends and max(ends) > place:
        return place - max(ends)
    return 0


def _is_of(sound: Heard, placed: Placed) -> bool:
    """Is it a piece's own, in step with its picture?"""
    return (sound.footage, sound.offset) == (placed.piece.footage, placed.offset)
