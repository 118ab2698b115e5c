"""Where the shots of a clip really begin. A model cuts near to where it was asked to, not there. Pure.

written    |--- wide ---|--- close ---|
found      |---- wide ----|-- close --|      two frames late
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from storyboard.media.changes import Changes

LIKELY = 0.2  # of 1: so different are pictures that are parted by a cut, where one was asked for
SURE = 0.3  # and where none was
TIMES = 1.5  # as different as pictures a few frames apart within the shots on both sides
COLOURED = 2.0  # of 255: less of a step in the median colour may be grain
COLOUR_TIMES = 6  # as much as any other step near it
AROUND = 12  # frames that are near
BESIDE = 4  # frames: of changes so near to each other only the greatest is a cut


class Boundary(Struct, frozen=True):
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
    """For each frame at which a shot was asked to begin, the nearest cut within `reach` frames, and nearer to it
    than to its neighbours. One that is sure goes before one that is only likely."""
    ends = (0, *written, changes.frames)
    middles = [(before + after) // 2 for before, after in pairwise(ends)]
    likely = cuts(changes, LIKELY)
    found = []
    for number, frame in enumerate(written):
        low, high = max(frame - reach, middles[number]), min(frame + reach + 1, middles[number + 1])
        near = [cut for cut in likely if low <= cut < high]
        near = near or _other_colours(changes, low, high)  # two views of one pattern: a card, a product
        sure = [cut for cut in near if changes.across[cut] >= SURE]
        found.append(Boundary(frame, min(sure or near, key=lambda cut: abs(cut - frame), default=None)))
    return tuple(found)


def _other_colours(changes: Changes, low: int, high: int) -> list[int]:
    """The one frame with which the picture takes other colours, and keeps them; none where they drift or flicker."""
    colours = list(zip(changes.blue, changes.red, strict=True))
    steps = [_distance(colours[n - 1], colours[n]) for n in range(1, len(colours))]  # of frame n + 1
    inside = range(max(low, 1), min(high, len(colours)))
    best = max(inside, key=lambda frame: steps[frame - 1], default=None)
    if best is None or steps[best - 1] < COLOURED:
        return []
    around = [
        steps[n - 1] for n in range(max(1, best - AROUND), min(len(colours), best + AROUND)) if n != best
    ]
    return [best] if max(around, default=0.0) * COLOUR_TIMES <= steps[best - 1] else []


def _distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    return max(abs(one[0] - other[0]), abs(one[1] - other[1]))


def cuts(changes: Changes, least: float = SURE) -> tuple[int, ...]:
    """The frames with which another shot begins, wherever that was asked for."""
    return tuple(n for n in range(1, changes.frames) if _is_cut(changes, n, least))


def _is_cut(changes: Changes, frame: int, least: float) -> bool:
    strength = changes.across[frame]
    if strength < least or strength < TIMES * changes.within[frame]:
        return False
    return strength == max(changes.across[max(0, frame - BESIDE) : frame + BESIDE + 1])
