"""The shots of an animatic with the cut's timecode and, in their frames, the lines that are said in them. Pure."""

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
    """A shot in the cut, in a piece of it: `zero` is the frame of the cut where its first one would lie."""

    part: Part
    piece: int
    zero: int


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
    lines: dict[tuple[int, str], list[Said]] = {}
    for each in said:
        lines.setdefault((each.piece, each.slate), []).append(each)
    return [
        _with_words(place, lines.get((place.piece, place.part.name), ()), timecode=timecode)
        for place in places
    ]


def _places(row: Sequence[Part], piece: int, start: int, fps: int) -> Iterator[Place]:
    for part in row:
        yield Place(part, piece, start - part.first)
        start += part.frames(fps)


def _with_words(place: Place, said: Sequence[Said], *, timecode: bool) -> Part:
    lines = tuple(
        Spoken(each.frames[0] - place.zero, each.frames[1] - place.zero, line_words(each.cue.said))
        for each in said
    )
    zero = place.zero if timecode else None
    stills = tuple(replace(still, lines=lines, first_timecode=zero) for still in place.part.stills)
    return replace(place.part, stills=stills)
