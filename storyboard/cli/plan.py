"""`storyboard plan`: what would be reused, resumed, sent and asked, why, and for how much."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out, out_document, say
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.files import write_document
from storyboard.cli.inputs import prepare
from storyboard.cli.options import MaxCost, Output, PathArgument, Prices, Scenes, Variables
from storyboard.cli.place import chosen_place
from storyboard.pipeline import plan
from storyboard.report.documents import as_json, plan_document
from storyboard.report.text import plan_text


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: PathArgument,
    output: Output = None,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    max_cost: MaxCost = None,
    var: Variables = None,
) -> int:
    """Decide what a render would do, and what it would cost. Nothing is sent."""
    from storyboard.render.budget import check_budget

    prepared = prepare(
        path,
        prices=prices,
        variables=var or (),
        scenes=scene or (),
        max_cost=max_cost,
        json=format is Format.json,
    )
    planned, takes = plan(prepared.requests, prepared.book, prepared.project)
    document = as_json(plan_document(planned))
    if output is not None:
        write_document(output, document + "\n", "steps")
        say(f"the plan lies in {output}")
    out_document(document) if format is Format.json else out(plan_text(planned))
    warn_of_expiry(takes, chosen_place(prepared.project, sandbox=False), prepared.settings.fal)
    check_budget(planned, takes, prepared.budget)
    return 0
