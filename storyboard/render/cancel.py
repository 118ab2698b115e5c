"""Takes stopped on request. What still waits in the queue is dropped; what runs gets a signal and may be
charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from storyboard.errors import LedgerError
from storyboard.fal import queue
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

LOOKS, PAUSE = 6, 0.7

End = Literal[
    "cancelled in the queue",
    "cancelled while running",
    "signalled",  # fal took the cancellation, and the request has not ended yet
    "finished",
    "not known",  # fal does not know the request (any more)
    "failed",  # it had failed already, or fal can't be reached
]


@dataclass(frozen=True, slots=True)
class Stopped:
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
        stopped = [await _cancelled(wire, ledger, take) for take in reversed(takes)]
    return tuple(reversed(stopped))


async def _cancelled(wire: Wire, ledger: Ledger, take: TakeRecord) -> Stopped:
    submission = take.submission
    if submission is None:
        return Stopped(take, "not known", "the ledger has no request id for it")
    try:
        before = (await queue.status(wire, submission)).phase
        if before == "done":
            return await _ended(wire, ledger, take, submission, before)
        if await queue.cancel(wire, submission) == "not found":
            return Stopped(take, "not known")
        for _ in range(LOOKS):
            if (await queue.status(wire, submission)).phase == "done":
                return await _ended(wire, ledger, take, submission, before)
            await wire.world.sleep(PAUSE)
    except KeyProblem:
        raise
    except RequestForgotten as failure:
        return Stopped(take, "not known", str(failure))
    except FalError as failure:
        return Stopped(take, "failed", str(failure))
    return Stopped(take, "signalled")


async def _ended(
    wire: Wire, ledger: Ledger, take: TakeRecord, submission: Submission, before: queue.Phase
) -> Stopped:
    try:
        await queue.result(wire, submission)
    except GenerationCancelled as failure:
        ran = before != "queued"
        _record(ledger, take, failure, ran=ran)
        return Stopped(take, "cancelled while running" if ran else "cancelled in the queue")
    except GenerationFailed as failure:
        return Stopped(take, "failed", str(failure))
    return Stopped(take, "finished")


def _record(ledger: Ledger, take: TakeRecord, failure: GenerationCancelled, *, ran: bool) -> None:
    try:
        ledger.cancelled(take.key, str(failure), maybe_billed=ran)
    except LedgerError:
        # A render that waits for the same take may have seen its end first.
        if ledger.get(take.key).state is not State.CANCELLED:
            raise
