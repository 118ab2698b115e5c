"""How long it will take to render what a plan sends: wall-clock seconds, with a range.

slot 1  |--- dawn ---|-- sea --|
slot 2  |- window -|---- turn ----|      as many at a time as the account may; the next goes where one is free first
        0                         forecast

The range is that of clips which are all quick, or all slow: fal is slow for an hour, not for one clip of many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush, heapreplace
from types import MappingProxyType

from msgspec import Struct

from storyboard.catalog.times import Times
from storyboard.compile.request import Request
from storyboard.ledger.record import TakeRecord
from storyboard.plan.pace import Pace, paces

NOBODY: Mapping[int, int] = MappingProxyType({})


class EndpointPace(Struct, frozen=True):
    """What is known of the pace of one endpoint, and how many `requests` of the plan it takes. `untimed` are lengths
    beyond all that were timed."""

    pace: Pace
    requests: int
    untimed: tuple[int, ...]


class Forecast(Struct, frozen=True):
    """Seconds from the first request to the last clip, without uploads and the cut. `basis` says what it is made
    from, an endpoint each."""

    requests: int
    concurrency: int
    low: int
    likely: int
    high: int
    basis: tuple[EndpointPace, ...]


def forecast(
    requests: Sequence[Request],
    history: Sequence[TakeRecord],
    concurrency: int,
    times: Times,
    *,
    rehearsal: bool = False,
) -> Forecast:
    """`requests` are what will be sent, in that order; `history` the takes of the place where they will be. In a
    rehearsal its takes say nothing of fal's pace, and it is forecast as if it were fal's."""
    found = paces((each.endpoint for each in requests), () if rehearsal else history, times)
    known = {
        key: found[key[0]].wait(key[1]) for key in dict.fromkeys((r.endpoint, r.seconds) for r in requests)
    }
    waits = [known[each.endpoint, each.seconds] for each in requests]
    behind = _behind(requests)
    low, likely, high = (
        scheduled([wait[number] for wait in waits], concurrency, behind) for number in range(3)
    )
    basis = tuple(_basis(pace, requests) for pace in found.values())
    return Forecast(len(requests), concurrency, low, likely, high, basis)


def scheduled(waits: Sequence[int], slots: int, behind: Mapping[int, int] = NOBODY) -> int:
    """When the last one ends, if each begins as soon as a slot is free, in order; `behind` leads from those that
    wait to the one that they wait for. Where there are none, more slots are never slower, nor is less to do."""
    followers: dict[int, list[int]] = {}
    for number, first in behind.items():
        followers.setdefault(first, []).append(number)
    ready = [number for number in range(len(waits)) if number not in behind]  # a heap of what can begin
    later: list[tuple[int, int]] = []  # a heap of what can from some second on
    ends = [0] * max(1, min(slots, len(waits)))
    for _ in waits:
        while later and later[0][0] <= ends[0]:
            heappush(ready, heappop(later)[1])
        begin, number = (ends[0], heappop(ready)) if ready else heappop(later)
        heapreplace(ends, begin + waits[number])
        for follower in followers.get(number, ()):
            heappush(later, (begin + waits[number], follower))
    return max(ends)


def _behind(requests: Sequence[Request]) -> dict[int, int]:
    """Of what waits for a clip that these requests make: its number → that of the request."""
    numbers = {each.scene: number for number, each in enumerate(requests)}
    waiting = {number: each.after for number, each in enumerate(requests) if each.is_pending}
    return {number: numbers[after] for number, after in waiting.items() if after in numbers}


def _basis(pace: Pace, requests: Sequence[Request]) -> EndpointPace:
    own = [each.seconds for each in requests if each.endpoint == pace.endpoint]
    longest = pace.points[-1][0]
    return EndpointPace(pace, len(own), tuple(sorted({seconds for seconds in own if seconds > longest})))
