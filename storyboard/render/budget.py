"""What may still be spent: takes whose answer was lost count as spent, and an unknown price is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.budget import within_budget
from storyboard.plan.steps import Plan, Step


def at_stake(takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes that may have been paid without anybody knowing; they count as spent."""
    return tuple(take for take in takes if take.state in {State.UNKNOWN, State.SENDING})


def check_budget(plan: Plan, takes: Iterable[TakeRecord], budget: Decimal | None) -> None:
    """Raises Refused when what is to be sent and what may have been paid already go beyond the budget."""
    takes = tuple(takes)
    sending = [(step.scene, step.amount) for step in _to_be_sent(plan, takes)]
    held = [(take.scene, take.estimate) for take in at_stake(takes)]
    within_budget("What is to be sent costs", sending, budget, held)


def _to_be_sent(plan: Plan, takes: Iterable[TakeRecord]) -> tuple[Step, ...]:
    """What the plan would send and nobody has sent meanwhile: another run may have bought it, or lost its answer, and
    no amount counts twice."""
    gone = {take.key for take in takes if not take.sendable}
    return tuple(s for s in plan.to_send() if (s.request.digest or "", s.request.take) not in gone)
