"""How long fal takes for one clip, in seconds of wall-clock time: measured times, and this project's own takes.

took
  |              /  growth: as of the endpoint of which more lengths were timed
  |          o--'
  |       .-'       between two lengths that were timed: on the line
  |  ---o'          shorter: a half of the time is taken to be the same for every length
  +-----5----10----- seconds of the clip
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from msgspec import Struct

from storyboard.catalog.times import Family, Times
from storyboard.ledger.record import State, TakeRecord

ENOUGH = 3  # takes of one's own, from which on they alone count
NEWEST = 50  # takes that are looked at: fal gets quicker, or slower
LONGEST = 3600  # seconds; what lasted longer had been interrupted, and was fetched later
LOW, LIKELY, HIGH = 0.1, 0.5, 0.9  # the shares of takes that are quicker
SPREAD = (2 / 3, 3 / 2)  # times of a day or two say little of other days
STAND_IN = (1 / 2, 2.0)  # and less of another endpoint


class Wait(NamedTuple):
    """Seconds, or factors of them."""

    low: float
    likely: float
    high: float

    def times(self, low: float, likely: float, high: float) -> Wait:
        return Wait(self.low * low, self.likely * likely, self.high * high)


Points = tuple[tuple[int, Wait], ...]  # by the length of the clip, rising
Growth = Callable[[int, int], Wait]  # factors from one length to a longer one


class Pace(Struct, frozen=True):
    """Of one endpoint. `takes` are this project's own; `family` is None where they alone count. `points` are the
    lengths that were timed, `shape` those of the endpoint that shows how time grows with length."""

    endpoint: str
    takes: int
    family: Family | None
    points: Points
    shape: Points

    @property
    def dates(self) -> tuple[date, date] | None:
        """Of the measured times: the first and the last."""
        if self.family is None:
            return None
        dates = [each.as_of for each in self.family.observations]
        return min(dates), max(dates)

    def wait(self, seconds: int) -> tuple[int, int, int]:
        """Whole seconds for a clip of this length: low, likely, high."""
        found = _at(self.points, seconds, self._growth)
        if self.family is not None and self.family.stand_in and not self.takes:
            found = found.times(STAND_IN[0], 1, STAND_IN[1])
        return round(found.low), round(found.likely), round(found.high)

    def _growth(self, before: int, after: int) -> Wait:
        """At most as the shape's. Its one long clip had several shots, so what is likely lies half way to growth by
        the second."""
        begin, end = (_at(self.shape, seconds, _by_the_second) for seconds in (before, after))
        plain, most = _by_the_second(before, after), end.likely / begin.likely
        likely = (plain.likely + most) / 2
        return Wait(min(plain.low, likely), likely, max(most, likely, end.high / begin.high))


def paces(endpoints: Iterable[str], history: Sequence[TakeRecord], times: Times) -> dict[str, Pace]:
    own: dict[str, list[tuple[int, float]]] = {}
    for take in sorted(history, key=lambda take: take.sent_at or "", reverse=True):
        took = _took(take)
        if took is not None and len(own.setdefault(take.endpoint, [])) < NEWEST:
            own[take.endpoint].append((take.seconds, took))
    shape = _points([(each.seconds, each.took) for each in times.widest.observations])
    return {each: _pace(each, own.get(each, []), times, shape) for each in dict.fromkeys(endpoints)}


def _pace(endpoint: str, own: list[tuple[int, float]], times: Times, shape: Points) -> Pace:
    if len(own) >= ENOUGH:
        return Pace(endpoint, len(own), None, _points(own, own=True), shape)
    family = times.of(endpoint)
    known = [(each.seconds, float(each.took)) for each in family.observations]
    return Pace(endpoint, len(own), family, _points([*known, *own]), shape)


def _took(take: TakeRecord) -> float | None:
    """Seconds from its sending to its verified clip; None for what says nothing of fal's pace."""
    if take.state is not State.VERIFIED or take.origin == "added" or take.seconds < 1:
        return None
    if take.sent_at is None or take.finished_at is None:
        return None
    try:
        took = datetime.fromisoformat(take.finished_at) - datetime.fromisoformat(take.sent_at)
    except (ValueError, TypeError):
        return None
    return took.total_seconds() if 0 < took.total_seconds() <= LONGEST else None


def _points(timed: Sequence[tuple[int, float]], *, own: bool = False) -> Points:
    by_length: dict[int, list[float]] = {}
    for seconds, took in timed:
        by_length.setdefault(seconds, []).append(took)
    return tuple((seconds, _spread(sorted(by_length[seconds]), own=own)) for seconds in sorted(by_length))


def _spread(took: list[float], *, own: bool) -> Wait:
    """The quantiles; of few, or of another's, never less than SPREAD."""
    found = Wait(*(took[_rank(share, len(took))] for share in (LOW, LIKELY, HIGH)))
    if own and len(took) >= ENOUGH:
        return found
    return Wait(
        min(found.low, found.likely * SPREAD[0]), found.likely, max(found.high, found.likely * SPREAD[1])
    )


def _rank(share: float, count: int) -> int:
    return ceil(share * count) - 1


def _by_the_second(before: int, after: int) -> Wait:
    """Where nothing that long was timed: as long a second, at least half of that, at most with the square."""
    share = after / before
    return Wait((1 + share) / 2, share, share * share)


def _at(points: Points, seconds: int, growth: Growth) -> Wait:
    (first, least), (last, most) = points[0], points[-1]
    if seconds < first:
        share = seconds / first
        return least.times(share, (1 + share) / 2, 1)
    if seconds >= last:
        return most.times(*growth(last, seconds)) if seconds > last else most
    for (before, low), (after, high) in pairwise(points):
        if before <= seconds < after:
            part = (seconds - before) / (after - before)
            return Wait(*(a + (b - a) * part for a, b in zip(low, high, strict=True)))
    raise AssertionError  # the points are in order
