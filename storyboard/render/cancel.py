"""Takes stopped on request. What still waits in the queue is dropped; what runs gets a signal and may be
charged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from msgspec import Struct

from storyboard.errors import LedgerError
from storyboard.fal import history, queue
from storyboard.fal.account import Account
from storyboard.fal.errors import (
    FalError,
    GenerationCancelled,
    GenerationFailed,
    KeyProblem,
    RequestForgotten,
)
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, Submission, TakeRecord
from storyboard.render.bill import may_be_billed

LOOKS, PAUSE = 6, 0.7

End = Literal[
    "cancelled in the queue",  # fal says that it never began
    "cancelled",  # it may have begun
    "signalled",  # fal took the cancellation, and the request has not ended yet
    "finished",
    "not known",  # fal does not know the request (any more)
    "failed",  # it had failed already, or fal can't be reached
]


class Stopped(Struct, frozen=True):
    """What became of one take; `reason` in words where there is one."""

    take: TakeRecord
    end: End
    reason: str = ""


async def cancel_takes(
    takes: Sequence[TakeRecord], ledger: Ledger, account: Account, world: World | None = None
) -> tuple[Stopped, ...]:
    """Cancels each of the takes that fal has. Raises KeyProblem.

    The last one sent goes first: cancelling what runs would let the next in the queue begin, and be charged.
    """
    async with Wire(account, world or World()) as wire:
        queued = sorted(takes, key=_accepted_at)
        stopped = {take.key: await _cancelled(wire, ledger, take) for take in reversed(queued)}
    return tuple(stopped[take.key] for take in takes)


def _accepted_at(take: TakeRecord) -> tuple[datetime, int]:
    """When fal took it: two submits that were under way at once may arrive in the other order."""
    sent_at = datetime.fromisoformat(take.sent_at or take.created_at)
    return (history.accepted_at(take.request_id or "") or sent_at, take.number)


async def _cancelled(wire: Wire, ledger: Ledger, take: TakeRecord) -> Stopped:
    submission = take.submission
    if submission is None:
        return Stopped(take, "not known", "the ledger has no request id for it")
    try:
        if (await queue.status(wire, submission)).phase == "done":
            return await _ended(wire, ledger, take, submission)
        if await queue.cancel(wire, submission) == "not found":
            return Stopped(take, "not known")
        for _ in range(LOOKS):
            if (await queue.status(wire, submission)).phase == "done":
                return await _ended(wire, ledger, take, submission)
            await wire.world.sleep(PAUSE)
    except KeyProblem:
        raise
    except RequestForgotten as failure:
        return Stopped(take, "not known", str(failure))
    except FalError as failure:
        return Stopped(take, "failed", str(failure))
    return Stopped(take, "signalled")


async def _ended(wire: Wire, ledger: Ledger, take: TakeRecord, submission: Submission) -> Stopped:
    try:
        await queue.result(wire, submission)
    except GenerationCancelled as failure:
        billed = await may_be_billed(wire, take, failure)
        _record(ledger, take, failure, billed=billed)
        return Stopped(take, "cancelled" if billed else "cancelled in the queue")
    except GenerationFailed as failure:
        return Stopped(take, "failed", str(failure))
    return Stopped(take, "finished")


def _record(ledger: Ledger, take: TakeRecord, failure: GenerationCancelled, *, billed: bool) -> None:
    try:
        ledger.cancelled(take.key, str(failure), maybe_billed=billed, units=failure.units)
    except LedgerError:
        # A render that waits for the same take may have seen its end first.
        if ledger.get(take.key).state is not State.CANCELLED:
            raise
