"""What may still be spent: takes whose answer was lost count as spent, and an unknown price is never zero."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from storyboard.errors import Refused
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.steps import Plan, Step


def at_stake(takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes that may have been paid without anybody knowing; they count as spent."""
    return tuple(take for take in takes if take.state in {State.UNKNOWN, State.SENDING})


def check_budget(plan: Plan, takes: Iterable[TakeRecord], budget: Decimal | None) -> None:
    """Raises Refused when what is to be sent and what may have been paid already go beyond the budget."""
    takes = tuple(takes)
    sending = _to_be_sent(plan, takes)
    if budget is None or not sending:
        return
    unknown = at_stake(takes)
    unpriced = [step.scene for step in sending if step.amount is None]
    unpriced += [take.scene for take in unknown if take.estimate is None]
    if unpriced:
        raise Refused(
            f"There is a budget of {budget} USD, but no price for {', '.join(dict.fromkeys(unpriced))}. "
            "Nothing was sent. Choose a price book that has one (`storyboard prices`), leave these scenes "
            "out with --scene, or take the budget away."
        )
    price = sum((step.amount or Decimal(0) for step in sending), Decimal(0))
    held = sum((take.estimate or Decimal(0) for take in unknown), Decimal(0))
    if price + held > budget:
        more = f", and {held} USD may have been spent on takes whose answer was lost" if held else ""
        raise Refused(
            f"What is to be sent costs {price} USD{more}; the budget of one run is {budget} USD. Nothing was sent. "
            "Raise the budget, or leave scenes out with --scene."
        )


def _to_be_sent(plan: Plan, takes: Iterable[TakeRecord]) -> tuple[Step, ...]:
    """What the plan would send and nobody has sent meanwhile: another run may have bought it, or lost its answer, and
    no amount counts twice."""
    gone = {take.key for take in takes if not take.sendable}
    return tuple(s for s in plan.to_send() if (s.request.digest or "", s.request.take) not in gone)
