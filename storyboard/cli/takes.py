"""`storyboard takes`: what was bought for a storyboard, and where each clip lies."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.around import project_settings
from storyboard.cli.console import out, out_document, say
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.options import PathArgument, Prices, Scenes, Variables
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import looked_at
from storyboard.findings import Report
from storyboard.location import locate
from storyboard.report.documents import as_json
from storyboard.report.money import bare, exact
from storyboard.report.table import table

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord


class Format(StrEnum):
    text = "text"
    json = "json"


Sandbox = Annotated[bool, typer.Option("--sandbox", help="The takes of rehearsals in the built-in sandbox.")]


def command(
    path: PathArgument,
    sandbox: Sandbox = False,
    accept_ledger: Annotated[
        bool, typer.Option("--accept-ledger", help="Believe a ledger that was not made on this machine.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """List the takes of the project: scene, take, state, clip, estimate, request id."""
    from storyboard.ledger.facts import known_takes

    looked_at(prices, var)
    location = locate(path)
    place = chosen_place(location.project, sandbox=sandbox)
    if accept_ledger:
        _accept(place)
    takes, _ = known_takes(place.project, place=place)
    takes = tuple(take for take in takes if not scene or take.scene in scene)
    if format is Format.json:
        out_document(as_json({"takes": [take_row(take, place) for take in takes]}))
    else:
        out(takes_text(takes, place))
    warn_of_expiry(takes, place, project_settings(location, Report())[1].fal)
    return 0


def _accept(place: Place) -> None:
    from storyboard.ledger.ledger import ledger_id
    from storyboard.ledger.owner import accept

    if not place.ledger.is_file():
        say("there is no ledger here to accept")
        return
    accept(ledger_id(place), place.project)
    say(f"the ledger {place.ledger} is believed from now on")


def take_row(take: TakeRecord, place: Place) -> dict[str, Any]:
    clip = _clip(take, place)
    return {
        "scene": take.scene,
        "take": take.take,
        "state": take.state.value,
        "endpoint": take.endpoint,
        "request_digest": take.digest,
        "request_id": take.request_id,
        "seconds": take.seconds,
        "estimate": exact(take.estimate),
        "price_book": take.price_book,
        "billable_units": exact(take.billable_units),
        "charge": exact(take.charge),
        "charged_by": take.charged_by,
        "maybe_billed": take.maybe_billed,
        "clip": clip,
        "created_at": take.created_at,
        "warnings": list(take.warnings),
        "error": take.error,
    }


def takes_text(takes: Sequence[TakeRecord], place: Place) -> str:
    if not takes:
        return "no takes yet"
    rows = [["scene", "take", "state", "USD", "request", "clip"]]
    rows += [
        [
            take.scene,
            str(take.take),
            take.state.value,
            bare(take.estimate),
            take.request_id or "-",
            (take.clip or "-")[:12],
        ]
        for take in takes
    ]
    lines = table(rows, "lrlrll", flexible=5)
    said = [f"{t.scene}, take {t.take}: {text}" for t in takes for text in (t.error, *t.warnings) if text]
    return "\n".join([*lines, "", *said, f"clips in {place.clips}"])


def _clip(take: TakeRecord, place: Place) -> str | None:
    from storyboard.ledger.store import Store

    if take.clip is None or not Store(place).holds(take.clip):
        return None
    return str(Store(place).path_of(take.clip))
