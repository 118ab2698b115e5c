"""Between which frames each picture of a row is heard, where its sound begins early or ends late. Pure.

pictures   |--- dawn ---|--- window ---|
sound      |-- dawn --|---- window ----|      the sound of window is early: a j-cut
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Frames = tuple[int, int]  # from, to before


def places_of_sound(ends: Sequence[int], early: Sequence[int]) -> list[Frames]:
    """From and to before which frame each of a row is heard, its pictures ending at `ends`, the next one's sound so
    many frames early. What begins early takes that time from all before it, what ends late from all behind it."""
    edges = [0]
    for end, frames in zip(ends, early, strict=True):
        edge = max(0, end - frames)
        if frames > 0:
            edges = [min(each, edge) for each in edges]
        edges.append(max(edge, edges[-1]))
    last = ends[-1] if ends else 0
    return [(min(first, last), min(until, last)) for first, until in pairwise(edges)]


def places_of_overlapping(seen: Sequence[Frames], early: Sequence[int]) -> list[Frames]:
    """The same of pictures that overlap where they dissolve, from the frames in which each is seen: sounds overlap
    there as well. One that is not heard at all ends where it begins, or before."""
    ends = [end for _, end in seen]
    begins = [*(first for first, _ in seen[1:]), *ends[-1:]]
    untils = places_of_sound(ends, early)
    return [
        (first, until) for (first, _), (_, until) in zip(places_of_sound(begins, early), untils, strict=True)
    ]
