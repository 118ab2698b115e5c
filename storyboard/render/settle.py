"""A submit whose answer was lost: looked for in fal's history, adopted when found, left unknown when not.

Requests with equal bodies are interchangeable, so they are matched as multisets: each unknown take gets
one of the entries that no take of the ledger has. Not found proves nothing, and never leads to sending
again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from storyboard.errors import LedgerError, Refused
from storyboard.fal import history, queue
from storyboard.fal.account import Account
from storyboard.fal.errors import FalError, RequestForgotten
from storyboard.fal.hosts import submission
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.given_up import FOUND_AFTER_ALL
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.render.compared import differing
from storyboard.render.stage import Stage, Teller

BEFORE = timedelta(hours=1)


async def settle(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    """The take as sent when fal's history has it, else still unknown after all looks."""
    for pause in (0.0, *stage.patience.looks):
        teller.tell("looking", line=record.error)
        await stage.world.sleep(pause)
        async with stage.adopting:
            record = stage.ledger.get(record.key)
            if record.state is not State.UNKNOWN:
                return record
            found = await _found(stage.wire, stage.ledger, record)
            if found is not None:
                return _adopted(stage.wire, stage.ledger, record, found)
    teller.tell("unknown", line=record.error)
    return record


async def look_once(
    ledger: Ledger, account: Account, takes: Sequence[TakeRecord], world: World | None = None
) -> tuple[TakeRecord, ...]:
    """One look into the history for each of the takes; those found are adopted."""
    async with Wire(account, world or World()) as wire:
        searched: list[TakeRecord] = []
        for take in takes:
            found = await _found(wire, ledger, take)
            searched.append(take if found is None else _adopted(wire, ledger, take, found))
        return tuple(searched)


async def adopt(
    ledger: Ledger,
    account: Account,
    take: TakeRecord,
    request_id: str,
    world: World | None = None,
    *,
    force: bool = False,
) -> TakeRecord:
    """A person's word that this request is the take, believed if fal knows the request and its body is the take's."""
    async with Wire(account, world or World()) as wire:
        past = await _past(wire, take, request_id)
        found = submission(account, take.endpoint, request_id)
        if past is None:
            await queue.status(wire, found)
        if not force:
            _refuse_given_up(ledger, take, request_id)
            _refuse_another(take, request_id, past)
        return ledger.sent(take.key, found, "adopted by a person")


async def _past(wire: Wire, take: TakeRecord, request_id: str) -> history.Past | None:
    try:
        return await history.entry(wire, take.endpoint, request_id)
    except FalError:
        return None  # a key need not have the right to look there


def _refuse_given_up(ledger: Ledger, take: TakeRecord, request_id: str) -> None:
    """Raises Refused for the id of an attempt that ended before this one was sent: taken for it, the one whose answer
    was lost would be forgotten, and might be bought again."""
    if ledger.is_old(request_id):
        raise Refused(
            f"Request {request_id} was not adopted for {take.subject}: the ledger has it as an attempt that ended "
            "before this one was sent. Nothing was changed. When you are sure that it is this take, add --force."
        )


def _refuse_another(take: TakeRecord, request_id: str, past: history.Past | None) -> None:
    """Raises Refused unless the request's body is known to be the take's."""
    if past is not None and past.body is not None and past.body == take.body:
        return
    if past is None or past.body is None:
        why = "fal's history does not show what it asked for (yet), so it can't be compared with the scene"
    else:
        why = f"it is another request: {differing(take.body or '{}', past.body)}"
    raise Refused(
        f"Request {request_id} was not adopted for {take.subject}: {why}. Nothing was changed. When you are sure "
        "that it is this take, add --force."
    )


async def look_before_resending(
    ledger: Ledger, account: Account, take: TakeRecord, world: World | None = None
) -> TakeRecord | None:
    """The take, adopted, when fal's history has by now the submit whose answer was lost; None when it has not."""
    if take.request_id is not None or take.body is None:
        return None
    async with Wire(account, world or World()) as wire:
        found = await _found(wire, ledger, take)
        if found is None:
            return None
        if take.state is not State.UNKNOWN:  # it was written off
            ledger.reopen(take.key, FOUND_AFTER_ALL)
            ledger.begin_sending(take.key, take.body, take.estimate, take.price_book or "", bought=True)
        return ledger.sent(
            take.key, submission(account, take.endpoint, found), "adopted: fal's history has it"
        )


async def _found(wire: Wire, ledger: Ledger, record: TakeRecord) -> str | None:
    """The id of a request that this take's submit became; None when there is no proof of one."""
    then = history.skews_around(record, ledger.takes())
    try:
        past = await _around(wire, record, then)
    except FalError:
        past = ()  # no verdict: a history that can't be read whole says nothing
    if record.seen_id and any(p.request_id == record.seen_id for p in past):
        return record.seen_id
    taken = {take.request_id for take in ledger.takes()}
    taken |= {event.request_id for event in ledger.events()}
    sent_at = datetime.fromisoformat(record.sent_at or record.created_at)
    alike = history.matches(past, record.body or "", sent_at, wire.skew, then)
    for candidate in alike:
        if candidate.request_id not in taken:
            return candidate.request_id
    return await _still_known(wire, record)


async def _around(wire: Wire, record: TakeRecord, then: Sequence[timedelta]) -> tuple[history.Past, ...]:
    sent_at = datetime.fromisoformat(record.sent_at or record.created_at)
    start = min(sent_at, *(sent_at + seen for seen in then)) if then else sent_at
    start -= BEFORE + abs(wire.skew)
    end = wire.world.now() + BEFORE + abs(wire.skew)
    return await history.entries(wire, record.endpoint, start, end)


async def _still_known(wire: Wire, record: TakeRecord) -> str | None:
    """An id that came with an odd answer, if the queue knows a request by it."""
    if not record.seen_id:
        return None
    try:
        await queue.status(wire, submission(wire.account, record.endpoint, record.seen_id))
    except RequestForgotten:
        return None
    except FalError:
        return None
    return record.seen_id


def _adopted(wire: Wire, ledger: Ledger, record: TakeRecord, request_id: str) -> TakeRecord:
    found = submission(wire.account, record.endpoint, request_id)
    try:
        return ledger.sent(record.key, found, "adopted: fal's history has it")
    except LedgerError:
        current = ledger.get(record.key)
        if current.state is State.UNKNOWN:
            raise
        return current
