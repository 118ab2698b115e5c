"""What a command may buy at most: the budgets, and the project's policy with what the person approves of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storyboard.cli.inputs import given_budget
from storyboard.plan.policy import Caps
from storyboard.plan.spending import Month, month_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.cli.inputs import Prepared
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord


def caps_of(prepared: Prepared, max_cost: str | None = None, *, rehearsal: bool = False) -> Caps:
    """A rehearsal costs nothing: nothing holds in it but what was given on the command line or by the environment."""
    if rehearsal:
        return Caps(given_budget(max_cost), rehearsal=True)
    return Caps(prepared.budget, prepared.settings.policy)


def month_so_far(caps: Caps, takes: Sequence[TakeRecord], place: Place) -> Month | None:
    """What was spent in the month that it is, when a cap asks for it; `takes` are those of the place. Raises
    LedgerError."""
    if not caps.monthly:
        return None
    from storyboard.ledger.facts import known_spending

    return month_at(known_spending(takes, place), datetime.now(UTC))
