"""`storyboard estimate`: the dry-run cost report. No key, no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from storyboard.catalog.endpoints import catalog
from storyboard.cli.console import out, out_document
from storyboard.cli.inputs import Asked, Prepared
from storyboard.cli.options import MaxCost, PathArgument, Prices, Scenes, Select, Variables
from storyboard.compile.request import Request
from storyboard.errors import LedgerError, Refused
from storyboard.pipeline import plan, what_if
from storyboard.plan.budget import within_budget
from storyboard.plan.estimate import Estimate, SceneEstimate, estimate
from storyboard.plan.steps import Step
from storyboard.plan.what_if import Alternative, altered, fields_of
from storyboard.report.documents import as_json
from storyboard.report.estimate import Costs, estimate_sheet
from storyboard.report.estimate_document import estimate_document
from storyboard.report.sheet.forms import Form, formed


class Format(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


class Order(StrEnum):
    story = "story"
    amount = "amount"
    seconds = "seconds"


Sort = Annotated[
    Order,
    typer.Option("--sort", help="In the order of the story, or the dearest or the longest scene first."),
]
Takes = Annotated[
    int | None,
    typer.Option(
        "--takes", metavar="N", min=1, max=100, help="Also say what N takes of every scene would cost."
    ),
]
WhatIf = Annotated[
    list[str] | None,
    typer.Option(
        "--what-if",
        metavar="FIELD=VALUE",
        help="Also say what it would cost with endpoint=NAME or generate_audio=false; a comma sets both.",
    ),
]


def command(
    path: PathArgument,
    format: Annotated[
        Format, typer.Option("--format", help="Text, JSON, CSV, Markdown, or an HTML page.")
    ] = Format.text,
    max_cost: MaxCost = None,
    prices: Prices = None,
    scene: Scenes = None,
    select: Select = None,
    var: Variables = None,
    takes: Takes = None,
    what_if: WhatIf = None,
    sort: Sort = Order.story,
) -> int:
    """Price every shot, scene and the whole: what is bought, what is to pay. Exits 3 only when a budget does not allow
    it."""
    json = format is Format.json
    asked = Asked(scene, select, var, prices, max_cost)
    prepared = asked.prepare(path, missing_is_error=False, json=json)
    steps, unseen = _steps(prepared.requests, prepared, select)
    chosen = {step.scene for step in steps} if select else {request.scene for request in prepared.requests}
    requests = [request for request in prepared.requests if request.scene in chosen]
    found = estimate(requests, prepared.book, steps)
    alternatives = tuple(_alternative(each, prepared, chosen) for each in what_if or ())
    costs = Costs(_title(prepared), _sorted(found, sort), takes, alternatives, unseen)
    if json:
        out_document(as_json(estimate_document(costs)))
    else:
        show = out if format is Format.text else out_document
        show(formed(estimate_sheet(costs), Form(format.value)))
    _within_budget(found, prepared.budget)
    return 0


def _steps(
    requests: Sequence[Request], prepared: Prepared, select: Sequence[str] | None = None
) -> tuple[tuple[Step, ...], str | None]:
    """What the plan does about each request; none, and why, where the ledger is not to be believed or read: a price is
    known without it. What `select` asks of it can't be known then. Raises LedgerError and Refused."""
    try:
        planned, _ = plan(requests, prepared.book, prepared.project, select=select or ())
    except (LedgerError, Refused) as failure:
        if select:
            raise
        return (), str(failure)
    return planned.steps, None


def _alternative(asked: str, prepared: Prepared, chosen: set[str]) -> Alternative:
    fields = fields_of(asked, catalog())
    checked = prepared.checked
    if checked.storyboard is None:
        return Alternative(asked, None, "the storyboard can't be read.")
    other = what_if(checked, altered(checked.storyboard, fields))
    problem = next((d for d in other.diagnostics if d.severity == "error"), None)
    if problem is not None or other.compiled is None:
        return Alternative(asked, None, problem.message if problem is not None else "it can't be compiled.")
    requests = [request for request in other.compiled.requests if request.scene in chosen]
    steps, _ = _steps(requests, prepared)
    return Alternative(asked, estimate(requests, prepared.book, steps))


def _sorted(found: Estimate, order: Order) -> Estimate:
    """What has no price comes first: it may be the dearest."""
    if order is Order.story:
        return found
    keys: dict[Order, Callable[[SceneEstimate], Decimal | int]] = {
        Order.amount: lambda scene: Decimal("-Infinity") if scene.amount is None else -scene.amount,
        Order.seconds: lambda scene: -scene.seconds,
    }
    return replace(found, scenes=tuple(sorted(found.scenes, key=keys[order])))


def _title(prepared: Prepared) -> str:
    storyboard = prepared.checked.storyboard
    title = storyboard.title if storyboard is not None else None
    return f"Estimate of {title or prepared.location.shown}"


def _within_budget(found: Estimate, budget: Decimal | None) -> None:
    """Raises Refused. What is bought already is no part of a run; what may have been paid is."""
    to_pay = [(scene.scene, scene.to_pay) for scene in found.scenes if scene.standing == "to pay"]
    at_stake = [(scene.scene, scene.at_stake) for scene in found.scenes if scene.standing == "at stake"]
    what = "The estimate is" if found.is_untouched else "What is still to pay is"
    within_budget(what, to_pay, budget, at_stake)
