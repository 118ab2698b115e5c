"""`storyboard reconcile`: submits whose answer was lost, settled by fal's history or by the person's word, and what
was charged against what was estimated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.bill import bill, show_bill
from storyboard.cli.choice import Scenes, readable_scenes, scenes_of
from storyboard.cli.console import fail, out, say
from storyboard.cli.lock_words import ledger_in_step, tell_of_waiting
from storyboard.cli.manner import speak
from storyboard.cli.options import (
    Log,
    PathArgument,
    Picks,
    Prices,
    Quiet,
    Variables,
    VarsFiles,
    Verbose,
)
from storyboard.cli.options import Scenes as Named
from storyboard.cli.sheets import Format, FormatOption
from storyboard.cli.variables import Given, looked_at
from storyboard.errors import UsageError
from storyboard.location import locate
from storyboard.report.counted import counted
from storyboard.report.money import amount_of, in_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord

REFUSED = 3

Tell = Callable[[str], None]


Adopt = Annotated[
    list[str] | None, typer.Option(metavar="SCENE=ID", help="This request of fal's is the scene's lost take.")
]
Resend = Annotated[
    list[str] | None,
    typer.Option(metavar="SCENE", help="Let the next render send it again, at its full price."),
]
WriteOff = Annotated[
    list[str] | None,
    typer.Option(metavar="SCENE", help="Look for it no longer; its price counts as lost."),
]
Force = Annotated[
    bool, typer.Option("--force", help="Adopt a request though it is not known to be the scene's.")
]
NewLedger = Annotated[
    bool, typer.Option("--new-ledger", help="Begin anew where the ledger is gone and clips are still there.")
]
Sandbox = Annotated[
    bool, typer.Option("--sandbox", help="Settle rehearsals against the built-in look-alike.")
]


def command(
    path: PathArgument,
    adopt: Adopt = None,
    resend: Resend = None,
    write_off: WriteOff = None,
    force: Force = False,
    new_ledger: NewLedger = False,
    sandbox: Sandbox = False,
    format: FormatOption = Format.text,
    scene: Named = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Settle submits whose answer was lost, and compare what was charged with what was estimated. Without options:
    look into fal's history, fetch what is at fal, ask what it charged."""
    speak("reconcile", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    from storyboard.cli.place import chosen_place
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.lease import lease
    from storyboard.ledger.lock.file import read_lock
    from storyboard.render.abandoned import found_sending

    looked_at(prices, given)
    place = chosen_place(locate(path).project, sandbox=sandbox)
    if new_ledger:
        return _anew(place)
    words = out if format is Format.text else say  # a document stands alone on stdout
    if not place.has_ledger() and not read_lock(place).lines:
        say("there is no ledger here, so nothing to settle")
        if format is not Format.text:
            _show_nothing(format)
        return 0
    takes, _ = known_takes(place.project, place=place)
    own = _own(path, given, scene or (), takes, rehearsal=place.rehearsal)
    place.ready()
    with (
        lease(place.lock, tell_of_waiting),
        ledger_in_step(place) as ledger,
        _asked(path, place, prices, sandbox=sandbox) as account,
    ):
        found_sending(ledger)
        desk = Desk(ledger, place, account, words, own if scene else None)
        if adopt or resend or write_off:
            desk.decide(
                scenes_of(path, given, ledger.takes(), rehearsal=place.rehearsal),
                adopt or (),
                resend or (),
                write_off or (),
                force=force,
            )
        else:
            desk.look()
            desk.fetch()
        if format is not Format.text or not (adopt or resend or write_off):
            show_bill(bill(ledger, desk.account, own, voices=not scene), format)
        return desk.left()


@contextmanager
def _asked(path: Path, place: Place, prices: str | None, *, sandbox: bool) -> Iterator[Account]:
    """Whoever knows what became of the submits: fal, or the built-in look-alike, which runs meanwhile."""
    from storyboard.fal.account import account_from

    if not sandbox:
        yield account_from()
        return
    from storyboard.cli.variables import book_that_holds
    from storyboard.cli.work import rehearsal
    from storyboard.pipeline import check

    book = book_that_holds(prices, check(locate(path), {}, missing_is_error=False).book)
    with ExitStack() as stack:
        yield rehearsal(stack, place, book)


def _own(
    path: Path, given: Given, names: Sequence[str], takes: Sequence[TakeRecord], *, rehearsal: bool
) -> Scenes | None:
    """The scenes that are meant; None when the storyboard has errors and none was named: then all takes are."""
    if names:
        return scenes_of(path, given, takes, rehearsal=rehearsal).only(names)
    own = readable_scenes(path, given, takes, rehearsal=rehearsal)
    if own is None:
        say(f"{path} has errors (`storyboard check` shows them): all takes of the folder are looked at")
    return own


def _show_nothing(format: Format) -> None:
    from storyboard.report.charges import Bill

    show_bill(Bill(()), format)


def _anew(place: Place) -> int:
    from storyboard.ledger.lease import lease

    there = place.has_begun_ledger()
    place.ready()
    with (
        lease(place.lock, tell_of_waiting),
        ledger_in_step(place, anew=True) as ledger,
    ):
        kept = len(ledger.takes())
    if there:
        told = f"is there and holds {counted(kept, 'take')}: it was not begun anew"
    else:
        told = f"is new, with {counted(kept, 'take')} from storyboard.lock" if kept else "is new and empty"
    say(f"the ledger {place.ledger_shown} {told}")
    return 0


class Desk:
    """Settles the takes of one place, or of some of its scenes. `tell` prints what came of it."""

    def __init__(
        self, ledger: Ledger, place: Place, account: Account, tell: Tell, only: Scenes | None
    ) -> None:
        self.ledger, self.tell, self.account = ledger, tell, account
        self._place, self._only = place, only

    def decide(
        self,
        scenes: Scenes,
        adopt: Sequence[str],
        resend: Sequence[str],
        write_off: Sequence[str],
        *,
        force: bool,
    ) -> None:
        for pair in adopt:
            self._adopt(scenes, pair, force=force)
        for name in resend:
            self._resend(scenes, name)
        for name in write_off:
            self._write_off(scenes, name)

    def _adopt(self, scenes: Scenes, pair: str, *, force: bool) -> None:
        from storyboard.fal.hosts import request_id_of
        from storyboard.render.settle import adopt

        scene, _, text = pair.partition("=")
        request_id = request_id_of(text)
        if not scene or request_id is None:
            raise UsageError(f"--adopt takes SCENE=ID, the id as fal's dashboard shows it, not {pair!r}.")
        take = scenes.one(self._unknown(), scene)
        self.account.needed_key()
        asyncio.run(adopt(self.ledger, self.account, take, request_id, force=force))
        self.tell(f"{_name(take)}: adopted as {request_id}; `storyboard render` fetches its clip")

    def _resend(self, scenes: Scenes, name: str) -> None:
        from storyboard.ledger.record import State
        from storyboard.render.settle import look_before_resending

        ended = {State.FAILED, State.CANCELLED}
        settled = [t for t in self.ledger.takes() if t.state in ended and t.maybe_billed]
        take = scenes.one([*self._unknown(), *settled], name)
        looking = self.account.key is not None
        found = asyncio.run(look_before_resending(self.ledger, self.account, take)) if looking else None
        if found is not None:
            self.tell(
                f"{_name(take)}: not sent again, since fal's history has it by now as {found.request_id}: adopted; "
                "`storyboard render` fetches its clip"
            )
            return
        self.ledger.reopen(take.key, "a person decided to send it again")
        self.tell(
            f"{_name(take)}: the next render sends it again for {amount_of(take.estimate)}; if fal took it before, "
            "it is paid twice"
        )

    def _write_off(self, scenes: Scenes, name: str) -> None:
        take = scenes.one(self._unknown(), name)
        self.ledger.failed(take.key, "written off by a person", maybe_billed=True)
        self.tell(f"{_name(take)}: written off, {amount_of(take.estimate)} may have been spent")

    def look(self) -> None:
        """One look into fal's history for what is unknown."""
        from storyboard.render.settle import look_once

        unknown = self._unknown()
        if not unknown:
            return
        self.account.needed_key()
        for take in asyncio.run(look_once(self.ledger, self.account, unknown)):
            if take.request_id:
                self.tell(f"{_name(take)}: found as {take.request_id}; `storyboard render` fetches it")

    def fetch(self) -> None:
        """What is at fal, brought home."""
        from storyboard.cli.progress import watching
        from storyboard.ledger.store import Store
        from storyboard.render.home import AT_FAL, bring_home

        waiting = [take for take in self._takes() if take.state in AT_FAL]
        if not waiting:
            return
        self.account.needed_key()
        with watching() as observer:
            home = bring_home(waiting, self.ledger, Store(self._place), self.account, observer)
            for take in asyncio.run(home):
                self.tell(f"{_name(take)}: {take.state.value}{f' ({take.error})' if take.error else ''}")

    def left(self) -> int:
        """The exit code, and what is still unsettled."""
        unknown = self._unknown()
        if not unknown:
            say("nothing is unsettled")
            return 0
        for take in unknown:
            since = f"unknown since {take.sent_at} ({take.error}), {amount_of(take.estimate)}"
            self.tell(f"{_name(take)} ({take.digest[:12]}/{take.take}): {since}")
        held = in_all(take.estimate for take in unknown)
        fail(
            f"{counted(len(unknown), 'submit')} unsettled, {held} may have been spent. fal's history can lag by "
            "hours; not being in it proves nothing. Compare with fal's dashboard, then --adopt, --resend or "
            "--write-off."
        )
        return REFUSED

    def _takes(self) -> list[TakeRecord]:
        return [take for take in self.ledger.takes() if self._only is None or self._only.has(take)]

    def _unknown(self) -> list[TakeRecord]:
        from storyboard.plan.spending import at_stake

        return list(at_stake(self._takes()))


def _name(take: TakeRecord) -> str:
    return f"{take.scene}, take {take.take}"
