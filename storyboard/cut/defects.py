"""Stretches of a clip in which there is nothing to see, or in which nothing moves. Pure.

bright  ████▅▂______________▃▆█████████████████      black: nearly all of it is under a tenth of white
rests   0 0 0 0 1 2 3 ...  0 0 0 0 0 1 2 3 4 5 ...    frozen: the count of frames goes on and on
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import groupby
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from storyboard.media.changes import VISIBLE, Changes

BLACK = 25.5  # of 255: a tenth, as broadcasters have it
BLACK_SECONDS = Fraction(1, 2)  # a fade's end is shorter
FROZEN_SECONDS = Fraction(1)  # somebody who holds still does so for less


class Defect(Struct, frozen=True):
    """Frames `first` to before `end` of a clip."""

    kind: Literal["black", "frozen"]
    first: int
    end: int

    @property
    def frames(self) -> int:
        return self.end - self.first


def stretches(changes: Changes, fps: Fraction) -> tuple[Defect, ...]:
    """In order; `fps` is the clip's own rate. What is black is not also said to be frozen."""
    black = [each for each in _black(changes) if _counts(each, BLACK_SECONDS * fps, changes.frames)]
    frozen = [each for each in _frozen(changes) if _counts(each, FROZEN_SECONDS * fps, changes.frames)]
    frozen = _joined(frozen, changes)
    seen = [each for each in frozen if 2 * sum(_shared(each, dark) for dark in black) < each.frames]
    return tuple(sorted([*black, *seen], key=lambda each: each.first))


def _counts(found: Defect, least: Fraction, frames: int) -> bool:
    return found.frames >= least or found.frames == frames > 1


def _shared(one: Defect, other: Defect) -> int:
    return max(0, min(one.end, other.end) - max(one.first, other.first))


def _black(changes: Changes) -> Iterator[Defect]:
    for first, end in _runs(changes.frames, lambda frame: changes.bright[frame] <= BLACK):
        yield Defect("black", first, end)


def _frozen(changes: Changes) -> Iterator[Defect]:
    """A rest begins with the frame that the others are like."""
    for first, end in _runs(changes.frames, lambda frame: changes.rests[frame] > 0):
        yield Defect("frozen", max(0, first - 1), end)


def _joined(found: list[Defect], changes: Changes) -> list[Defect]:
    """A key frame may stir a picture at rest: a rest that goes on behind one, with the same pattern, is one rest. Only
    long ones are joined: of a slow move there are many short ones."""
    joined: list[Defect] = []
    for each in found:
        before = joined[-1] if joined else None
        if before is not None and before.end == each.first and changes.steps[each.first] < VISIBLE:
            joined[-1] = replace(before, end=each.end)
        else:
            joined.append(each)
    return joined


def _runs(frames: int, is_so: Callable[[int], bool]) -> Iterator[tuple[int, int]]:
    for so, run in groupby(range(frames), is_so):
        if so:
            found = list(run)
            yield found[0], found[-1] + 1
