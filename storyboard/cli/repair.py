"""`storyboard doctor --repair`: what can be had back without paying. A place after the other, each under its lease."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cli.lock_words import ledger_in_step, tell_of_waiting
from storyboard.cli.progress import watching
from storyboard.cli.sharing import brought_here
from storyboard.errors import LedgerError, StoryboardError
from storyboard.ledger.doctor.access import links_in
from storyboard.ledger.doctor.examine import SHOWN, Examined, examine
from storyboard.ledger.doctor.mend import mended
from storyboard.ledger.inventory import Told
from storyboard.ledger.lease import lease
from storyboard.ledger.lock.file import read_lock
from storyboard.ledger.place import Place, place_of, places_of
from storyboard.report.money import amount_of

if TYPE_CHECKING:
    from storyboard.fal.account import Account
    from storyboard.ledger.record import TakeRecord


def repaired(project: Path, told: Told) -> Iterator[str]:
    """What was done, and what could not be, in words, as it happens. Raises LedgerError when the disk takes nothing."""
    if links_in(project):
        raise LedgerError(
            f"{links_in(project)[0].text}. Nothing was repaired. Remove it, then run the same command again."
        )
    for place in places_of(project):
        yield from _place(place, told)


def _place(place: Place, told: Told) -> Iterator[str]:
    with lease(place.lock, tell_of_waiting):
        _in_step(place)
        found = examine(place, datetime.now(UTC), told)
        yield from mended(found)
        if not found.lost:
            return
        yield from _out_of_the_shared(place, found.lost)
        _here_again(found)
        gone = [clip for clip in found.lost if not _store_holds(place, clip)]
        if gone:
            yield from _fetched(found, gone)


def _out_of_the_shared(place: Place, clips: Sequence[str]) -> Iterator[str]:
    """What a store that is shared has of them."""
    missing = [clip for clip in clips if not _store_holds(place, clip)]
    left = brought_here(place, missing)
    yield from (
        f"{clip[:SHOWN]}…: fetched out of {place.shared_clips}" for clip in missing if clip not in left
    )


def _in_step(place: Place) -> None:
    """The ledger knows what storyboard.lock knows. Where one of them is damaged, both are looked at as they are."""
    with suppress(LedgerError):
        if place.has_ledger() or read_lock(place).lines:
            with ledger_in_step(place):
                pass


def _here_again(found: Examined) -> None:
    """What was put back is no longer missing, for the next plan."""
    from storyboard.ledger.ledger import Ledger

    for take in found.takes or ():
        if take.error and take.clip in found.lost and _store_holds(found.place, take.clip):
            Ledger.open(found.place).clip_missing(take.key, None)


def _store_holds(place: Place, clip: str) -> bool:
    from storyboard.ledger.store import Store

    return Store(place).holds(clip)


def _fetched(found: Examined, gone: Sequence[str]) -> Iterator[str]:
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.store import Store
    from storyboard.render.repair import fetched_again

    place = found.place
    lost = [[take for take in found.takes or () if take.clip == clip] for clip in gone]
    with ExitStack() as stack:
        account, why = _account(stack, place)
        if account is None:
            yield from (_not_back(takes, why) for takes in lost)
            return
        observer = stack.enter_context(watching())
        work = fetched_again(lost, Ledger.open(place), Store(place), account, observer)
        answers = asyncio.run(work)
    for takes, failure in zip(lost, answers, strict=True):
        if failure is None:
            yield f"{_who(takes)}: fetched again, at no charge"
        else:
            yield _not_back(takes, str(failure))


def _who(takes: Sequence[TakeRecord]) -> str:
    named = ", ".join(f"{take.scene}, take {take.take}" for take in takes)
    return f"{(takes[0].clip or '')[:SHOWN]}… ({named})"


def _not_back(takes: Sequence[TakeRecord], why: str) -> str:
    paid = next((take.charge for take in takes if take.charge is not None), takes[0].estimate)
    return f"{_who(takes)}: not repaired. {why} To buy it again would cost about {amount_of(paid)}; nothing was sent."


def _account(stack: ExitStack, place: Place) -> tuple[Account | None, str]:
    """Whom to ask for what is gone from a place; else None and why nobody."""
    from storyboard.cli.work import rehearsal
    from storyboard.fal.account import account_from

    try:
        account = account_from()
        if place == place_of(place.project, account.base_url):
            return account, ""
        if place == place_of(place.project, builtin=True):
            return rehearsal(stack, place), ""
    except (StoryboardError, OSError) as failure:
        return None, f"{str(failure).rstrip('.')}."
    if place.rehearsal:
        return None, f"Set STORYBOARD_FAL_URL to where the look-alike {place.folder.name} runs."
    return None, "STORYBOARD_FAL_URL names a look-alike: run this without it, so that fal itself is asked."
