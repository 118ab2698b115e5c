"""Slots: how many requests may be at fal at once, over all that share a ledger, and whose turn it is to send one.

A request holds a slot from before its first byte leaves until the ledger knows that fal is done with it. The states of
the takes say so, whoever sent them and whether or not that program still lives: nothing has to be let go when a program
dies, and whoever goes on with its take needs no second slot. fal would take more, and let it wait in its own queue, in
the order in which it came: what is held back here can still be cancelled, and waits for its turn.

The next slot is for the waiting run that has the fewest, and among those for the one that has waited longest. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from msgspec import Struct

from storyboard.ledger.record import State
from storyboard.report.counted import counted

HOLDING = (State.SENDING, State.SENT, State.UNKNOWN)  # unknown: until it was looked for in vain
LATEST = 1 << 62


class Holder(Struct, frozen=True):
    """A take that holds a slot."""

    intent: str
    digest: str
    take: int
    state: State

    @property
    def key(self) -> tuple[str, int]:
        return (self.digest, self.take)


class Run(Struct, frozen=True):
    """A run that lives: what it renders and where, how many slots it knows of, and the intents that it is after.
    `waiting` is since when it waits for a slot, in milliseconds of the ledger's server; None: it does not."""

    id: str
    name: str
    host: str
    folder: str
    slots: int
    intents: frozenset[str] = frozenset()
    waiting: int | None = None

    def __str__(self) -> str:
        return f"{self.name} on {self.host}"


class Full(Struct, frozen=True):
    """No slot now. `by` counts slots in use by whom, the most first; `ahead` are the runs whose turn comes first;
    `orphans` are the takes that hold a slot and that no run is after."""

    slots: int
    by: tuple[tuple[str, int], ...]
    ahead: tuple[Run, ...] = ()
    orphans: tuple[Holder, ...] = ()

    @property
    def used(self) -> int:
        return sum(number for _, number in self.by)


def turn(holders: Sequence[Holder], runs: Sequence[Run], ours: Run) -> Full | None:
    """None when it is our turn. A run whose turn comes before ours loses no slot to us; one that knows of fewer slots
    than there are in use can't take any, and is not waited for."""
    taken = {holder.intent for holder in holders}
    others = [run for run in runs if run.id != ours.id and run.waiting is not None and run.slots > len(taken)]
    ahead = [run for run in others if _rank(run, taken) < _rank(ours, taken)]
    room = min(run.slots for run in (ours, *ahead)) - len(taken)
    if room > len(ahead):
        return None
    return Full(ours.slots, used_by(holders, [*runs, ours]), tuple(ahead), orphans(holders, [*runs, ours]))


def _rank(run: Run, taken: Collection[str]) -> tuple[int, int, str]:
    return (len(run.intents & set(taken)), LATEST if run.waiting is None else run.waiting, run.id)


def orphans(holders: Sequence[Holder], runs: Sequence[Run]) -> tuple[Holder, ...]:
    """Those that no run is after: whoever sent them has ended."""
    followed = {intent for run in runs for intent in run.intents}
    return tuple(holder for holder in holders if holder.intent not in followed)


def used_by(holders: Sequence[Holder], runs: Sequence[Run]) -> tuple[tuple[str, int], ...]:
    """Slots in use by whom, in words, the most first."""
    whose = {intent: str(run) for run in runs for intent in run.intents}
    found = Counter(whose.get(holder.intent, "runs that ended") for holder in holders)
    return tuple(sorted(found.items(), key=lambda each: (-each[1], each[0])))


def in_words(slots: int, by: Sequence[tuple[str, int]]) -> str:
    """`12 of 20 slots are in use: 8 by series-2.yaml on anna, 4 by runs that ended`."""
    used = sum(number for _, number in by)
    told = ", ".join(f"{number:,} by {name}" for name, number in by)
    return f"{used:,} of {counted(slots, 'slot')} in use{f': {told}' if told else ''}"
