"""The shots of an animatic with the cut's timecode and, in their frames, the lines that are heard. Pure.

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

Frames = tuple[int, int]  # from, to before


class Said(Struct, frozen=True):
    """A line or a beat, and the shot that it is of: its piece of the cut, its slate. `frames` of the cut, in which it
    is read."""

    cue: Cue
    piece: int
    slate: str
    frames: Frames


class Place(Struct, frozen=True):
    """A shot in the cut: `zero` is where its first frame would lie, `seen` what is shown of it, transitions too."""

    part: Part
    piece: int
    zero: int
    seen: Frames

    def shows(self, said: Said) -> bool:
        return (self.piece, self.part.name) == (said.piece, said.slate)


def said_in(cut: Cut) -> tuple[Said, ...]:
    """All that is said and every beat, as the subtitles of the same cut have it."""
    return tuple(
        Said(cue, strip.piece, slate(strip.scene, strip.shot), (ceil(cue.begin * cut.fps), ceil(cue.end * cut.fps)))
        for strip in timeline(cut, cut.title, {}, {}).strips
        for cue in cues_of(strip, cut.fps, beats=True)
    )  # fmt: skip


def subtitled(
    rows: Sequence[Sequence[Part]], cut: Cut, said: Sequence[Said], *, timecode: bool
) -> list[Part]:
    """The parts, with words. Each row is the shots of a piece of the cut, in order."""
    places = [
        place
        for number, (row, start) in enumerate(zip(rows, cut.starts, strict=True))
        for place in _places(row, number, start, cut.fps)
    ]
    read = [list[Spoken]() for _ in places]
    for each in said:
        for lines, place, (first, end) in _where(each, read, places):
            lines.append(Spoken(first - place.zero, end - place.zero, line_words(each.cue.said)))
    return [
        _with_words(place, tuple(lines), timecode=timecode) for place, lines in zip(places, read, strict=True)
    ]


def _places(row: Sequence[Part], piece: int, start: int, fps: int) -> Iterator[Place]:
    for part in row:
        frames = part.frames(fps)
        yield Place(part, piece, start - part.first, (start, start + frames))
        start += frames


def _where(
    said: Said, read: Sequence[list[Spoken]], places: Sequence[Place]
) -> Iterator[tuple[list[Spoken], Place, Frames]]:
    """Over its own shot as long as that is seen; what is heard before or behind that, over whatever is seen then."""
    own = next((place.seen for place in places if place.shows(said)), None)
    for lines, place in zip(read, places, strict=True):
        if own is None or place.shows(said):
            spans = [said.frames]
        else:
            spans = [
                (said.frames[0], min(said.frames[1], own[0])),
                (max(said.frames[0], own[1]), said.frames[1]),
            ]
        for first, end in spans:
            begin, stop = max(first, place.seen[0]), min(end, place.seen[1])
            if begin < stop:
                yield lines, place, (begin, stop)


def _with_words(place: Place, lines: tuple[Spoken, ...], *, timecode: bool) -> Part:
    zero = place.zero if timecode else None
    stills = tuple(replace(still, lines=lines, first_timecode=zero) for still in place.part.stills)
    return replace(place.part, stills=stills)
