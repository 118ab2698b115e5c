"""What was spent, from the takes that a ledger knows. What was charged, what is only estimated and what nobody knows
are three things, and none is ever counted as another.

A take counts when it was sent and may have been paid: so does one whose answer was lost, one that failed or was
cancelled and may have been billed, and an attempt that was given up for another. It counts in the calendar month in
which it was sent, in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from storyboard.ledger.record import State, TakeRecord

FREE = frozenset({State.INTENDED, State.FAILED, State.CANCELLED})
NOTHING = Decimal(0)


class Spent(Struct, frozen=True):
    """A sum over `takes`, in USD: what was charged, what is estimated where no charge is known, and the number of takes
    of which neither is known."""

    charged: Decimal = NOTHING
    estimated: Decimal = NOTHING
    unknown: int = 0
    takes: int = 0

    @property
    def total(self) -> Decimal:
        """The least that it can be while something is unknown."""
        return self.charged + self.estimated

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            self.charged + other.charged,
            self.estimated + other.estimated,
            self.unknown + other.unknown,
            self.takes + other.takes,
        )


class Group(Struct, frozen=True):
    """What takes cost that have something in common. `known`: is `name` theirs, or says why they have none?"""

    name: str
    spent: Spent
    known: bool = True


class Month(Struct, frozen=True):
    """What was spent in a calendar month (`name`: "2026-11"), and the takes of which nobody knows what they cost."""

    name: str
    spent: Spent
    unknown: tuple[TakeRecord, ...] = ()


def may_cost(take: TakeRecord) -> bool:
    """What was never sent, and what was refused for certain, costs nothing; nor does a file that was added by hand."""
    if take.charge is not None:
        return True
    if take.origin == "added" and take.request_id is None:
        return False
    return take.state not in FREE or take.maybe_billed


def payments(takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes that count. One that is to be sent again is not among them: the attempt that was given up is."""
    return tuple(take for take in takes if may_cost(take) and take.state is not State.INTENDED)


def at_stake(takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes that may have been paid without anybody knowing, while their answer is lost; they count as spent."""
    return tuple(take for take in takes if take.state in {State.UNKNOWN, State.SENDING})


def spent_on(take: TakeRecord) -> Spent:
    if take.charge is not None:
        return Spent(charged=take.charge, takes=1)
    if take.estimate is not None:
        return Spent(estimated=take.estimate, takes=1)
    return Spent(unknown=1, takes=1)


def spent(takes: Iterable[TakeRecord]) -> Spent:
    return sum(map(spent_on, takes), Spent())


def sent_on(take: TakeRecord) -> datetime:
    """When it was sent, or made known where nobody noted that; UTC."""
    return datetime.fromisoformat(take.sent_at or take.created_at).astimezone(UTC)


def doubtful(takes: Iterable[TakeRecord]) -> Spent:
    """What of it may never have been charged: an answer was lost, or it came to nothing."""
    lost = {State.UNKNOWN, State.SENDING, State.FAILED, State.CANCELLED}
    return spent(take for take in takes if take.charge is None and take.state in lost)


Naming = Callable[[TakeRecord], tuple[str, bool]]  # the group's name, and whether it is one


def grouped(takes: Iterable[TakeRecord], naming: Naming) -> tuple[Group, ...]:
    """Every take in one group. In the order of the names; those without one last."""
    found: dict[tuple[bool, str], Spent] = {}
    for take in takes:
        name, known = naming(take)
        found[not known, name] = found.get((not known, name), Spent()) + spent_on(take)
    return tuple(Group(name, found[nameless, name], not nameless) for nameless, name in sorted(found))


def dearest_first(groups: Iterable[Group]) -> tuple[Group, ...]:
    """What is not known may be the dearest: it comes before all that is."""
    return tuple(
        sorted(groups, key=lambda group: (not group.known, -group.spent.unknown, -group.spent.total))
    )


def month_name(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m}"


def month_at(takes: Iterable[TakeRecord], now: datetime) -> Month:
    """The month that `now` is in; `takes` are all that the ledger knows, with what was given up."""
    name = month_name(now)
    found = [take for take in payments(takes) if month_name(sent_on(take)) == name]
    unknown = tuple(take for take in found if take.charge is None and take.estimate is None)
    return Month(name, spent(found), unknown)
