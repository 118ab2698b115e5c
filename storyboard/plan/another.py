"""Which number a further take of a request gets, and whether one that was asked for before is to be gone on with."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from storyboard.ledger.record import State, TakeRecord

ENDED = frozenset({State.VERIFIED, State.FAILED, State.CANCELLED})


class Another(Struct, frozen=True):
    """`done` is a take that an earlier run bought and could not tell of: nothing more is to be bought."""

    take: int
    done: TakeRecord | None = None


def another_take(takes: Iterable[TakeRecord], wanted: int | None) -> Another:
    """The next take of a request whose takes these are. `wanted` is the number that a run which did not come to its end
    was to buy."""
    known = {take.take: take for take in takes}
    if wanted is not None:
        found = known.get(wanted)
        if found is None or found.sendable or found.state not in ENDED:
            return Another(wanted)
        if found.state is State.VERIFIED and found.origin is None:
            return Another(wanted, found)
    last = known.get(max(known, default=0))
    if last is not None and last.sendable:  # nothing was bought under that number
        return Another(last.take)
    return Another(max(known, default=0) + 1)
