"""Which packets of a clip can stay as they are when only some of its frames are shown. Pure.

frames     0 . . . . . K . . . . . K . . . . . K . . .     K a key frame
shown            [=====|===========|==========]
stays                  |======================|            what is before it is encoded anew

A row begins with a key frame and may end within a group of pictures: a packet leans on none that is decoded later.
It ends where the frames that were decoded are all that were shown, so at most a few before the last one wanted.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from msgspec import Struct


class Untouched(Struct, frozen=True):
    """`count` packets from `skip` on, which show the frames `first` to before `end`."""

    skip: int
    count: int
    first: int
    end: int


def untouched(numbers: Sequence[int], keys: Collection[int], first: int, end: int) -> Untouched | None:
    """The longest row of groups of pictures within `first` to before `end`, the last one perhaps in part; `numbers` is
    the frame that each packet shows. None when there is none, or where a group leans on another."""
    found: Untouched | None = None
    row: Untouched | None = None
    for start, stop in pairwise((*sorted(keys), len(numbers))):
        count = _within(numbers[start:stop], end) if numbers[start] >= first else 0
        if not count:
            row = None
            continue
        follows = row is not None and row.skip + row.count == start and row.end == numbers[start]
        begin = row if row is not None and follows else Untouched(start, 0, numbers[start], numbers[start])
        row = Untouched(begin.skip, start + count - begin.skip, begin.first, numbers[start] + count)
        if found is None or row.count > found.count:
            found = row
    return found


def _within(group: Sequence[int], end: int) -> int:
    """How many packets of a group, from its key frame on, show frames before `end` without a gap; none where some are
    shown before the key frame: they lean on the group before."""
    if min(group) < group[0] or sorted(group) != list(range(group[0], group[0] + len(group))):
        return 0
    count, last = 0, -1
    for at, number in enumerate(group, 1):
        last = max(last, number)
        if last < end and last == group[0] + at - 1:
            count = at
    return count
