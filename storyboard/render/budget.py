"""What may still be spent: takes whose answer was lost count as spent, and an unknown price is never zero."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from storyboard.ledger.record import TakeRecord
from storyboard.plan.budget import refuse
from storyboard.plan.policy import Caps, Ruling, ruling
from storyboard.plan.spending import Month, at_stake, month_at
from storyboard.plan.steps import Plan, Step

if TYPE_CHECKING:  # to plan must not load the database
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.runs import Judge


def check_caps(plan: Plan, ledger: Ledger, caps: Caps, now: datetime) -> None:
    """Raises Refused when something stands against carrying the plan out. To be called by whoever holds the lease: what
    others spent while this run waited for it counts."""
    takes = ledger.takes()
    month = month_at((*takes, *ledger.given_up()), now) if caps.monthly else None
    refuse(ruling_on(plan, takes, caps, month).violations)


def month_judge(step: Step, caps: Caps) -> Judge | None:
    """Refuses what the month has no room for any more as it is about to be sent: others that share the ledger may have
    been sent since this run began. None where no cap is of a month."""

    def judge(takes: Sequence[TakeRecord], now: datetime) -> None:
        found = ruling("Sending it costs", (step,), caps, month=month_at(takes, now))
        refuse(found.violations, f"Scene {step.scene} was not sent")

    return judge if caps.monthly else None


def ruling_on(
    plan: Plan,
    takes: Iterable[TakeRecord],
    caps: Caps,
    month: Month | None,
    what: str = "What is to be sent costs",
) -> Ruling:
    """How sending what is left to send stands against the caps; `what` begins the sentence that says so. Every take of
    the ledger whose answer was lost counts as spent, whichever scene it was for."""
    takes = tuple(takes)
    held = [(take.scene, take.estimate) for take in at_stake(takes)]
    return ruling(what, _to_be_sent(plan, takes), caps, held=held, month=month)


def _to_be_sent(plan: Plan, takes: Sequence[TakeRecord]) -> tuple[Step, ...]:
    """What the plan would send and nobody has sent meanwhile: another run may have bought it, or lost its answer, and
    no amount counts twice."""
    gone = {take.key for take in takes if not take.sendable}
    return tuple(s for s in plan.to_send() if (s.request.digest or "", s.request.take) not in gone)
