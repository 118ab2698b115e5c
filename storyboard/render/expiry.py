"""How long what fal has will still be there. Arithmetic alone: the settings and the time come in as values.

An upload lives from its upload on, a clip from its making on, which nobody here saw: from the sending on, to be safe.
The queue forgets a result after about an hour; then fal's history has it, unless the settings keep it from doing so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from storyboard.ledger.record import State, TakeRecord
from storyboard.read.settings import FalSettings

NEEDED = timedelta(hours=3)  # two in the queue at most, then the run, and time to spare
ASSUMED = timedelta(days=7)  # fal: "at least 7 days", where nothing else is set
UPLOADS_ASSUMED = timedelta(days=3)  # the account may say less than that page
IN_QUEUE = timedelta(hours=1)
SOON = timedelta(days=2)
LATEST = datetime.max.replace(tzinfo=UTC)
AT_FAL = frozenset({State.SENT, State.COMPLETED})


class Expiring(Struct, frozen=True):
    """A take that is paid and not here. From `until` on, its clip may be gone for good."""

    take: TakeRecord
    until: datetime
    left: timedelta


def upload_life(settings: FalSettings) -> timedelta:
    """For how long an upload is there to be used again."""
    return settings.lifecycle or UPLOADS_ASSUMED


def clip_life(take: TakeRecord, settings: FalSettings) -> timedelta:
    """For how long after its sending the clip of a take can be fetched, at the least."""
    if take.state is State.SENT and not settings.store_io:
        return IN_QUEUE
    return settings.lifecycle or ASSUMED


def until(take: TakeRecord, settings: FalSettings) -> datetime:
    sent_at = datetime.fromisoformat(take.sent_at or take.created_at)
    life = clip_life(take, settings)
    return sent_at + life if life < LATEST - sent_at else LATEST


def expiring(
    takes: Iterable[TakeRecord], clips: Collection[str], settings: FalSettings, now: datetime
) -> tuple[Expiring, ...]:
    """The takes to be fetched soon, the most urgent first. `clips` are those that are here, by sha256."""
    found = [Expiring(t, until(t, settings), until(t, settings) - now) for t in takes if not _here(t, clips)]
    short = [one for one in found if one.left <= min(SOON, clip_life(one.take, settings) / 2)]
    return tuple(sorted(short, key=lambda one: (one.until, one.take.number)))


def by_urgency(takes: Iterable[TakeRecord], settings: FalSettings) -> list[TakeRecord]:
    return sorted(takes, key=lambda take: (until(take, settings), take.number))


def _here(take: TakeRecord, clips: Collection[str]) -> bool:
    """Is there nothing to fetch for it? A verified clip that is gone from the store is to be fetched again."""
    if take.state is State.VERIFIED:
        return take.clip in clips or take.clip_url is None
    return take.state not in AT_FAL
