"""What of then is what of now: by name, else by what it says; and what had to move to come to today's order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def paired(
    old: Sequence[T], new: Sequence[T], name: Callable[[T], str], says: Callable[[T], Hashable]
) -> list[tuple[T | None, T | None]]:
    """Everything of both once, in the order of now; what is gone stands behind what it followed. Names are unique on
    either side. What has another name and `says` the same is a pair too."""
    names = {name(each) for each in new}
    partners = {name(each): each for each in old if name(each) in names}
    gone: dict[Hashable, list[T]] = {}
    for each in old:
        if name(each) not in names:
            gone.setdefault(says(each), []).append(each)
    pairs: list[tuple[T | None, T | None]] = []
    for each in new:
        partner = partners.get(name(each))
        if partner is None and gone and (alike := gone.get(says(each))):
            partner = alike.pop(0)
        pairs.append((partner, each))
    return _with_gone(old, pairs, name)


def _with_gone(
    old: Sequence[T], pairs: Sequence[tuple[T | None, T | None]], name: Callable[[T], str]
) -> list[tuple[T | None, T | None]]:
    places = {name(before): place for place, (before, _) in enumerate(pairs) if before is not None}
    behind: dict[int, list[tuple[T | None, T | None]]] = {}
    place = -1
    for each in old:
        if name(each) in places:
            place = places[name(each)]
        else:
            behind.setdefault(place, []).append((each, None))
    found = behind.get(-1, [])
    for place, pair in enumerate(pairs):
        found += [pair, *behind.get(place, [])]
    return found


def moved(before: Iterable[str], after: Sequence[str]) -> frozenset[str]:
    """The fewest names that have to move to bring one order to the other; both hold the same names."""
    places = {name: place for place, name in enumerate(before)}
    ends: list[int] = []  # the least place that a rising row of each length ends with
    lengths: list[int] = []  # of the longest rising row that ends at each name
    for name in after:
        length = bisect_left(ends, places[name])
        ends[length : length + 1] = [places[name]]
        lengths.append(length)
    stay: set[str] = set()
    wanted = len(ends) - 1
    for name, length in zip(reversed(after), reversed(lengths), strict=True):
        if length == wanted:
            stay.add(name)
            wanted -= 1
    return frozenset(after) - stay
