"""One take bought: intent durable, one POST, its outcome durable. Nothing here ever sends twice what may
be taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import datetime, timedelta

from storyboard.errors import LedgerError
from storyboard.fal.errors import KeyProblem, NotReached, TooManyRequests
from storyboard.fal.history import accepted_at, canonical
from storyboard.fal.submit import (
    Accepted,
    Departure,
    NothingLeft,
    Outcome,
    RefusedCertainly,
    Unknown,
    submit,
)
from storyboard.ledger.given_up import NOTHING_BOUGHT
from storyboard.ledger.record import Intent, State, Submission, TakeRecord
from storyboard.plan.steps import Plan, Step
from storyboard.render.stage import Stage, Teller

TRIES = 6  # of what was certainly not taken: no connection, or 429
GRACE = 1.2  # seconds that an interrupted POST has to bring its answer home
EARLIER = timedelta(seconds=3)  # than its sending no id is; fal's clock is known to about a second


async def buy(stage: Stage, plan: Plan, step: Step, content: bytes, teller: Teller) -> TakeRecord:
    """Sends the request of a step whose take nobody has bought. Returns it as sent or unknown, or raises."""
    request = step.request
    key = (request.digest or "", request.take)
    body = canonical(json.loads(content))
    reason = ""
    for attempt in range(TRIES):
        record = claimed(stage, plan, step)
        if stage.stop.is_set():
            raise asyncio.CancelledError
        began = stage.ledger.begin_sending(key, body, step.amount, plan.price_book, stage.wire.skew)
        if began is None:
            return stage.ledger.get(key)  # another process was first
        teller.tell("sending")
        outcome = await _posted(stage, request.endpoint, content, began)
        record = _settled(stage, began, outcome)
        if record.state is not State.INTENDED:
            return record
        reason = record.error or ""
        wait = outcome.wait if isinstance(outcome, RefusedCertainly) else None
        teller.tell("trouble", line=reason)
        if attempt + 1 < TRIES:
            await stage.world.sleep(max(wait or 0.0, stage.world.jitter(min(0.5 * 2**attempt, 30.0))))
    raise NotReached(
        f"The request was not sent: {reason}. Nothing was bought for it; run the same command again."
    )


def claimed(stage: Stage, plan: Plan, step: Step) -> TakeRecord:
    """The step's take, its intent durable and, where nothing can have been bought for it, open again."""
    request = step.request
    intent = Intent(
        digest=request.digest or "",
        take=request.take,
        scene=request.scene,
        endpoint=request.endpoint,
        seconds=request.seconds,
        price_book=plan.price_book,
        estimate=step.amount,
    )
    record = stage.ledger.claim(intent)
    if record.state is not State.INTENDED and record.sendable:
        return stage.ledger.reopen(record.key, NOTHING_BOUGHT)
    return record


async def _posted(stage: Stage, endpoint: str, content: bytes, record: TakeRecord) -> Outcome:
    """The POST, carried through an interrupt as far as it can be: its answer is worth money."""
    departure = Departure()

    def on_id(submission: Submission) -> None:
        if not _anothers(record, submission):
            _recorded(stage, record, submission)

    posting = asyncio.create_task(
        submit(
            stage.wire,
            endpoint,
            content,
            record.intent,
            on_id=on_id,
            departure=departure,
            webhook=stage.webhook,
        )
    )
    try:
        return await asyncio.shield(posting)
    except asyncio.CancelledError:
        outcome = await _last_words(posting, departure, stage.stop)
        _settled(stage, record, outcome)
        raise
    except LedgerError:
        raise
    except Exception as failure:
        _settled(stage, record, Unknown(f"the submit broke off ({type(failure).__name__})"))
        raise


async def _last_words(posting: asyncio.Task[Outcome], departure: Departure, stop: asyncio.Event) -> Outcome:
    """What a POST comes to that must end. Another take's failure waits for it, an interrupt only a little."""
    if departure.left:
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({posting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await asyncio.wait({posting}, timeout=GRACE)
    if posting.done() and not posting.cancelled() and posting.exception() is None:
        return posting.result()
    posting.cancel()
    with contextlib.suppress(BaseException):
        await posting
    if departure.left:
        return Unknown("interrupted while it was being sent")
    return NothingLeft("interrupted before it was sent")


def _anothers(record: TakeRecord, submission: Submission) -> bool:
    """An id tells when it was given: one from before the sending is of another request, whose answer this was."""
    given = accepted_at(submission.request_id)
    return (
        given is not None
        and record.sent_at is not None
        and given < datetime.fromisoformat(record.sent_at) - EARLIER
    )


def _recorded(stage: Stage, record: TakeRecord, submission: Submission) -> TakeRecord:
    try:
        return stage.ledger.sent(record.key, submission)
    except LedgerError as failure:
        raise LedgerError(
            f"fal took {record.subject} as request {submission.request_id}, but the ledger can't record "
            f"it: {failure} The next run looks the request up in fal's history; it is not bought again."
        ) from failure


def _settled(stage: Stage, record: TakeRecord, outcome: Outcome) -> TakeRecord:
    """The outcome, durable. Raises what must stop the take, or the whole render."""
    ledger, key = stage.ledger, record.key
    match outcome:
        case Accepted(submission) if _anothers(record, submission):
            why = f"fal answered with request {submission.request_id}, which is older than what was sent"
            return ledger.unknown(key, why)
        case Accepted(submission):
            return _recorded(stage, record, submission)
        case NothingLeft(reason):
            return ledger.not_sent(record, reason)
        case Unknown(reason, seen_id):
            found = ledger.get(key)
            return found if found.state is State.SENT else ledger.unknown(key, reason, seen_id)
        case RefusedCertainly(_, error, _):
            if isinstance(error, TooManyRequests):
                return ledger.not_sent(record, "fal asked to slow down (HTTP 429)")
            if isinstance(error, KeyProblem):
                ledger.not_sent(record, str(error))
                raise error
            ledger.refused(record, str(error))
            raise error
