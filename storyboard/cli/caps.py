"""What a command may buy at most: the budgets, and the project's policy with what the person approves of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storyboard.cli.inputs import given_budget
from storyboard.plan.budget import FEWER, refuse
from storyboard.plan.policy import Caps, ruling
from storyboard.plan.spending import Month, month_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from storyboard.cli.inputs import Prepared
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.budget import Priced
    from storyboard.plan.steps import Plan


def caps_of(
    prepared: Prepared, max_cost: str | None = None, *, rehearsal: bool = False, fewer: str | None = FEWER
) -> Caps:
    """A rehearsal costs nothing: nothing holds in it but what was given on the command line or by the environment.
    `fewer` is how the command leaves scenes out, None where it can't."""
    if rehearsal:
        return Caps(given_budget(max_cost), rehearsal=True, fewer=fewer)
    return Caps(
        prepared.budget,
        prepared.settings.policy,
        book=prepared.book,
        brought=prepared.brought,
        fewer=fewer,
    )


def month_so_far(caps: Caps, takes: Sequence[TakeRecord], place: Place) -> Month | None:
    """What was spent in the month that it is, when a cap asks for it; `takes` are those of the place. Raises
    LedgerError."""
    if not caps.monthly:
        return None
    from storyboard.ledger.facts import known_spending

    return month_at(known_spending(takes, place), datetime.now(UTC))


def held_to_caps(prepared: Prepared, what: str, priced: Iterable[Priced]) -> None:
    """Raises Refused when something stands against paying for these now, without a plan; `what` as for `ruling`. The
    ledger is read only when a cap is of a month."""
    from storyboard.cli.place import chosen_place
    from storyboard.ledger.facts import known_takes

    caps, month = caps_of(prepared), None
    if caps.monthly:
        place = chosen_place(prepared.project, sandbox=False)
        takes, _ = known_takes(prepared.project, place=place)
        month = month_so_far(caps, takes, place)
    refuse(ruling(what, priced, caps, month=month).violations, "")


def plan_held_to_caps(prepared: Prepared, what: str, planned: Plan, takes: Sequence[TakeRecord]) -> None:
    """Raises Refused when something stands against carrying out a plan that was made from these takes."""
    from storyboard.cli.place import chosen_place
    from storyboard.render.budget import ruling_on

    caps = caps_of(prepared)
    month = month_so_far(caps, takes, chosen_place(prepared.project, sandbox=False))
    refuse(ruling_on(planned, takes, caps, month, what).violations, "")
