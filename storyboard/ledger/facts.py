"""What the plan needs to know of what was bought, here or, as storyboard.lock says, elsewhere.

Nothing is made or changed by looking."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from storyboard.errors import StoreAway
from storyboard.ledger.lock.file import read_lock
from storyboard.ledger.lock.united import known, united
from storyboard.ledger.owner import refuse_to_forget
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import Stock, TakeRecord
from storyboard.ledger.store import Store


def known_takes(
    project: Path, *, place: Place | None = None
) -> tuple[tuple[TakeRecord, ...], frozenset[str]]:
    """The takes of a project and the clips in its store, by sha256; of fal, or of the look-alike that
    STORYBOARD_FAL_URL names, unless another place is given. Raises LedgerError."""
    place = place or place_here(project)
    if not place.has_ledger():
        lines = read_lock(place).lines
        refuse_to_forget(place)
        if not lines:
            return (), frozenset()
        return known(united((), lines)), Store(place).names()
    from storyboard.ledger.ledger import Ledger  # the database is not loaded for a project without one
    from storyboard.ledger.lock.keep import known_in_both

    return known(known_in_both(place, Ledger.open(place))), Store(place).names()


def known_stock(place: Place, clips: Collection[str]) -> Stock:
    """Which of these clips are in the shared store; it is asked about no others, and not where there is none. Not
    within an event loop."""
    if place.shared_clips is None or not clips:
        return Stock()
    import asyncio

    from storyboard.ledger.bucket import bucket_of

    try:
        bucket = bucket_of(place.shared_clips)
        known = bucket.known.intersection(clips)
        return Stock(frozenset(known | asyncio.run(bucket.sizes(set(clips) - known)).keys()))
    except StoreAway as failure:
        return Stock(trouble=str(failure))


def known_spending(takes: Sequence[TakeRecord], place: Place) -> tuple[TakeRecord, ...]:
    """The takes, as `known_takes` told of them, and the attempts that were given up for another."""
    if not place.has_ledger():
        return tuple(takes)
    from storyboard.ledger.ledger import Ledger

    return (*takes, *Ledger.open(place).given_up())


def known_uploads(project: Path, *, place: Place | None = None) -> dict[str, str]:
    """The files that fal has already, by sha256, and until when (ISO 8601, UTC)."""
    place = place or place_here(project)
    if not place.has_ledger():
        return {}
    from storyboard.ledger.ledger import Ledger

    return Ledger.open(place).uploads.living()


def place_here(project: Path) -> Place:
    """Where the takes of a project are: of fal, or of the look-alike that STORYBOARD_FAL_URL names."""
    base_url = os.environ.get("STORYBOARD_FAL_URL", "").strip().rstrip("/")
    return place_of(project, base_url or None)


def known_holds(place: Place) -> frozenset[str]:
    """The holds of `storyboard cancel` that there are now, by name."""
    if not place.has_ledger():
        return frozenset()
    from storyboard.ledger.database import database_of
    from storyboard.ledger.holds import Holds

    return Holds(database_of(place)).names()
