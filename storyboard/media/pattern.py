"""What is drawn in a picture, whatever the light that falls on it; and how far two pictures are from showing the same.

A lamp that goes on, a fire and a fade leave the pattern as it is. A camera that moves shifts it: two pictures are laid
over each other where they fit best before they are compared.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Plane = NDArray[np.float32]

WIDTH, HEIGHT = 64, 36  # of a pattern: a cut changes all of the picture, an eyelid little of it
NEIGHBOURS = 4  # to each side: what a point's light is compared with
FAINT = 1.0  # of 255: shades that are less than this apart are noise
PART = 4  # points of a part's side
PLAIN = 0.1  # a part with less pattern than this in it says little
QUIETEST = 0.75  # of all pattern: a lamp in a corner, or somebody who runs through, is no cut
FARTHEST = 36, 12  # points that a camera goes across and up in one frame
PLACES = 3  # that are tried, of all to which it may have gone
ALIKE = 0.1  # pictures this near need no search for a move


class Pattern:
    """A picture of WIDTH by HEIGHT with its light taken off: each point against its neighbourhood."""

    def __init__(self, light: Plane) -> None:
        import numpy as np

        mean = _around(light)
        spread = np.sqrt(np.maximum(_around(light * light) - mean * mean, 0))
        self.points: Plane = ((light - mean) / (spread + FAINT)).astype(np.float32)

    @cached_property
    def waves(self) -> NDArray[np.complexfloating]:
        import numpy as np

        found: NDArray[np.complexfloating] = np.fft.rfft2(self.points, (2 * HEIGHT, 2 * WIDTH))
        return found


def apart(one: Pattern, other: Pattern) -> float:
    """0: the same; above about 0.3: nothing in common. Wherever they fit best, where they differ least."""
    nearest = _differing(one.points, other.points)
    if nearest < ALIKE:
        return nearest
    for across, down in _moves(one, other):
        nearest = min(nearest, _differing(*_overlaid(one.points, other.points, across, down)))
    return nearest


def _around(light: Plane) -> Plane:
    """The mean of each point's neighbourhood."""
    import numpy as np

    side = 2 * NEIGHBOURS + 1
    wide = np.pad(light, (NEIGHBOURS + 1, NEIGHBOURS), mode="edge").astype(np.float64)
    sums = wide.cumsum(0).cumsum(1)
    rows = sums[side:] - sums[:-side]
    means: Plane = (rows[:, side:] - rows[:, :-side]) / side**2
    return means


def _differing(one: Plane, other: Plane) -> float:
    """How much of the pattern differs, 0 to 1, over those parts that differ least."""
    import numpy as np

    differs, there = _parts(np.abs(one - other)), _parts(np.abs(one) + np.abs(other)) + PLAIN
    order = np.argsort(differs / there)
    sums = np.cumsum(there[order])
    last = int(np.searchsorted(sums, QUIETEST * sums[-1]))
    return float(differs[order[: last + 1]].sum() / sums[last])


def _parts(plane: Plane) -> Plane:
    height, width = (side // PART for side in plane.shape)
    whole = plane[: height * PART, : width * PART]
    means: Plane = whole.reshape(height, PART, width, PART).mean((1, 3)).ravel()
    return means


def _moves(one: Pattern, other: Pattern) -> list[tuple[int, int]]:
    """By how many points across and down the second has most likely been moved."""
    import numpy as np

    height, width = 2 * HEIGHT, 2 * WIDTH
    fits = np.fft.irfft2(one.waves * np.conj(other.waves), (height, width))
    down, across = np.fft.fftfreq(height, 1 / height)[:, None], np.fft.fftfreq(width, 1 / width)
    seen = np.sqrt(np.maximum(HEIGHT - abs(down), 1) * np.maximum(WIDTH - abs(across), 1))
    within = (abs(across) <= FARTHEST[0]) & (abs(down) <= FARTHEST[1])
    best = np.argpartition(np.where(within, fits / seen, -np.inf).ravel(), -PLACES)[-PLACES:]
    return [(int(across[each % width]), int(down[each // width, 0])) for each in best]


def _overlaid(one: Plane, other: Plane, x: int, y: int) -> tuple[Plane, Plane]:
    """What both show, when the second was moved by x and y points."""
    here = one[max(0, y) : HEIGHT + min(0, y), max(0, x) : WIDTH + min(0, x)]
    there = other[max(0, -y) : HEIGHT + min(0, -y), max(0, -x) : WIDTH + min(0, -x)]
    return here, there
