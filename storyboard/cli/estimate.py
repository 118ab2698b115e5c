"""`storyboard estimate`: the dry-run cost report. No key, no network."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out, out_document
from storyboard.cli.inputs import prepare
from storyboard.cli.options import MaxCost, PathArgument, Prices, Scenes, Variables
from storyboard.errors import Refused
from storyboard.plan.estimate import Estimate, estimate
from storyboard.report.documents import as_json, estimate_document
from storyboard.report.money import dollars
from storyboard.report.text import estimate_text


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: PathArgument,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    max_cost: MaxCost = None,
    prices: Prices = None,
    scene: Scenes = None,
    var: Variables = None,
) -> int:
    """Price every shot, scene and the whole. Exits 3 only when a budget does not allow it."""
    prepared = prepare(
        path,
        prices=prices,
        variables=var or (),
        scenes=scene or (),
        max_cost=max_cost,
        missing_is_error=False,
        json=format is Format.json,
    )
    found = estimate(prepared.requests, prepared.book)
    if format is Format.json:
        out_document(as_json(estimate_document(found)))
    else:
        out(estimate_text(found))
    within_budget(found, prepared.budget)
    return 0


def within_budget(found: Estimate, budget: Decimal | None) -> None:
    """Raises Refused when the estimate passes the budget, or can't be known under one."""
    if budget is None:
        return
    if found.total > budget:
        raise Refused(
            f"the estimate is {dollars(found.total)}, the budget {dollars(budget)}. Nothing was sent."
        )
    if found.unpriced:
        names = ", ".join(found.unpriced)
        raise Refused(
            f"a budget of {dollars(budget)} can't be kept while the price of {names} is unknown. Choose another "
            "endpoint or a price book that has it (`storyboard prices`)."
        )
