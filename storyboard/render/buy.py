"""One take bought: intent durable, one POST, its outcome durable. Nothing here ever sends twice what may
be taken."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
from datetime import datetime, timedelta
from functools import partial

from storyboard.errors import LedgerAway, LedgerError, Refused, StoryboardError
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
from storyboard.ledger.slots import Full
from storyboard.plan.steps import Plan, Step
from storyboard.render.budget import month_judge
from storyboard.render.lasting import lasting
from storyboard.render.stage import Stage, Teller
from storyboard.render.waiting import admitted

TRIES = 6  # of what was certainly not taken: no connection, or 429
GRACE = 1.2  # seconds that an interrupted POST has to bring its answer home
TAKEN = "fal took "  # how it begins, what is said of a request that the ledger was not told of
EARLIER = timedelta(seconds=3)  # than its sending no id is; fal's clock is known to about a second


async def buy(stage: Stage, plan: Plan, step: Step, content: bytes, teller: Teller) -> TakeRecord:
    """Sends the request of a step whose take nobody has bought. Returns it as sent or unknown, or raises. What was
    agreed to is paid once in a run, whoever lets the take be sent again meanwhile."""
    request = step.request
    key = (request.digest or "", request.take)
    body = canonical(json.loads(content))
    reason, sent = "", stage.turns.sent
    for attempt in range(TRIES):
        record = claimed(stage, plan, step)
        if key in sent and record.state is State.INTENDED:
            raise _not_again(step)
        if stage.stop.is_set():
            raise asyncio.CancelledError
        began = await admitted(stage, partial(_begun, stage, plan, step, record.intent, body, teller), teller)
        if began is None:
            return stage.ledger.get(key)  # another process was first
        teller.tell("sending")
        sent.add(key)
        outcome = await _posted(stage, request.endpoint, content, began)
        record = await _kept(stage, began, outcome, teller)
        if record.state is not State.INTENDED:
            return record
        sent.discard(key)
        reason = record.error or ""
        wait = outcome.wait if isinstance(outcome, RefusedCertainly) else None
        teller.tell("trouble", line=reason)
        if attempt + 1 < TRIES:
            await stage.world.sleep(max(wait or 0.0, stage.world.jitter(min(0.5 * 2**attempt, 30.0))))
    raise NotReached(
        f"The request was not sent: {reason}. Nothing was bought for it; run the same command again."
    )


def _not_again(step: Step) -> Refused:
    return Refused(
        f"Scene {step.scene} was sent by this run already, and somebody has let it be sent again since: the plan pays "
        "for it once. Nothing more was sent for it. Run the same command again to see the new plan."
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


async def _begun(
    stage: Stage, plan: Plan, step: Step, intent: str, body: str, teller: Teller
) -> TakeRecord | Full | None:
    """The take as it is about to be sent, durably; None when another process sends it, Full when there is no slot for
    it. Waits for a ledger that is away: nothing leaves before it is back."""
    ledger, key, turns = stage.ledger, (step.request.digest or "", step.request.take), stage.turns
    judge = month_judge(step, turns.caps)

    def not_after_all(began: TakeRecord | Full | None) -> None:
        if isinstance(began, TakeRecord):
            ledger.not_sent(began, "interrupted before it was sent")

    def begin() -> TakeRecord | Full | None:
        ask = partial(ledger.runs.ask, run=turns.run, given_up=turns.in_vain, judge=judge)
        return ledger.begin_sending(key, body, step.amount, plan.price_book, stage.wire.skew, ask=ask)

    stage.departures.leave(intent)
    try:
        began = await lasting(stage, teller, begin, not_after_all)
    except Refused:
        stage.departures.arrive(intent)
        raise
    sends = isinstance(began, TakeRecord)
    if not sends or stage.stop.is_set():
        not_after_all(began)
        stage.departures.arrive(intent)
    if sends and stage.stop.is_set():
        raise asyncio.CancelledError
    if isinstance(began, TakeRecord):
        turns.after[key] = began.intent
    return began


async def _kept(stage: Stage, record: TakeRecord, outcome: Outcome, teller: Teller) -> TakeRecord:
    """The outcome, durable: see `_settled`. Fal's answer outlives a ledger that is away."""
    if isinstance(outcome, Accepted) and not _anothers(record, outcome.submission):
        _noted_here(stage, record, outcome.submission)
    try:
        found = await lasting(stage, teller, partial(_settled, stage, record, outcome))
    except LedgerAway as failure:
        raise _homeless(record, outcome, failure) from failure
    except StoryboardError:
        stage.departures.arrive(record.intent)  # it is settled: fal refused it
        raise
    stage.departures.arrive(record.intent)
    return found


def _noted_here(stage: Stage, record: TakeRecord, submission: Submission) -> None:
    with contextlib.suppress(LedgerError):  # a second place for it: the ledger is the first
        stage.departures.leave(record.intent, submission)


def _homeless(record: TakeRecord, outcome: Outcome, failure: LedgerAway) -> LedgerAway:
    if not isinstance(outcome, Accepted):
        return failure
    told = LedgerAway(
        f"{TAKEN}{record.subject} as request {outcome.submission.request_id}, and the ledger does not say so yet. "
        f"{failure} It is not bought again: the next run from this folder writes it down, and `storyboard reconcile "
        f"PATH --adopt {shlex.quote(record.scene)}={outcome.submission.request_id}` does it from any other."
    )
    told.final = True
    return told


async def _posted(stage: Stage, endpoint: str, content: bytes, record: TakeRecord) -> Outcome:
    """The POST, carried through an interrupt as far as it can be: its answer is worth money."""
    departure = Departure()

    def on_id(submission: Submission) -> None:
        if not _anothers(record, submission):
            _noted_here(stage, record, submission)
            with contextlib.suppress(LedgerAway):  # it is tried again when the whole answer is there
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
        try:
            _settled(stage, record, outcome)
        except LedgerAway as failure:
            raise _homeless(record, outcome, failure) from failure
        stage.departures.arrive(record.intent)
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
    except LedgerAway:
        raise
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
