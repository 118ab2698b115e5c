"""What an estimate has to know beside the prices: what was bought, what the caps say, what it would cost otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from storyboard.catalog.endpoints import catalog
from storyboard.cli.caps import held_to_caps, plan_held_to_caps
from storyboard.cli.concurrency import at_a_time
from storyboard.cli.stand import stand_of
from storyboard.cli.storyboards import Neighbours
from storyboard.errors import LedgerError, Refused
from storyboard.ledger.facts import known_spending, place_here
from storyboard.ledger.place import place_of
from storyboard.pipeline import plan, what_if
from storyboard.plan.begun import begun
from storyboard.plan.budget import Payment
from storyboard.plan.estimate import Estimate, estimate
from storyboard.plan.newest import newest_book_total
from storyboard.plan.paid import Paid, paid_for
from storyboard.plan.what_if import Alternative, altered, fields_of
from storyboard.report.costs import Costs, Selection

if TYPE_CHECKING:
    from storyboard.cli.inputs import Asked, Prepared
    from storyboard.compile.request import Request
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.cheaper.advised import Advice
    from storyboard.plan.forecast import Forecast
    from storyboard.plan.steps import Plan, Step

OTHERS = (10, 40)  # takes at a time: what fal gives accounts that pay more, and its highest


class Bought(Struct, frozen=True):
    """The requests that were asked for, the plan for them, and the takes that it knows; no plan, and why, where the
    ledger is not to be believed or read: a price is known without it."""

    requests: tuple[Request, ...]
    planned: Plan | None = None
    takes: tuple[TakeRecord, ...] = ()
    unseen: str | None = None
    paid: Paid = field(default_factory=Paid)

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.planned.steps if self.planned is not None else ()

    @property
    def sending(self) -> tuple[Request, ...]:
        """What is to be sent; all of it where no plan says otherwise."""
        if self.planned is None:
            return self.requests
        return tuple(step.request for step in self.planned.to_send())


def bought(
    requests: Sequence[Request],
    prepared: Prepared,
    select: Sequence[str] | None = None,
    place: Place | None = None,
) -> Bought:
    """What `select` leaves of the requests. What it asks of the ledger can't be known without: then LedgerError and
    Refused are raised. `place` is where takes are kept: without, what the environment names."""
    try:
        place, neighbours = place or place_here(prepared.project), Neighbours(prepared)
        planned, takes = plan(
            requests,
            prepared.book,
            prepared.project,
            place,
            select or (),
            neighbours.elsewhere,
            prepared.film,
        )
        meant = [step.request for step in planned.steps]
        film = begun(prepared.film, takes, rehearsal=place.rehearsal)
        paid = paid_for([*film, *meant], known_spending(takes, place), neighbours.ours)
    except (LedgerError, Refused) as failure:
        if select:
            raise
        return Bought(tuple(requests), unseen=str(failure))
    chosen = {step.scene for step in planned.steps}
    known = begun(requests, takes, prepared.film, rehearsal=place.rehearsal)
    kept = tuple(request for request in known if request.scene in chosen)
    return Bought(kept, planned, takes, paid=paid)


def costs_of(prepared: Prepared, known: Bought, found: Estimate, place: Place) -> Costs:
    """What is estimated, with what is known beside it: nothing of what was only asked for. What stands against paying
    it is not judged in a rehearsal."""
    refused = None if place == place_of(prepared.project, builtin=True) else refusal(prepared, found, known)
    return Costs(
        f"Estimate of {title_of(prepared)}",
        found,
        stand_of(prepared),
        unseen=known.unseen,
        refused=str(refused) if refused is not None else None,
        newer=newest_book_total(known.requests, prepared.book),
        shared=known.paid.shared,
        look_alike=place.rehearsal,
        budget=prepared.budget,
    )


def selection_of(prepared: Prepared, chosen: Sequence[Request], asked: Asked) -> Selection | None:
    """None where no option asks for less than the whole film."""
    options = [f"--scene {name}" for name in asked.scenes or ()]
    options += [f"--select {text}" for text in asked.select or ()]
    return Selection(len(chosen), len(prepared.film), tuple(options)) if options else None


def title_of(prepared: Prepared) -> str:
    """What people call the film."""
    storyboard = prepared.checked.storyboard
    title = storyboard.title if storyboard is not None else None
    return title or prepared.location.shown


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
    return Alternative(asked, estimate(known.requests, prepared.book, known.steps, known.takes))


def refusal(prepared: Prepared, found: Estimate, known: Bought) -> Refused | None:
    """What stands against paying what is still to pay, as plan and render have it. Raises LedgerError where a cap of a
    month can't be judged."""
    what = "The estimate is" if found.is_untouched else "What is still to pay is"
    try:
        if known.planned is not None:
            plan_held_to_caps(prepared, what, known.planned, known.takes)
        else:
            amounts = {each.scene: each.to_pay for each in found.scenes if each.standing == "to pay"}
            paying = [Payment(each, amounts[each.scene]) for each in known.requests if each.scene in amounts]
            held_to_caps(prepared, what, paying)
    except Refused as refused:
        return refused
    return None


def times_of(known: Bought, prepared: Prepared) -> tuple[Forecast, ...]:
    """How long sending what is to be sent would take: at this account's concurrency, then at fal's limits where there
    is something to compare."""
    from storyboard.catalog.times import times
    from storyboard.plan.forecast import forecast

    sent = known.sending
    ours, rehearsal = at_a_time(), place_here(prepared.project).rehearsal
    others = [each for each in OTHERS if each != ours] if len(sent) > 1 else []
    return tuple(forecast(sent, known.takes, each, times(), rehearsal=rehearsal) for each in (ours, *others))


def advice_on(known: Bought, prepared: Prepared) -> tuple[Advice, ...]:
    """Ways to pay less for what is still to pay."""
    from storyboard.plan.advice import advice

    compiled = prepared.checked.compiled
    if compiled is None:
        return ()
    return advice(compiled, prepared.book, {request.scene for request in known.sending})
