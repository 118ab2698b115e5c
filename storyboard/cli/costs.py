"""What an estimate has to know beside the prices: what was bought, what the caps say, what it would cost otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.catalog.endpoints import catalog
from storyboard.cli.caps import held_to_caps
from storyboard.cli.concurrency import at_a_time
from storyboard.errors import LedgerError, Refused
from storyboard.pipeline import plan, what_if
from storyboard.plan.budget import Payment
from storyboard.plan.estimate import Estimate, estimate
from storyboard.plan.what_if import Alternative, altered, fields_of

if TYPE_CHECKING:
    from storyboard.cli.inputs import Prepared
    from storyboard.compile.request import Request
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.cheaper.advised import Advice
    from storyboard.plan.forecast import Forecast
    from storyboard.plan.steps import Step

OTHERS = (10, 40)  # takes at a time: what fal gives accounts that pay more, and its highest


@dataclass(frozen=True, slots=True)
class Bought:
    """The requests that were asked for, what the plan does about each, and the takes that it knows; neither, and why,
    where the ledger is not to be believed or read: a price is known without it."""

    requests: tuple[Request, ...]
    steps: tuple[Step, ...] = ()
    takes: tuple[TakeRecord, ...] = ()
    unseen: str | None = None


def bought(requests: Sequence[Request], prepared: Prepared, select: Sequence[str] | None = None) -> Bought:
    """What `select` leaves of the requests. What it asks of the ledger can't be known without: then LedgerError and
    Refused are raised."""
    try:
        planned, takes = plan(requests, prepared.book, prepared.project, select=select or ())
    except (LedgerError, Refused) as failure:
        if select:
            raise
        return Bought(tuple(requests), unseen=str(failure))
    chosen = {step.scene for step in planned.steps}
    kept = tuple(request for request in requests if request.scene in chosen)
    return Bought(kept, planned.steps, takes)


def alternative(asked: str, prepared: Prepared, chosen: Sequence[Request]) -> Alternative:
    """What the chosen scenes would cost with other fields. Raises UsageError for a field that can't be asked for."""
    fields = fields_of(asked, catalog())
    checked, names = prepared.checked, {request.scene for request in chosen}
    if checked.storyboard is None:
        return Alternative(asked, None, "the storyboard can't be read.")
    other = what_if(checked, altered(checked.storyboard, fields))
    problem = next((d for d in other.diagnostics if d.severity == "error"), None)
    if problem is not None or other.compiled is None:
        return Alternative(asked, None, problem.message if problem is not None else "it can't be compiled.")
    known = bought([each for each in other.compiled.requests if each.scene in names], prepared)
    return Alternative(asked, estimate(known.requests, prepared.book, known.steps))


def refusal(prepared: Prepared, found: Estimate, requests: Sequence[Request]) -> Refused | None:
    """What stands against paying what is still to pay. What is bought already is no part of a run; what may have been
    paid is. Raises LedgerError where a cap of a month can't be judged."""
    named = {request.scene: request for request in requests}
    to_pay = [Payment(named[s.scene], s.to_pay) for s in found.scenes if s.standing == "to pay"]
    at_stake = [(scene.scene, scene.at_stake) for scene in found.scenes if scene.standing == "at stake"]
    what = "The estimate is" if found.is_untouched else "What is still to pay is"
    try:
        held_to_caps(prepared, what, to_pay, at_stake)
    except Refused as refused:
        return refused
    return None


def times_of(known: Bought, prepared: Prepared) -> tuple[Forecast, ...]:
    """How long sending what is to be sent would take: at this account's concurrency, then at fal's limits where there
    is something to compare."""
    from storyboard.catalog.times import times
    from storyboard.ledger.facts import place_here
    from storyboard.plan.forecast import forecast

    sent = (
        [step.request for step in known.steps if step.decision == "send"] if known.steps else known.requests
    )
    ours, rehearsal = at_a_time(), place_here(prepared.project).rehearsal
    others = [each for each in OTHERS if each != ours] if len(sent) > 1 else []
    return tuple(forecast(sent, known.takes, each, times(), rehearsal=rehearsal) for each in (ours, *others))


def advice_on(known: Bought, prepared: Prepared) -> tuple[Advice, ...]:
    """Ways to pay less for what is still to pay."""
    from storyboard.plan.advice import advice

    compiled = prepared.checked.compiled
    if compiled is None:
        return ()
    sending = {step.scene for step in known.steps if step.decision == "send"} if known.steps else None
    if sending is None:
        sending = {request.scene for request in known.requests}
    return advice(compiled, prepared.book, sending)
