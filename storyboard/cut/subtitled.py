"""The shots of an animatic with a timecode and, in their frames, the lines that are heard. Pure.

pictures   |--- dawn ---|--- window ---|
lines         |=one=| |==two==|            the second begins early, in a j-cut: it is read over both
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.drawn import slate
from storyboard.cut.handoff.subtitles import cues_of
from storyboard.cut.handoff.timeline import timeline
from storyboard.cut.slots import line_words
from storyboard.media.burn_in import Spoken

if TYPE_CHECKING:
    from storyboard.cut.edit import Cut
    from storyboard.cut.handoff.subtitles import Cue
    from storyboard.cut.part import Part
    from storyboard.cut.wanted import Timecode

Frames = tuple[int, int]  # from, to before


class Said(Struct, frozen=True):
    """A line or a beat, and the shot that it is of: its piece of the cut, its slate. `frames` of the cut, in which it
    is read."""

    cue: Cue
    piece: int
    slate: str
    frames: Frames


class Place(Struct, frozen=True):
    """A shot in the cut, in a piece of it: `zero` is the frame of the cut where its first one would lie, `first` to
    before `end` are those in which it is seen."""

    part: Part
    piece: int
    zero: int
    first: int
    end: int

    @property
    def key(self) -> tuple[int, str]:
        return self.piece, self.part.name


def said_in(cut: Cut) -> tuple[Said, ...]:
    """All that is said and every beat, as the subtitles of the same cut have it."""
    return tuple(
        Said(cue, strip.piece, slate(strip.scene, strip.shot), (ceil(cue.begin * cut.fps), ceil(cue.end * cut.fps)))
        for strip in timeline(cut, cut.title, {}, {}).strips
        for cue in cues_of(strip, cut.fps, beats=True)
    )  # fmt: skip


def subtitled(
    rows: Sequence[Sequence[Part]], cut: Cut, said: Sequence[Said], timecode: Timecode
) -> list[Part]:
    """The parts, with words. Each row is the shots of a piece of the cut, in order."""
    places = [
        place
        for number, (row, start) in enumerate(zip(rows, cut.starts, strict=True))
        for place in _places(row, number, start, cut.fps)
    ]
    lines: dict[tuple[int, str], list[Spoken]] = {place.key: [] for place in places}
    own = {place.key: place for place in places}
    for each in said:
        its = own.get((each.piece, each.slate))
        for place in places if its is None or _sticks_out(each.frames, its) else [its]:
            first, end = _over(each.frames, place, its)
            if first < end:
                words = line_words(each.cue.said)
                lines[place.key].append(Spoken(first - place.zero, end - place.zero, words))
    return [_with_words(place, tuple(lines[place.key]), timecode) for place in places]


def _sticks_out(frames: Frames, place: Place) -> bool:
    return frames[0] < place.first or frames[1] > place.end


def _over(frames: Frames, place: Place, its: Place | None) -> Frames:
    """Where a line is read over a shot: over its own while that is seen, over another before and behind that."""
    first, end = max(frames[0], place.first), min(frames[1], place.end)
    if its is None or place is its:
        return first, end
    return (first, min(end, its.first)) if place.first < its.first else (max(first, its.end), end)


def _places(row: Sequence[Part], piece: int, start: int, fps: int) -> Iterator[Place]:
    for part in row:
        end = start + part.frames(fps)
        yield Place(part, piece, start - part.first, start, end)
        start = end


def _with_words(place: Place, lines: tuple[Spoken, ...], timecode: Timecode) -> Part:
    zero = {"shot": 0, "cut": place.zero, "none": None}[timecode]
    stills = tuple(replace(still, lines=lines, first_timecode=zero) for still in place.part.stills)
    return replace(place.part, stills=stills)
