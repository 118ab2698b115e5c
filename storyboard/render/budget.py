"""What may still be spent: takes whose answer was lost count as spent, and an unknown price is never zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.budget import Violation, refuse
from storyboard.plan.policy import Caps, violations
from storyboard.plan.spending import month_at
from storyboard.plan.steps import Plan, Step


def at_stake(takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes that may have been paid without anybody knowing; they count as spent."""
    return tuple(take for take in takes if take.state in {State.UNKNOWN, State.SENDING})


def check_caps(
    plan: Plan,
    takes: Iterable[TakeRecord],
    caps: Caps,
    now: datetime,
    given_up: Iterable[TakeRecord] = (),
) -> None:
    """Raises Refused when something stands against carrying the plan out."""
    refuse(against(plan, takes, caps, now, given_up))


def against(
    plan: Plan,
    takes: Iterable[TakeRecord],
    caps: Caps,
    now: datetime,
    given_up: Iterable[TakeRecord] = (),
) -> tuple[Violation, ...]:
    """What stands against sending what is left to send. `given_up` are attempts that only the month's sum counts."""
    takes = tuple(takes)
    held = [(take.scene, take.estimate) for take in at_stake(takes)]
    month = month_at([*takes, *given_up], now) if caps.monthly else None
    return violations("What is to be sent costs", _to_be_sent(plan, takes), caps, held=held, month=month)


def _to_be_sent(plan: Plan, takes: Sequence[TakeRecord]) -> tuple[Step, ...]:
    """What the plan would send and nobody has sent meanwhile: another run may have bought it, or lost its answer, and
    no amount counts twice."""
    gone = {take.key for take in takes if not take.sendable}
    return tuple(s for s in plan.to_send() if (s.request.digest or "", s.request.take) not in gone)
