"""How near a name is to those that there are: the measure of every "did you mean"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

NO_DIGIT = re.compile(r"(?<=\d)[oOlI](?![^\W\d])")
FEW, MANY = 100, 100  # names that are all compared, and the most that are: comparing is slow
SHORTENED = 3  # letters that may stand for a longer name
ALLOWED = ((9, 3), (6, 2), (3, 1))  # letters from which on so many slips may be one's own
LONGEST = 64
KEPT = 4096  # names that were looked at: the same ones are compared again and again
WORDY = 7  # letters of a name that is more than its number: kling-v3-5k


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant: a longer one that begins so, or one that is few slips away. In a short
    name another number is another thing, and no misspelling: SB24 is not SB204."""
    asked, names = name.casefold(), list(known)
    longer = [k for k in names if k.casefold().startswith(asked)] if len(asked) >= SHORTENED else []
    if len(longer) == 1 and _same_numbers(longer[0], asked):
        return longer[0]
    allowed = next((slips for letters, slips in ALLOWED if letters <= len(asked) <= LONGEST), 0)
    near = [k for k in names if abs(len(k) - len(asked)) <= allowed]
    if len(names) > FEW:  # only what begins alike
        near = [k for k in near if k[:1].casefold() == asked[:1]]
    likely = [k for k in near if k.casefold() == asked or _same_numbers(k, asked)]
    ranked = ((slips(asked, k.casefold(), allowed + 1), number, k) for number, k in enumerate(likely[:MANY]))
    found = min(ranked, default=None)
    return found[2] if found is not None and found[0] <= allowed else None


def _same_numbers(known: str, asked: str) -> bool:
    return _is_wordy(asked) or _numbers(known) == _numbers(asked)


@lru_cache(KEPT)
def _is_wordy(name: str) -> bool:
    return sum(map(str.isalpha, name)) >= WORDY


@lru_cache(KEPT)
def _numbers(name: str) -> str:
    """Its digits; a letter that looks like one, behind one, is meant for it."""
    return "".join(filter(str.isdigit, NO_DIGIT.sub(lambda m: "0" if m[0] in "oO" else "1", name)))


def alike(one: str, other: str) -> int:
    """How many letters two names have in common at first; none when chance may do so."""
    pairs = enumerate(zip(one.casefold(), other.casefold(), strict=False))
    common = next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))
    return common if common >= SHORTENED else 0


def slips(one: str, other: str, most: int) -> int:
    """Optimal string alignment distance; `most` when it is at least that."""
    if abs(len(one) - len(other)) >= most:
        return most
    first = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    one, other = one[first:], other[first:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    before: list[int] = []
    last = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        row = [i]
        for j, b in enumerate(other, 1):
            cost = min(row[j - 1] + 1, last[j] + 1, last[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) >= most and min(last) >= most:  # a swap looks two rows back
            return most
        before, last = last, row
    return min(last[-1], most)
