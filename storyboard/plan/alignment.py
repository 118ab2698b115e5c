"""Which shot of then is which of now, where only their texts are known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from storyboard.plan.words import counted, likeness

ALIKE = 0.4  # of their words; below it, two texts are not one that was changed
MOST = 400  # pairs of texts that are weighed


def aligned(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Pairs of indexes in order, None where there is no partner: the most alike together; what lies between those by
    position."""
    anchors = [*_anchors(before, after), (len(before), len(after))]
    old = new = 0
    for stop_old, stop_new in anchors:
        yield from zip_longest(range(old, stop_old), range(new, stop_new))
        if stop_old < len(before):
            yield stop_old, stop_new
        old, new = stop_old + 1, stop_new + 1


def _anchors(before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs in order whose likeness sums up to the most."""
    if len(before) * len(after) > MOST:
        return []
    olds, news = [counted([text]) for text in before], [counted([text]) for text in after]
    best: dict[tuple[int, int], tuple[float, list[tuple[int, int]]]] = {}
    for i in range(len(before), -1, -1):
        for j in range(len(after), -1, -1):
            if i == len(before) or j == len(after):
                best[i, j] = (0.0, [])
                continue
            alike = (likeness(olds[i], news[j]) + likeness(news[j], olds[i])) / 2
            found = max(best[i + 1, j], best[i, j + 1], key=lambda entry: entry[0])
            total, pairs = best[i + 1, j + 1]
            if alike >= ALIKE and total + alike > found[0]:
                found = (total + alike, [(i, j), *pairs])
            best[i, j] = found
    return best[0, 0][1]
