"""May a take that came to nothing have been billed? Only what surely cost nothing is bought again unasked."""

from __future__ import annotations

from storyboard.errors import LedgerError, StoryboardError
from storyboard.fal import history
from storyboard.fal.errors import FalError, GenerationCancelled, GenerationFailed
from storyboard.fal.wire import Wire
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import TakeRecord


async def may_be_billed(wire: Wire, take: TakeRecord, failure: GenerationFailed) -> bool:
    """A cancelled take is free only when fal's history says that it never began: what the last look at the queue
    saw is seconds old."""
    if not failure.maybe_billed:
        return False
    if not isinstance(failure, GenerationCancelled) or failure.billed:
        return True
    try:
        past = await history.entry(wire, take.endpoint, take.request_id or "")
    except FalError:
        return True
    return past is None or past.began


def bill_in_words(scene: str, *, maybe_billed: bool) -> str:
    """What became of the money, and what to run next."""
    if maybe_billed:
        return (
            "It may have been billed. It is not sent again by itself. Change the scene, which makes it another "
            f"request, or let `storyboard reconcile PATH --resend {scene}` send this one again, at its full price."
        )
    return "It was not billed. The next run sends it again."


def is_free(failure: StoryboardError, ledger: Ledger, key: tuple[str, int]) -> bool:
    """Whether nothing can have been bought for a take that failed, as far as the ledger can tell."""
    if isinstance(failure, LedgerError):
        return False
    record = ledger.find(key)
    return record is None or record.sendable
