"""Clips that are shared with other machines: fetched when a command needs them, put there when a render ends."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from storyboard.cli.console import say
from storyboard.cli.so_far import so_far
from storyboard.errors import StoreAway
from storyboard.ledger.facts import known_stock
from storyboard.ledger.store import Store
from storyboard.report.counted import counted

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.pushing import Pushed
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.steps import Plan


def brought_here(place: Place, clips: Iterable[str | None]) -> frozenset[str]:
    """Fetches those of the clips that are shared and not here; says so, and why one did not come. Those that are not
    here now either. Raises UsageError where obstore is missing, LedgerError when the disk takes nothing."""
    store = Store(place)
    if place.shared_clips is None:
        return frozenset()
    missing = {clip for clip in clips if clip is not None and not store.holds(clip)}
    stock = known_stock(place, missing)
    if stock.trouble:
        say(f"warning: {stock.trouble}")
    if stock.clips:
        _fetch(place, sorted(stock.clips))
    return frozenset(clip for clip in missing if not store.holds(clip))


def _fetch(place: Place, clips: Collection[str]) -> None:
    from storyboard.ledger.fetching import bring_here

    say(f"fetching {counted(len(clips), 'clip')} out of {place.shared_clips}")
    with so_far(lambda done, total: f"fetching clips: {done:,} of {total:,}") as told:
        brought = bring_here(place, clips, told)
    for trouble in dict.fromkeys(map(str, brought.troubles.values())):
        say(f"warning: {trouble}")


def reused_brought_here(place: Place, planned: Plan, takes: Collection[TakeRecord]) -> bool:
    """The clips that a plan uses again, out of the shared store where they are not here; False when some can't be had
    there, so that fal is to be asked. What would keep clips from being shared is said before anything is bought. Raises
    UsageError where obstore is missing."""
    if place.shared_clips is None:
        return True
    from storyboard.ledger.bucket import bucket_of

    try:
        bucket_of(place.shared_clips)
    except StoreAway as failure:
        say(f"warning: {failure}")
    clips = {take.key: take.clip for take in takes}
    reused = [step.request for step in planned.steps if step.decision == "reuse"]
    return not brought_here(place, [clips.get((each.digest or "", each.take)) for each in reused])


def shared_out(place: Place, clips: Iterable[str | None]) -> Pushed | None:
    """Puts the clips that are here into the shared store, and says what could not be put there; None where there is no
    such store."""
    if place.shared_clips is None:
        return None
    from storyboard.ledger.pushing import pushed

    store = Store(place)
    with so_far(lambda done, total: f"sharing clips: {done:,} of {total:,}") as told:
        done = asyncio.run(pushed(store, [clip for clip in clips if clip is not None], told))
    if words := done.in_words(store):
        say(f"warning: {words}")
    return done
