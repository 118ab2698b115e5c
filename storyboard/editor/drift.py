"""From lines of a text as it was to the same lines of the text as it is: for what was found before the last keys."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct


class Drift(Struct, frozen=True):
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
    """By characters first, which is a matter of comparing memory, then by the lines that these fill."""
    shorter = min(len(old), len(new))
    first = _alike(shorter, lambda start, stop: old[start:stop] == new[start:stop])
    if first == len(old) == len(new):
        lines = old.count("\n") + 1
        return Drift(lines, 0, lines, 0)
    a, b = len(old), len(new)
    last = _alike(shorter - first, lambda start, stop: old[a - stop : a - start] == new[b - stop : b - start])
    kept, kept_last = old.count("\n", 0, first), old.count("\n", a - last)
    return Drift(kept, kept_last, old.count("\n") + 1, new.count("\n") - old.count("\n"))


def _alike(most: int, same: Callable[[int, int], bool]) -> int:
    """How many characters are the same, up to `most`; `same` compares a stretch of them."""
    known, step = 0, most
    while step:
        while known + step <= most and same(known, known + step):
            known += step
        step //= 2
    return known
