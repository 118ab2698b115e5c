"""Whose sound is heard where: that of each clip with its picture, moved and faded by the transitions. Pure.

dissolve   |====\\\\        both are heard while both are seen
               ///====|
j-cut      |===|========|    the next clip's sound begins before its picture
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from storyboard.compile.shot_list import FADES
from storyboard.cut.clip import Clip
from storyboard.cut.mix import Heard, in_a_row
from storyboard.cut.transition import Transition
from storyboard.media.encode import samples_of


@dataclass(frozen=True, slots=True)
class Voice:
    """A clip's frames from `source` on, so many, seen from frame `first` of the cut on; `change` leads to
    the next. A clip without sound is None."""

    clip: Clip | None
    source: int
    first: int
    frames: int
    change: Transition | None = None


def heard(voices: Sequence[Voice], fps: Fraction) -> tuple[Heard, ...]:
    """The stretches of sound, with their fades."""
    found: list[Heard] = []
    before: Transition | None = None
    fading: dict[int, int] = {}  # frame of the cut at which a picture fades, and samples of it
    for voice in voices:
        lead = before.early if before else 0
        trail = -voice.change.early if voice.change else 0
        end = voice.first + voice.frames
        if voice.change is not None and voice.change.kind in FADES:
            fading[end] = samples_of(voice.change.tail, fps)
        if before is not None and before.kind in FADES:
            fading[voice.first] = max(fading.get(voice.first, 0), samples_of(before.head, fps))
        if voice.clip is not None:
            place = (voice.source - lead, voice.first - lead, end + trail)
            found.append(Heard(voice.clip.path, voice.clip.sha256, *place))
        before = voice.change
    return tuple(_faded(each, fading) for each in in_a_row(found, fps))


def _faded(each: Heard, fading: dict[int, int]) -> Heard:
    """With the picture, where that fades through a colour."""
    return replace(
        each,
        fade_in=max(each.fade_in, fading.get(each.first, 0)),
        fade_out=max(each.fade_out, fading.get(each.end, 0)),
    )
