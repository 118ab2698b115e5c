"""The order in which a line's letters are seen, after Unicode's bidirectional algorithm (annex 9).

Each letter gets a level: even runs to the right, odd to the left. Embeddings and isolates are not known here: they
are invisible orders, taken out of words before.

    he said  ARABIC 12 words  .
    0        1      2  1      0
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from itertools import groupby, takewhile
from typing import TypeVar

Item = TypeVar("Item")

STRONG_RIGHT = {"R", "AL"}
NEUTRAL = {"B", "S", "WS", "ON", "BN"}
BRACKETS = dict(zip("([{（［｛「『【《〈〔", ")]}）］｝」』】》〉〕", strict=True))


def runs_to_the_left(text: str) -> bool:
    """Whether a paragraph begins on the right: its first letter with a direction decides."""
    strong = (kind for kind in map(unicodedata.bidirectional, text) if kind in {"L", *STRONG_RIGHT})
    return next(strong, "L") in STRONG_RIGHT


def levels(text: str, *, left: bool) -> list[int]:
    """The level of each character of a line. `left`: its paragraph runs to the left."""
    outside = "R" if left else "L"
    kinds = [unicodedata.bidirectional(character) or "L" for character in text]
    _resolve_weak(kinds, outside)
    _resolve_brackets(text, kinds, outside)
    _resolve_neutral(kinds, outside)
    found = [_level(kind, int(left)) for kind in kinds]
    trailing = sum(1 for _ in takewhile(str.isspace, reversed(text)))
    return [*found[: len(found) - trailing], *[int(left)] * trailing]


def _level(kind: str, paragraph: int) -> int:
    if kind == "L":
        return paragraph + paragraph % 2
    if kind == "R":
        return paragraph + 1 - paragraph % 2
    return paragraph + 2 - paragraph % 2  # numbers


def _resolve_weak(kinds: list[str], outside: str) -> None:
    """W1 to W7: marks go with their letter, figures with the letters before them, signs with figures."""
    last, strong = outside, outside
    for at, kind in enumerate(kinds):
        kinds[at] = last if kind == "NSM" else kind
        if kinds[at] in {"L", *STRONG_RIGHT}:
            strong = kinds[at]
        if kinds[at] == "EN" and strong == "AL":
            kinds[at] = "AN"
        last = kinds[at]
    _replace(kinds, {"AL"}, lambda _before, _after, _count: "R")
    _replace(kinds, {"ES"}, lambda *around: _within_a_number({"EN"}, *around))
    _replace(kinds, {"CS"}, lambda *around: _within_a_number({"EN", "AN"}, *around))
    _replace(kinds, {"ET"}, lambda before, after, _: "EN" if "EN" in {before, after} else "ON")
    _replace(kinds, {"ES", "CS"}, lambda _before, _after, _count: "ON")
    strong = outside
    for at, kind in enumerate(kinds):
        strong = kind if kind in {"L", "R"} else strong
        kinds[at] = "L" if kind == "EN" and strong == "L" else kind


def _within_a_number(figures: set[str], before: str, after: str, count: int) -> str:
    return before if count == 1 and before == after and before in figures else "ON"


def _replace(kinds: list[str], which: set[str], by: Callable[[str, str, int], str]) -> None:
    """Stretches of some kinds become what their neighbours and their length say."""
    at = 0
    for wanted, stretch in _stretches(kinds[:], [kind in which for kind in kinds]):
        end = at + len(stretch)
        if wanted:
            before = kinds[at - 1] if at else ""
            after = kinds[end] if end < len(kinds) else ""
            kinds[at:end] = [by(before, after, len(stretch))] * len(stretch)
        at = end


def _resolve_brackets(text: str, kinds: list[str], outside: str) -> None:
    """N0: the two brackets of a pair run like what they hold, or like what stands before them."""
    for opening, closing in _pairs(text, kinds):
        held = {_direction(kind) for kind in kinds[opening + 1 : closing]} - {""}
        before = [way for kind in kinds[:opening] if (way := _direction(kind))]
        if outside in held:
            kinds[opening] = kinds[closing] = outside
        elif held:
            context = before[-1] if before else outside
            kinds[opening] = kinds[closing] = context if context in held else outside


def _pairs(text: str, kinds: list[str]) -> list[tuple[int, int]]:
    waiting: list[tuple[str, int]] = []
    found: list[tuple[int, int]] = []
    for at, character in enumerate(text):
        if kinds[at] != "ON":
            continue
        if character in BRACKETS:
            waiting.append((BRACKETS[character], at))
        elif character in {closing for closing, _ in waiting}:
            while waiting[-1][0] != character:
                waiting.pop()
            found.append((waiting.pop()[1], at))
    return sorted(found)


def _direction(kind: str) -> str:
    return "R" if kind in {"R", "AN", "EN"} else "L" if kind == "L" else ""


def _resolve_neutral(kinds: list[str], outside: str) -> None:
    """N1 and N2: between two of one direction like these, else like the paragraph."""

    def between(before: str, after: str, _: int) -> str:
        ends = _direction(before) or outside, _direction(after) or outside
        return ends[0] if ends[0] == ends[1] else outside

    _replace(kinds, NEUTRAL, between)


def as_seen(runs: Sequence[Item], level: Callable[[Item], int]) -> list[Item]:
    """L2: runs in the order of reading become runs from left to right."""
    seen = list(runs)
    for least in range(max(map(level, seen), default=0), 0, -1):
        stretches = _stretches(seen, [level(run) >= least for run in seen])
        seen = [run for high, stretch in stretches for run in (reversed(stretch) if high else stretch)]
    return seen


def _stretches(items: Sequence[Item], high: Sequence[bool]) -> list[tuple[bool, list[Item]]]:
    """Neighbours that are all high or all low, together."""
    marked = zip(high, items, strict=True)
    return [(kind, [item for _, item in group]) for kind, group in groupby(marked, lambda pair: pair[0])]
