"""storyboard.lock for the commands: kept in step with the ledger they open, and spoken of when it appears."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from storyboard.cli.console import say

if TYPE_CHECKING:
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord


@contextmanager
def ledger_in_step(place: Place, *, anew: bool = False) -> Iterator[Ledger]:
    """The ledger of a place, for whoever holds its lease: with the lock's takes in it, and its own in the lock at the
    end. Raises LedgerError."""
    from storyboard.fal.account import Account
    from storyboard.fal.hosts import submission
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.lock.keep import in_step

    ledger = Ledger.open(place, anew=anew)
    with in_step(place, ledger, partial(submission, Account(None))):
        yield ledger


def tell_of_waiting(who: str) -> None:
    say(f"{who}: waiting for it to end")


def bring_in_step(place: Place) -> None:
    """After a render that had nothing to do: a lock that was deleted, or a ledger, is made from the other."""
    from storyboard.ledger.lease import lease
    from storyboard.ledger.lock.keep import out_of_step

    if not out_of_step(place):
        return
    place.ready()
    with (
        lease(place.lock, tell_of_waiting),
        ledger_in_step(place),
    ):
        return


@contextmanager
def telling_of_lock(place: Place, takes: Sequence[TakeRecord]) -> Iterator[None]:
    """Says at the end, when the lock was not there before, that it is now; `takes` are those known before."""
    there = place.rehearsal or place.lock_file.exists()
    try:
        yield
    finally:
        if not there and place.lock_file.exists():
            known = any(take.clip or take.request_id for take in takes)
            how = "was not there: it is written anew from the ledger" if known else "is new"
            say(f"{place.lock_file} {how}. Commit it: whoever has it does not buy these clips again.")
