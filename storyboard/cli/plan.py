"""`storyboard plan`: what would be reused, resumed, sent and asked, why, and for how much."""

from __future__ import annotations

from typing import Annotated

import typer

from storyboard.cli.caps import caps_of, month_so_far
from storyboard.cli.console import out, out_document, say, table_width
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.files import write_document
from storyboard.cli.inputs import Asked
from storyboard.cli.options import (
    Approve,
    Format,
    FormatOption,
    MaxCost,
    Output,
    PathArgument,
    Picks,
    Prices,
    Scenes,
    Select,
    Variables,
    VarsFiles,
)
from storyboard.cli.place import chosen_place
from storyboard.cli.storyboards import Neighbours
from storyboard.cli.variables import Given
from storyboard.pipeline import plan
from storyboard.plan.begun import refuse_without_beginning
from storyboard.plan.budget import refuse
from storyboard.plan.rehearsed import refuse_rehearsed
from storyboard.report.documents import as_json
from storyboard.report.newest import stale_warning
from storyboard.report.plan import plan_document, plan_text

Sandbox = Annotated[bool, typer.Option("--sandbox", help="Plan a rehearsal against the built-in look-alike.")]


def command(
    path: PathArgument,
    output: Output = None,
    format: FormatOption = Format.text,
    scene: Scenes = None,
    select: Select = None,
    prices: Prices = None,
    max_cost: MaxCost = None,
    approve: Approve = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    sandbox: Sandbox = False,
) -> int:
    """Decide what a render would do, and for how much. Nothing is sent; `render FILE` carries out what -o saves."""
    given = Given(var, vars_file, pick)
    from storyboard.render.budget import ruling_on

    asked = Asked(scene, select, given, prices, max_cost, approve)
    json = format is Format.json
    prepared = asked.prepare(path, json=json)
    place = chosen_place(prepared.project, sandbox=sandbox)
    elsewhere = Neighbours(prepared).elsewhere
    film = prepared.film
    planned, takes = plan(
        prepared.requests, prepared.book, prepared.project, place, select or (), elsewhere, film
    )
    refuse_without_beginning(planned)
    caps = caps_of(prepared, max_cost, rehearsal=sandbox)
    ruling = ruling_on(planned, takes, caps, month_so_far(caps, takes, place))
    document = plan_document(planned, ruling, rehearsal=place.rehearsal)
    if output is not None:
        from storyboard.cli.saved import document_to_save

        document = document_to_save(planned, document, prepared, asked, output, sandbox=sandbox)
        write_document(output, as_json(document) + "\n", "steps")
        also = " --sandbox" if sandbox else ""
        say(f"the plan lies in {output}; `storyboard render {output}{also}` carries it out")
    if json and planned.newer is not None:
        say(f"warning: {stale_warning(planned.newer)}")
    if json:
        out_document(as_json(document))
    else:
        out(plan_text(planned, ruling, rehearsal=place.rehearsal, width=table_width()))
    warn_of_expiry(takes, place, prepared.settings.fal)
    if not sandbox:
        refuse_rehearsed(planned, takes, rehearsal=place.rehearsal)
    refuse(ruling.violations)
    return 0
