"""`storyboard reconcile`: submits whose answer was lost, settled by fal's history or by the person's word."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.choice import Scenes, scenes_of
from storyboard.cli.console import out, say
from storyboard.cli.lock_words import ledger_in_step
from storyboard.cli.options import PathArgument, Prices, Variables
from storyboard.cli.variables import looked_at
from storyboard.errors import UsageError
from storyboard.location import locate
from storyboard.report.money import amount_of, in_all

if TYPE_CHECKING:
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
    force: Annotated[
        bool, typer.Option("--force", help="Adopt a request though it is not known to be the scene's.")
    ] = False,
    new_ledger: Annotated[
        bool,
        typer.Option("--new-ledger", help="Begin anew where the ledger is gone and clips are still there."),
    ] = False,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """Settle submits whose answer was lost. Without options: look into fal's history, and fetch what is at
    fal."""
    from storyboard.cli.place import chosen_place
    from storyboard.fal.account import account_from
    from storyboard.ledger.lease import lease
    from storyboard.ledger.lock_file import read_lock
    from storyboard.render.runner import found_sending

    looked_at(prices, var)
    place = chosen_place(locate(path).project, sandbox=False)
    if new_ledger:
        return _anew(place)
    if not place.ledger.is_file() and not read_lock(place).lines:
        say("there is no ledger here, so nothing to settle")
        return 0
    place.ready()
    with (
        lease(place.lock, lambda who: say(f"{who}: waiting for it to end")),
        ledger_in_step(place) as ledger,
    ):
        found_sending(ledger)
        account = account_from()
        if not (adopt or resend or write_off):
            _look(ledger, account)
            _fetch(ledger, account, place)
            return _left(ledger)
        scenes = scenes_of(path, var)
        for pair in adopt or []:
            _adopt(ledger, account, scenes, pair, force=force)
        for name in resend or []:
            _resend(ledger, account, scenes, name)
        for name in write_off or []:
            _write_off(ledger, scenes, name)
        return _left(ledger)


def _anew(place: Place) -> int:
    from storyboard.ledger.lease import lease

    there = place.ledger.is_file() and place.ledger.stat().st_size > 0
    place.ready()
    with (
        lease(place.lock, lambda who: say(f"{who}: waiting for it to end")),
        ledger_in_step(place, anew=True) as ledger,
    ):
        kept = len(ledger.takes())
    if there:
        told = f"is there and holds {kept} take(s): it was not begun anew"
    else:
        told = f"is new, with {kept} take(s) from storyboard.lock" if kept else "is new and empty"
    say(f"the ledger {place.ledger} {told}")
    return 0


def _adopt(ledger: Ledger, account: Account, scenes: Scenes, pair: str, *, force: bool) -> None:
    from storyboard.fal.hosts import request_id_of
    from storyboard.render.settle import adopt

    scene, _, text = pair.partition("=")
    request_id = request_id_of(text)
    if not scene or request_id is None:
        raise UsageError(f"--adopt takes SCENE=ID, the id as fal's dashboard shows it, not {pair!r}.")
    take = scenes.one(_unknown(ledger), scene)
    account.needed_key()
    asyncio.run(adopt(ledger, account, take, request_id, force=force))
    out(f"{take.scene}, take {take.take}: adopted as {request_id}; `storyboard render` fetches its clip")


def _resend(ledger: Ledger, account: Account, scenes: Scenes, name: str) -> None:
    from storyboard.ledger.record import State
    from storyboard.render.settle import look_before_resending

    settled = [t for t in ledger.takes() if t.state in {State.FAILED, State.CANCELLED} and t.maybe_billed]
    take = scenes.one([*_unknown(ledger), *settled], name)
    found = asyncio.run(look_before_resending(ledger, account, take)) if account.key is not None else None
    if found is not None:
        out(
            f"{take.scene}, take {take.take}: not sent again, since fal's history has it by now as "
            f"{found.request_id}: adopted; `storyboard render` fetches its clip"
        )
        return
    ledger.reopen(take.key, "a person decided to send it again")
    out(
        f"{take.scene}, take {take.take}: the next render sends it again for {amount_of(take.estimate)}; if fal "
        "took it before, it is paid twice"
    )


def _write_off(ledger: Ledger, scenes: Scenes, name: str) -> None:
    take = scenes.one(_unknown(ledger), name)
    ledger.failed(take.key, "written off by a person", maybe_billed=True)
    out(f"{take.scene}, take {take.take}: written off, {amount_of(take.estimate)} may have been spent")


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
    for take in unknown:
        since = f"unknown since {take.sent_at} ({take.error}), {amount_of(take.estimate)}"
        out(f"{take.scene}, take {take.take} ({take.digest[:12]}/{take.take}): {since}")
    held = in_all(take.estimate for take in unknown)
    say(
        f"{len(unknown)} submit(s) unsettled, {held} may have been spent. fal's history can lag by "
        "hours; not being in it proves nothing. Compare with fal's dashboard, then --adopt, --resend or "
        "--write-off."
    )
    return REFUSED


def _unknown(ledger: Ledger) -> list[TakeRecord]:
    from storyboard.render.budget import at_stake

    return list(at_stake(ledger.takes()))
