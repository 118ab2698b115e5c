"""Which packets of a clip can stay as they are when only some of its frames are shown. Pure.

frames     0 . . . . . K . . . . . K . . . . . K . . .     K a key frame
shown            [=====|===========|=====]
stays                  |===========|                       what lies between is encoded anew
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Untouched:
    """`count` packets from `skip` on, which show the frames `first` to before `end`."""

    skip: int
    count: int
    first: int
    end: int


def untouched(numbers: Sequence[int], keys: Collection[int], first: int, end: int) -> Untouched | None:
    """The longest row of whole groups of pictures within `first` to before `end`; `numbers` is the frame that each
    packet shows. None when there is none, or where a group leans on another."""
    found: Untouched | None = None
    row: Untouched | None = None
    for start, stop in pairwise((*sorted(keys), len(numbers))):
        shown = sorted(numbers[start:stop])
        closed = shown == list(range(numbers[start], numbers[start] + stop - start))
        if closed and first <= shown[0] and shown[-1] < end:
            follows = row is not None and row.skip + row.count == start and row.end == shown[0]
            begin = row if row is not None and follows else Untouched(start, 0, shown[0], shown[0])
            row = Untouched(begin.skip, stop - begin.skip, begin.first, shown[-1] + 1)
        else:
            row = None
        if row is not None and (found is None or row.count > found.count):
            found = row
    return found
