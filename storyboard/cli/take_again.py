"""`storyboard take again`: one more take of a scene as it is written, at its full price."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from storyboard.cli.concurrency import at_a_time
from storyboard.cli.console import out, out_document, say
from storyboard.cli.manner import speak
from storyboard.cli.one_scene import OneScene, SceneArgument, one_scene
from storyboard.cli.options import (
    Approve,
    Log,
    MaxCost,
    PathArgument,
    Picks,
    Prices,
    Quiet,
    Rehearse,
    Variables,
    VarsFiles,
    Verbose,
    Yes,
)
from storyboard.cli.variables import Given
from storyboard.cli.work import Work, agreed, carried_out, verdict
from storyboard.pipeline import plan
from storyboard.plan.another import ENDED, another_take
from storyboard.report.documents import as_json

if TYPE_CHECKING:
    from storyboard.fal.account import Account
    from storyboard.ledger.record import TakeRecord
    from storyboard.render.result import RenderResult


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: PathArgument,
    scene: SceneArgument,
    yes: Yes = False,
    max_cost: MaxCost = None,
    approve: Approve = None,
    sandbox: Rehearse = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Buy another take of a scene as it is written. Every take is kept; which one is shown stays as it is."""
    speak("take again", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    from storyboard.fal.account import account_from

    chosen = one_scene(
        path,
        scene,
        sandbox=sandbox,
        variables=given,
        prices=prices,
        max_cost=max_cost,
        approve=approve,
        json=format is Format.json,
    )
    at_a_time()
    another = another_take(chosen.own, _wanted(chosen))
    if another.done is not None:
        say(
            f"take {another.take} is from a run that ended before it could say so: nothing was bought now. For yet "
            "another take run the same command again."
        )
        return _told(chosen, another.done, 0, format)
    account = None if sandbox else account_from()
    result = _shot(chosen, another.take, account, max_cost, yes=yes)
    if failure := verdict(result):
        _handed_over(chosen, result.takes)
        raise failure
    (record,) = result.takes
    return _told(chosen, record, result.sent, format)


def _wanted(chosen: OneScene) -> int | None:
    """What an earlier run was to buy, and did not come to its end with."""
    from storyboard.ledger.ledger import Ledger

    if not chosen.place.has_ledger():
        return None
    return Ledger.open(chosen.place).another.wanted(chosen.digest)


def _shot(
    chosen: OneScene, number: int, account: Account | None, max_cost: str | None, *, yes: bool
) -> RenderResult:
    """Shown, agreed to, wished for on the disk, and carried out."""
    from storyboard.ledger.facts import known_holds
    from storyboard.ledger.ledger import Ledger

    prepared, place = chosen.prepared, chosen.place
    request = replace(chosen.request, take=number, pin=None)
    planned, takes = plan((request,), prepared.book, prepared.project, place)
    work = Work(prepared, planned, takes, place, account, None, known_holds(place), fewer=None)
    caps = agreed(work, max_cost, yes=yes)
    Ledger.open(place).another.want(chosen.digest, number)
    return carried_out(work, concurrency=at_a_time(), caps=caps)


def _told(chosen: OneScene, record: TakeRecord, sent: int, format: Format) -> int:
    """Says where the take is and how it is chosen; then it counts as handed over."""
    from storyboard.cli.takes import take_row
    from storyboard.ledger.store import Store

    for warning in record.warnings:
        say(f"warning: {chosen.id}, take {record.take}: {warning}")
    if format is Format.json:
        out_document(as_json({"take": take_row(record, chosen.place), "sent": sent}))
    else:
        out(f"{chosen.id}, take {record.take}: {Store(chosen.place).path_of(record.clip or '')}")
    chosen.say_how_to_pick(record)
    _handed_over(chosen, (record,))
    return 0


def _handed_over(chosen: OneScene, takes: Sequence[TakeRecord]) -> None:
    """The wish is fulfilled, or came to nothing and was said: the next one is a new one."""
    from storyboard.ledger.ledger import Ledger

    if any(take.state in ENDED for take in takes):
        Ledger.open(chosen.place).another.have(chosen.digest)
