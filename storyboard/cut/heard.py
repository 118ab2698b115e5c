"""Whose sound is heard where: that of each clip with its picture, moved and faded by the transitions. Pure.

dissolve   |====\\\\        both are heard while both are seen
               ///====|
j-cut      |===|========|    the next clip's sound begins before its picture
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.shot_list import FADES
from storyboard.cut.clip import Clip
from storyboard.cut.mix import Heard, in_a_row
from storyboard.cut.sound_places import places_of_overlapping
from storyboard.cut.transition import Transition
from storyboard.media.encode import samples_of


class Voice(Struct, frozen=True):
    """A clip's frames from `source` on, so many, seen from frame `first` of the cut on; `change` leads to
    the next. A clip without sound is None."""

    clip: Clip | None
    source: int
    first: int
    frames: int
    change: Transition | None = None


def heard(voices: Sequence[Voice], fps: Fraction) -> tuple[Heard, ...]:
    """The stretches of sound, with their fades."""
    seen = [(voice.first, voice.first + voice.frames) for voice in voices]
    early = [voice.change.early if voice.change else 0 for voice in voices]
    found = [
        Heard(voice.clip.path, voice.clip.sha256, voice.source + first - voice.first, first, end)
        for voice, (first, end) in zip(voices, places_of_overlapping(seen, early), strict=True)
        if voice.clip is not None and first < end
    ]
    rising, falling = _fading(voices, fps)
    return tuple(
        replace(
            each,
            fade_in=max(each.fade_in, rising.get(each.first, 0)),
            fade_out=max(each.fade_out, falling.get(each.end, 0)),
        )
        for each in in_a_row(found, fps)
    )


def _fading(voices: Sequence[Voice], fps: Fraction) -> tuple[dict[int, int], dict[int, int]]:
    """For how many samples sound rises from a frame of the cut on, and falls up to one: with the picture, where that
    fades through a colour, or where what it dissolves from or to is silent."""
    rising: dict[int, int] = {}
    falling: dict[int, int] = {}
    for one, other in pairwise(voices):
        change = one.change
        if change is None:
            continue
        if change.kind in FADES or other.clip is None:
            falling[one.first + one.frames] = samples_of(change.tail, fps)
        if change.kind in FADES or one.clip is None:
            rising[other.first] = samples_of(change.head, fps)
    return rising, falling
