"""Where the shots of a clip really begin. A model cuts near to where it was asked to, not there. Pure.

written    |--- wide ---|--- close ---|
found      |---- wide ----|-- close --|      two frames late
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from storyboard.media.changes import Changes

LEAST = 6.0  # of 255: less is no cut that anybody would see
TIMES = 3.0  # a cut changes that much more than the frames around it
AROUND = 12  # frames to both sides
STILL = 0.5  # what a picture at rest changes by, so that grain is no cut


@dataclass(frozen=True, slots=True)
class Boundary:
    """Where a shot was asked to begin, and the frame at which it does; None when no cut is to be seen near to it."""

    written: int
    found: int | None

    @property
    def first(self) -> int:
        return self.written if self.found is None else self.found

    @property
    def late(self) -> int:
        """Frames; negative when it is early."""
        return self.first - self.written


def boundaries(changes: Changes, written: Sequence[int], reach: int) -> tuple[Boundary, ...]:
    """For each frame at which a shot was asked to begin, the strongest cut within `reach` frames, and nearer to it than
    to its neighbours."""
    ends = (0, *written, len(changes.steps))
    middles = [(before + after) // 2 for before, after in pairwise(ends)]
    found = []
    for number, frame in enumerate(written):
        low, high = max(1, frame - reach, middles[number]), min(frame + reach + 1, middles[number + 1])
        cuts = [n for n in range(low, min(high, len(changes.steps))) if _is_cut(changes, n)]
        found.append(Boundary(frame, max(cuts, key=lambda n: _strength(changes, n), default=None)))
    return tuple(found)


def _strength(changes: Changes, frame: int) -> float:
    return min(changes.steps[frame], changes.across[frame])


def _is_cut(changes: Changes, frame: int) -> bool:
    low, high = max(1, frame - AROUND), frame + AROUND + 1
    around = [step for n, step in enumerate(changes.steps[low:high], low) if n != frame]
    usual = median(around) if around else 0.0
    strength = _strength(changes, frame)
    return strength >= LEAST and strength >= TIMES * (usual + STILL)
