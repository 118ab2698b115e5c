"""From lines of a text as it was to the same lines of the text as it is: for what was found before the last keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class Drift:
    """The first `kept` lines are the same, and the last `kept_last`; `shift` is how far those have moved."""

    kept: int
    kept_last: int
    lines: int
    shift: int

    def line(self, number: int) -> int | None:
        """Where a line (from 0) of the old text stands now; None when it may have changed."""
        if number < self.kept:
            return number
        return number + self.shift if number >= self.lines - self.kept_last else None


def drift(old: str, new: str) -> Drift:
    before, after = old.split("\n"), new.split("\n")
    kept = _alike(before, after)
    last = _alike(reversed(before[kept:]), reversed(after[kept:]))
    return Drift(kept, last, len(before), len(after) - len(before))


def _alike(one: Iterable[str], other: Iterable[str]) -> int:
    """How many lines are the same from the first on."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
