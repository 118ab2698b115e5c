"""`storyboard reconcile`: submits whose answer was lost, settled by fal's history or by the person's word."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.options import PathArgument, Prices, Variables
from storyboard.cli.variables import looked_at
from storyboard.errors import UsageError
from storyboard.location import locate
from storyboard.report.money import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord

REFUSED = 3


def command(
    path: PathArgument,
    adopt: Annotated[
        list[str] | None,
        typer.Option(metavar="SCENE=ID", help="This request of fal's is the scene's lost take."),
    ] = None,
    resend: Annotated[
        list[str] | None,
        typer.Option(metavar="SCENE", help="Let the next render send it again, at its full price."),
    ] = None,
    write_off: Annotated[
        list[str] | None,
        typer.Option(metavar="SCENE", help="Look for it no longer; its price counts as lost."),
    ] = None,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """Settle submits whose answer was lost. Without options: look into fal's history, and fetch what is at
    fal."""
    from storyboard.cli.takes import chosen_place
    from storyboard.fal.account import account_from
    from storyboard.ledger.lease import lease
    from storyboard.ledger.ledger import Ledger
    from storyboard.render.runner import found_sending

    looked_at(prices, var)
    place = chosen_place(locate(path).project, sandbox=False)
    if not place.ledger.is_file():
        say("there is no ledger here, so nothing to settle")
        return 0
    place.ready()
    with lease(place.lock, lambda who: say(f"{who}: waiting for it to end")):
        ledger = Ledger.open(place)
        found_sending(ledger)
        for pair in adopt or []:
            _adopt(ledger, account_from(), pair)
        for scene in resend or []:
            _resend(ledger, scene)
        for scene in write_off or []:
            _write_off(ledger, scene)
        if not (adopt or resend or write_off):
            _look(ledger, account_from())
            _fetch(ledger, account_from(), place)
        return _left(ledger)


def _adopt(ledger: Ledger, account: Account, pair: str) -> None:
    from storyboard.fal.hosts import request_id_of
    from storyboard.render.settle import adopt

    scene, _, text = pair.partition("=")
    request_id = request_id_of(text)
    if not scene or request_id is None:
        raise UsageError(f"--adopt takes SCENE=ID, the id as fal's dashboard shows it, not {pair!r}.")
    take = _one(_unknown(ledger), scene)
    account.needed_key()
    asyncio.run(adopt(ledger, account, take, request_id))
    out(f"{scene}, take {take.take}: adopted as {request_id}; `storyboard render` fetches its clip")


def _resend(ledger: Ledger, scene: str) -> None:
    from storyboard.ledger.record import State

    settled = [t for t in ledger.takes() if t.state in {State.FAILED, State.CANCELLED} and t.maybe_billed]
    take = _one([*_unknown(ledger), *settled], scene)
    ledger.reopen(take.key, "a person decided to send it again")
    out(
        f"{scene}, take {take.take}: the next render sends it again for {dollars(take.estimate)}; if fal "
        "took it before, it is paid twice"
    )


def _write_off(ledger: Ledger, scene: str) -> None:
    take = _one(_unknown(ledger), scene)
    ledger.failed(take.key, "written off by a person", maybe_billed=True)
    out(f"{scene}, take {take.take}: written off, {dollars(take.estimate)} may have been spent")


def _look(ledger: Ledger, account: Account) -> None:
    from storyboard.render.settle import look_once

    unknown = _unknown(ledger)
    if not unknown:
        return
    account.needed_key()
    for take in asyncio.run(look_once(ledger, account, unknown)):
        if take.request_id:
            out(f"{take.scene}, take {take.take}: found as {take.request_id}; `storyboard render` fetches it")


def _fetch(ledger: Ledger, account: Account, place: Place) -> None:
    from storyboard.cli.progress import watching
    from storyboard.ledger.store import Store
    from storyboard.render.home import AT_FAL, bring_home

    waiting = [take for take in ledger.takes() if take.state in AT_FAL]
    if not waiting:
        return
    account.needed_key()
    with watching(quiet=False) as observer:
        for take in asyncio.run(bring_home(waiting, ledger, Store(place), account, observer)):
            out(
                f"{take.scene}, take {take.take}: "
                f"{take.state.value}{f' ({take.error})' if take.error else ''}"
            )


def _left(ledger: Ledger) -> int:
    unknown = _unknown(ledger)
    if not unknown:
        say("nothing is unsettled")
        return 0
    held = sum((take.estimate or Decimal(0) for take in unknown), Decimal(0))
    for take in unknown:
        out(
            f"{take.scene}, take {take.take}: unknown since {take.sent_at} ({take.error}), "
            f"{dollars(take.estimate)}"
        )
    say(
        f"{len(unknown)} submit(s) unsettled, {dollars(held)} may have been spent. fal's history can lag by "
        "hours; not being in it proves nothing. Compare with fal's dashboard, then --adopt, --resend or "
        "--write-off."
    )
    return REFUSED


def _unknown(ledger: Ledger) -> list[TakeRecord]:
    from storyboard.render.budget import at_stake

    return list(at_stake(ledger.takes()))


def _one(takes: Sequence[TakeRecord], scene: str) -> TakeRecord:
    found = [take for take in takes if take.scene == scene]
    if not found:
        raise UsageError(f"scene {scene!r} has no take to settle that way; `storyboard takes` lists them.")
    return found[-1]
