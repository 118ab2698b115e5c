"""The mix: what is heard in a cut, where, how loud. Pure; times are whole frames, whole samples or exact seconds.

    heard    |==dawn==\\                                   clips; they cross where they overlap, and are
                      /==window==||==turn===|             faded for an instant where they do not
    cues        /~~~~~~~~~~~~\\___________/~~~~~\\          music and narration, faded
    spoken                   |===========|                dialogue, under which cues give way

A mix can be asked for any part of itself: what is heard there, and nothing else, names what is made of it.
"""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.media.encode import RATE, samples_of
from storyboard.media.stereo import INSTANT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = "mix/1"  # goes into the names of what is mixed: change it when the same mix is to sound another way
ATTACK = RATE // 4  # samples before dialogue in which cues give way
RELEASE = RATE // 2  # samples after dialogue in which they come back
BREATH = RATE  # samples: dialogue that pauses for less goes on


class Heard(Struct, frozen=True):
    """A stretch of a clip's sound: from the clip's frame `source` on, in frames `first` to before `end` of the cut.
    Fades are samples, at equal power."""

    path: Path
    sha256: str
    source: int
    first: int
    end: int
    fade_in: int = 0
    fade_out: int = 0


class Cue(Struct, frozen=True):
    """A stretch of a sound file: from `source` seconds into it, heard `first` seconds into the cut, for `length`
    seconds or (None) to the end of the file or of the cut. Gain and ducking in dB; ducking 0 is none."""

    path: Path
    sha256: str
    first: Fraction
    source: Fraction = Fraction(0)
    length: Fraction | None = None
    gain_db: Decimal = Decimal(0)
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)
    duck_db: Decimal = Decimal(0)


class Mix(Struct, frozen=True):
    """All that is heard in a cut of `frames`; `spoken` are frames, first to before end. Loudness in LUFS."""

    heard: tuple[Heard, ...]
    cues: tuple[Cue, ...]
    spoken: tuple[tuple[int, int], ...]
    frames: int
    fps: Fraction
    loudness: Decimal | None = None

    @property
    def samples(self) -> int:
        return samples_of(self.frames, self.fps)


def in_a_row(heard: Sequence[Heard], fps: Fraction) -> tuple[Heard, ...]:
    """Stretches in the order of the cut with the fades they need: neighbours that overlap cross, others are faded
    for an instant; a clip that goes on where it was left is one stretch."""
    row: list[Heard] = []
    for each in heard:
        if row and _goes_on(row[-1], each):
            row[-1] = replace(row[-1], end=each.end)
        else:
            row.append(each)
    if not row:
        return ()
    shared = [0, *(max(0, earlier.end - later.first) for earlier, later in pairwise(row)), 0]
    return tuple(
        replace(
            each,
            fade_in=_crossing(each.first, before, fps),
            fade_out=_crossing(each.end - after, after, fps),
        )
        for each, (before, after) in zip(row, pairwise(shared), strict=True)
    )


def _goes_on(earlier: Heard, later: Heard) -> bool:
    kept = (later.first, later.source) == (earlier.end, earlier.source + earlier.end - earlier.first)
    return kept and later.sha256 == earlier.sha256


def _crossing(first: int, frames: int, fps: Fraction) -> int:
    """Samples in which one stretch gives way to the next."""
    return samples_of(first + frames, fps) - samples_of(first, fps) if frames else INSTANT


def ducked(mix: Mix) -> tuple[tuple[int, int], ...]:
    """The samples, first to before end, under which cues lie low; nearer than a breath is one."""
    row: list[tuple[int, int]] = []
    for first, end in sorted(mix.spoken):
        start, stop = samples_of(first, mix.fps), samples_of(end, mix.fps)
        if row and start - row[-1][1] < BREATH:
            start, stop = row[-1][0], max(row.pop()[1], stop)
        if stop > start:
            row.append((start, stop))
    return tuple(row)


def heard_in(mix: Mix, begin: int, end: int) -> list[tuple[Heard, int, int]]:
    """What is heard of clips in samples `begin` to before `end`, with the samples where each stretch begins and
    ends."""
    low, high = begin * mix.fps // RATE - 1, end * mix.fps // RATE + 2  # frames: cheaper to compare
    near = [each for each in mix.heard if each.first < high and each.end > low]
    placed = [
        (each, samples_of(each.first, mix.fps), min(mix.samples, samples_of(each.end, mix.fps)))
        for each in near
    ]
    return [(each, start, stop) for each, start, stop in placed if start < end and stop > begin]


def cues_in(mix: Mix, begin: int, end: int) -> list[tuple[Cue, int, int]]:
    """The same of cues; the last number is where one ends if its file is long enough."""
    placed = [(cue, round(cue.first * RATE), _cue_end(cue, mix)) for cue in mix.cues]
    return [(cue, start, stop) for cue, start, stop in placed if start < end and stop > begin]


def _cue_end(cue: Cue, mix: Mix) -> int:
    return mix.samples if cue.length is None else min(mix.samples, round((cue.first + cue.length) * RATE))


def part_of(mix: Mix, begin: int, end: int) -> Mix:
    """The mix in which nothing is heard but what is in samples `begin` to before `end`, where it is the same."""
    heard = tuple(each for each, _, _ in heard_in(mix, begin, end))
    return replace(mix, heard=heard, cues=tuple(cue for cue, _, _ in cues_in(mix, begin, end)))


def mix_key(mix: Mix) -> str:
    """All that decides on the mix, as text. Files stand in it by their content."""
    return part_key(mix, 0, mix.samples) + str(mix.loudness)


def part_key(mix: Mix, begin: int, end: int) -> str:
    """All that decides on samples `begin` to before `end`, at the loudness that they have by themselves."""
    heard = [
        [each.sha256, samples_of(each.source, mix.fps), start, stop, each.fade_in, each.fade_out]
        for each, start, stop in heard_in(mix, begin, end)
    ]
    placed = cues_in(mix, begin, end)
    cues = [_cue_key(cue, start, stop, end) for cue, start, stop in placed]
    low = [(start, stop) for start, stop in ducked(mix) if start - ATTACK < end and stop + RELEASE > begin]
    gives_way = any(cue.duck_db for cue, _, _ in placed)
    return json.dumps([KEY, heard, cues, low if gives_way else [], begin, min(end, mix.samples)])


def _cue_key(cue: Cue, start: int, stop: int, end: int) -> list[object]:
    fade_out = round(cue.fade_out * RATE)
    ends = min(stop, end + fade_out)  # one that ends later is not heard to end yet
    times = [start, round(cue.source * RATE), ends, round(cue.fade_in * RATE), fade_out]
    return [cue.sha256, *times, str(cue.gain_db), str(cue.duck_db)]
