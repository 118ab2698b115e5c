"""The whole report of `estimate`: what differs from a revision, what it costs, how long it takes, how to pay less."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from storyboard.plan.cheaper.advised import Advice
from storyboard.plan.forecast import Forecast
from storyboard.plan.revisions import Comparison
from storyboard.report.advice import advice_blocks, advice_document
from storyboard.report.costs import Costs
from storyboard.report.difference import difference_blocks, difference_document
from storyboard.report.estimate import estimate_sheet
from storyboard.report.estimate_document import estimate_document
from storyboard.report.forecast import forecast_blocks, forecast_document
from storyboard.report.sheet.sheet import Block, Sheet


class Beside(Struct, frozen=True):
    """What stands beside the price; None for what was not asked for. The first forecast is of this account."""

    comparison: Comparison | None
    forecasts: tuple[Forecast, ...]
    advice: tuple[Advice, ...] | None


def whole_sheet(costs: Costs, beside: Beside) -> Sheet:
    """What differs comes first where it was asked for, so that it is the table of CSV."""
    now = estimate_sheet(costs, heading="Now" if beside.comparison is not None else "")
    before: tuple[Block, ...] = ()
    if beside.comparison is not None:
        before = tuple(difference_blocks(beside.comparison))
    advised = advice_blocks(beside.advice) if beside.advice is not None else ()
    return Sheet(now.title, (*before, *now.blocks, *forecast_blocks(beside.forecasts), *advised))


def whole_document(costs: Costs, beside: Beside) -> dict[str, Any]:
    compared, advice = beside.comparison, beside.advice
    return {
        **estimate_document(costs),
        "against": difference_document(compared) if compared is not None else None,
        "forecasts": [forecast_document(each) for each in beside.forecasts],
        "advice": advice_document(advice) if advice is not None else None,
    }
