"""`storyboard estimate`: the dry-run cost report. No key, no network."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

import typer
from msgspec.structs import replace

from storyboard.cli import complete
from storyboard.cli.against import against as compared
from storyboard.cli.console import say
from storyboard.cli.costs import advice_on, alternative, bought, costs_of, selection_of, times_of
from storyboard.cli.inputs import Asked
from storyboard.cli.options import (
    Approve,
    MaxCost,
    PathArgument,
    Picks,
    Prices,
    Scenes,
    Select,
    Variables,
    VarsFiles,
)
from storyboard.cli.sheets import Format, FormatOption, show
from storyboard.cli.variables import Given
from storyboard.errors import Refused
from storyboard.ledger.facts import place_here
from storyboard.plan.estimate import Estimate, SceneEstimate, estimate
from storyboard.plan.newest import oldness
from storyboard.plan.rehearsed import told_of_rehearsed
from storyboard.report.beside import Beside, whole_document, whole_sheet
from storyboard.report.difference import not_compared


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
        autocompletion=complete.changes,
    ),
]


Against = Annotated[
    str | None,
    typer.Option(
        "--against", metavar="REV", help="Also say what differs from a git revision: main, HEAD~2, a tag."
    ),
]
Advise = Annotated[bool, typer.Option("--advise", help="Also say how the same film could cost less.")]


def command(
    path: PathArgument,
    format: FormatOption = Format.text,
    max_cost: MaxCost = None,
    approve: Approve = None,
    prices: Prices = None,
    scene: Scenes = None,
    select: Select = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    takes: Takes = None,
    what_if: WhatIf = None,
    sort: Sort = Order.story,
    against: Against = None,
    advise: Advise = False,
) -> int:
    """Price every shot, scene and the whole: what is bought, what is to pay. Exits 3 only when a budget or a policy of
    the project does not allow it."""
    given = Given(var, vars_file, pick)
    asked = Asked(scene, select, given, prices, max_cost, approve)
    prepared = asked.prepare(path, missing_is_error=False, json=format is Format.json)
    known = bought(prepared.requests, prepared, select)
    found = estimate(known.requests, prepared.book, known.steps, known.takes, known.paid.scenes)
    place = place_here(prepared.project)
    costs = replace(
        costs_of(prepared, known, found, place),
        estimate=_sorted(found, sort),
        takes=takes,
        alternatives=tuple(alternative(each, prepared, known.requests) for each in what_if or ()),
        selection=selection_of(prepared, known.requests, asked),
    )
    if costs.selection is not None and not known.requests:
        say(f"warning: no scene is chosen, so nothing is priced: {costs.selection}")
    names = [request.scene for request in known.requests] if scene or select else None
    comparison = None
    if against is not None:
        comparison = compared(against, prepared, prices=prices, variables=given, scenes=names)
        if reason := not_compared(comparison):
            say(f"warning: {reason}")
    beside = Beside(comparison, times_of(known, prepared), advice_on(known, prepared) if advise else None)
    if told := told_of_rehearsed(known.sending, known.takes, rehearsal=place.rehearsal):
        say(f"warning: {told}")
    if old := oldness(prepared.book, datetime.now(UTC).date()):
        say(f"warning: {old}")
    if format is Format.csv:
        _say_what_csv_leaves_out(against, advise=advise, takes=takes, what_if=what_if)
    show(format, lambda: whole_sheet(costs, beside), lambda: whole_document(costs, beside))
    if costs.refused is not None:
        raise Refused(costs.refused)
    return 0


def _say_what_csv_leaves_out(against: str | None, **asked: object) -> None:
    """Of what was asked for; a form with one table has nothing of the rest."""
    if against is not None:
        say(f"note: this CSV is what differs from {against}. Without --against it is what every scene costs.")
    left = [f"--{name.replace('_', '-')}" for name, value in asked.items() if value]
    if left:
        say(f"note: CSV is a single table and leaves out {', '.join(left)}. --format json has all.")


def _sorted(found: Estimate, order: Order) -> Estimate:
    """What has no price comes first: it may be the dearest."""
    if order is Order.story:
        return found
    keys: dict[Order, Callable[[SceneEstimate], Decimal | int]] = {
        Order.amount: lambda scene: Decimal("-Infinity") if scene.amount is None else -scene.amount,
        Order.seconds: lambda scene: -scene.seconds,
    }
    return replace(found, scenes=tuple(sorted(found.scenes, key=keys[order])))
