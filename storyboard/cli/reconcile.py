"""`storyboard reconcile`: submits whose answer was lost, settled by fal's history or by the person's word, and what
was charged against what was estimated."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.bill import bill, show_bill
from storyboard.cli.choice import Scenes, readable_scenes, scenes_of
from storyboard.cli.console import out, say
from storyboard.cli.lock_words import ledger_in_step, tell_of_waiting
from storyboard.cli.lost_takes import Desk, Words
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
from storyboard.location import locate
from storyboard.report.counted import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.fal.account import Account
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord

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
    from storyboard.ledger.lock.file import read_lock

    looked_at(prices, given)
    place = chosen_place(locate(path).project, sandbox=sandbox)
    if new_ledger:
        return _anew(place)
    if not place.has_ledger() and not read_lock(place).lines:
        say("there is no ledger here, so nothing to settle")
        if format is not Format.text:
            _show_nothing(format)
        return 0
    words = Words(tuple(adopt or ()), tuple(resend or ()), tuple(write_off or ()), force)
    asking = _asked(path, place, prices, sandbox=sandbox)
    return _settled(path, given, scene or (), place, asking, words, format)


def _settled(
    path: Path,
    given: Given,
    names: Sequence[str],
    place: Place,
    asking: AbstractContextManager[Account],
    words: Words,
    format: Format,
) -> int:
    """The exit code. Under the lease, with a ledger that has all that the lock names."""
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.lease import lease
    from storyboard.render.abandoned import found_sending

    takes, _ = known_takes(place.project, place=place)
    own = _own(path, given, names, takes, rehearsal=place.rehearsal)
    place.ready()
    with lease(place.lock, tell_of_waiting), ledger_in_step(place) as ledger, asking as account:
        found_sending(ledger)
        tell = out if format is Format.text else say  # a document stands alone on stdout
        desk = Desk(ledger, place, account, tell, own if names else None)
        if words.are_said:
            desk.decide(scenes_of(path, given, ledger.takes(), rehearsal=place.rehearsal), words)
        else:
            desk.look()
            desk.fetch()
        if format is not Format.text or not words.are_said:
            show_bill(bill(ledger, desk.account, own, voices=not names), format)
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
