"""What trims leave of a clip, from its first frame: in exact seconds, and in the frames that a cut has of them. Pure.

clip     |---- wide ----|---- hands ----|
in, out     ^                       ^          of the scene
in, out     |- wide ----|      ^               of the shot: from its own beginning
shown       |===========|      |====|
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from storyboard.compile.shot_list import ListedItem, ListedScene, ListedTrim

Range = tuple[Fraction, Fraction]  # from, to before
Frames = tuple[int, int]  # from, to before


def frames_of(seconds: Decimal | Fraction | str, fps: int) -> int:
    """The nearest whole number of frames."""
    exact = Fraction(seconds) * fps
    return int((Decimal(exact.numerator) / exact.denominator).to_integral_value(ROUND_HALF_UP))


def bounds_as_written(scene: ListedScene, fps: int) -> tuple[int, ...]:
    """The frame at which each shot begins, and the last one's end."""
    return tuple(seconds * fps for seconds in accumulate((shot.seconds for shot in scene.shots), initial=0))


def shown(scene: ListedScene, item: ListedItem, bounds: Sequence[Fraction]) -> tuple[Range, ...]:
    """The stretches of a scene's clip that an item of the cut shows; `bounds` are where its shots begin and the
    last one ends. What the item says of itself goes before what its scene or shot says. Empty: nothing."""
    whole = (bounds[0], bounds[-1])
    usable = _within(whole, scene.trim if item.shot is not None else _nearest(item.trim, scene.trim))
    found: list[Range] = []
    for shot, span in zip(scene.shots, pairwise(bounds), strict=True):
        if item.shot not in {None, shot.id}:
            continue
        first, end = _within(span, shot.trim if item.shot is None else _nearest(item.trim, shot.trim))
        first, end = max(first, usable[0]), min(end, usable[1])
        if found and found[-1][1] == first < end:
            first = found.pop()[0]
        if first < end:
            found.append((first, end))
    return tuple(found)


def frames_shown(scene: ListedScene, item: ListedItem, bounds: Sequence[int], fps: int) -> tuple[Frames, ...]:
    """The same in frames; `bounds` are as in bounds_as_written, or those of the clip that there is. A stretch that
    rounds to no frame is not shown."""
    ranges = shown(scene, item, [Fraction(frame, fps) for frame in bounds])
    found = ((frames_of(first, fps), frames_of(end, fps)) for first, end in ranges)
    return tuple((first, end) for first, end in found if first < end)


def _nearest(own: ListedTrim, outer: ListedTrim) -> ListedTrim:
    return ListedTrim(
        own.begin if own.begin is not None else outer.begin, own.end if own.end is not None else outer.end
    )


def _within(span: Range, trim: ListedTrim) -> Range:
    first = span[0] if trim.begin is None else span[0] + Fraction(trim.begin)
    end = span[1] if trim.end is None else min(span[1], span[0] + Fraction(trim.end))
    return first, end
