"""The dialogue as subtitles: SRT and WebVTT. A shot's lines share its time (`slots`); beats are silent.

Lines go with the sound, and lie in the whole shot: of one that is trimmed those that are heard are left.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from storyboard.compile.shot_list import DialogueLine
from storyboard.cut.handoff.strip import Strip
from storyboard.cut.handoff.timeline import Timeline
from storyboard.cut.slots import slots
from storyboard.media.timecode import clock

GLIMPSE = Fraction(1, 5)  # seconds: what is left of a line for less, nobody reads


class Cue(Struct, frozen=True):
    """One line, in seconds of the cut; all of it would begin at `source` before `begin` and last `room`."""

    begin: Fraction
    end: Fraction
    said: DialogueLine
    source: Fraction = Fraction(0)
    room: Fraction = Fraction(0)

    @property
    def speaker(self) -> str:
        return self.said.speaker or ""

    @property
    def line(self) -> str:
        return self.said.line

    @property
    def seconds(self) -> Fraction:
        return self.end - self.begin


def cues(timeline: Timeline) -> tuple[Cue, ...]:
    return tuple(cue for strip in timeline.strips for cue in cues_of(strip, timeline.fps))


def srt(timeline: Timeline) -> str:
    blocks = [
        f"{number}\n{clock(cue.begin, ',')} --> {clock(cue.end, ',')}\n{_flat(cue.line)}\n"
        for number, cue in enumerate(cues(timeline), 1)
    ]
    return "\n".join(blocks)


def vtt(timeline: Timeline) -> str:
    """With the speakers as voices."""
    blocks = [
        f"{clock(cue.begin, '.')} --> {clock(cue.end, '.')}\n<v {_escaped(cue.speaker)}>{_escaped(cue.line)}</v>\n"
        for cue in cues(timeline)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def cues_of(strip: Strip, fps: int, *, beats: bool = False) -> Iterator[Cue]:
    """The lines of a shot that are heard; with `beats` what nobody says as well."""
    heard = strip.heard if strip.is_to_sound else (strip.first, strip.end)
    # In a dissolve what is said last is still to be heard.
    first, end = Fraction(heard[0], fps), Fraction(heard[1] + strip.shared_behind, fps)
    for each, start, until in slots(strip.shot.dialogue, *_whole_shot(strip, fps)):
        begin = max(start, first)
        seen = Cue(begin, min(until, end), each, begin - start, until - start)
        if (beats or each.speaker is not None) and seen.seconds >= min(GLIMPSE, seen.room):
            yield seen


def _whole_shot(strip: Strip, fps: int) -> tuple[Fraction, Fraction]:
    """When the whole shot would begin in the cut, and how long it is; seconds."""
    begin, end = strip.shot_bounds
    return Fraction(strip.first + begin - strip.source, fps), Fraction(end - begin, fps)


def _flat(text: str) -> str:
    """Without an empty line, which would end the cue."""
    return "\n".join(line for line in text.splitlines() if line.strip())


def _escaped(text: str) -> str:
    return _flat(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
