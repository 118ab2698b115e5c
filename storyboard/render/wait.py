"""A take that fal has: waiting for it, fetching its clip, verifying it. All of it free, all of it
repeatable."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path

from storyboard.catalog.endpoints import catalog
from storyboard.errors import LedgerError, MediaError, StoreAway
from storyboard.fal import history, queue
from storyboard.fal.download import OtherSize
from storyboard.fal.errors import (
    DownloadFailed,
    FalError,
    GenerationCancelled,
    GenerationFailed,
    MediaRefused,
    NotReached,
    OddAnswer,
    RequestForgotten,
    TooManyRequests,
)
from storyboard.ledger.pushing import put_into_shared
from storyboard.ledger.record import State, Submission, TakeRecord
from storyboard.render.bill import may_be_billed
from storyboard.render.news import news
from storyboard.render.restore import downloaded, restored
from storyboard.render.stage import Stage, Teller, incoming
from storyboard.render.verify import shortcomings, unusable
from storyboard.render.watch import Watch

BY_CONTENT = re.compile(r"sha256:([0-9a-f]{64})")
FETCHES = 3
CANCELLED = 499  # the code of a request that was cancelled


async def completed(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    """Waits until fal has the clip. A failed generation is recorded and raised."""
    try:
        return await _waited(stage, record, teller)
    finally:
        hints, request_id = stage.hints, record.request_id or ""
        if hints and hints.noted(request_id) and stage.ledger.get(record.key).state is not State.SENT:
            hints.clear(request_id)


async def _waited(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    now = stage.world.elapsed()
    watch = Watch(stage, _submission(record), teller, good=now, asked=now)
    async with news(stage, watch.submission, watch.hear) as heard:
        while True:
            await watch.pause(heard)
            try:
                result = await watch.look(heard)
                if result is not None:
                    return _complete(stage, record, result)
            except RequestForgotten as lost:
                if watch.known or stage.world.elapsed() - watch.good > stage.patience.fresh:
                    return await _from_history(stage, record, lost)
            except GenerationFailed as failure:
                raise await _failed(stage, record, failure) from failure
            except (NotReached, TooManyRequests, OddAnswer) as failure:
                if stage.world.elapsed() - watch.good > stage.patience.silence:
                    raise type(failure)(f"{failure} {_kept(record)}") from failure
                teller.tell("trouble", line=str(failure))


def _kept(record: TakeRecord) -> str:
    return (
        f"It stays recorded as request {record.request_id}, and is not bought again: run the same "
        "command later, and it is asked for again."
    )


async def fetched(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    """Downloads a completed take's clip into the store and verifies it. A voice is whole as it is."""
    if record.voice is not None:
        teller.tell("verified")
        return stage.ledger.verified(record.key, ())
    teller.tell("downloading")
    temporary = incoming(stage, record.request_id)
    for attempt in range(FETCHES):
        try:
            clip, odd = await _whole(stage, record, temporary)
            warnings = odd + await asyncio.to_thread(shortcomings, temporary, record)
        except (DownloadFailed, MediaError) as failure:
            last = attempt + 1 == FETCHES
            kept = stage.store.keep_odd(temporary) if last and isinstance(failure, MediaError) else None
            temporary.unlink(missing_ok=True)
            if last:
                raise _damaged(record, failure, kept) from failure
            record = await _refreshed(stage, record)
            continue
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        await asyncio.to_thread(stage.store.put, temporary, clip)
        return await _verified(stage, record, clip, warnings, teller)
    raise AssertionError  # the loop returns or raises


async def _whole(stage: Stage, record: TakeRecord, temporary: Path) -> tuple[str, tuple[str, ...]]:
    """The clip's name, and what is odd about it: what is paid is kept though fal states another size, when every frame
    of it decodes and it is as long as it should be."""
    try:
        return await downloaded(stage, record, temporary), ()
    except OtherSize as failure:
        problem = await asyncio.to_thread(unusable, temporary, record)
        if problem is not None:
            raise DownloadFailed(f"{failure} What came is no use either: {problem}.") from failure
        return failure.sha256, (f"{failure.reason}; it is whole all the same",)


async def judged(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    """Verifies a clip that an earlier run put into the store."""
    if record.clip is None:
        raise _nameless(record)
    if not stage.store.holds(record.clip):
        await restored(stage, record, teller)
    path = await asyncio.to_thread(stage.store.read, record.clip)
    warnings = await asyncio.to_thread(shortcomings, path, record)
    teller.tell("verified", line="; ".join(warnings) or None)
    return stage.ledger.verified(record.key, warnings)


async def _refreshed(stage: Stage, record: TakeRecord) -> TakeRecord:
    """The take with where fal says its clip is now, when it says so."""
    try:
        result = await queue.result(stage.wire, _submission(record))
        return record if result is None else _complete(stage, record, result)
    except RequestForgotten as lost:
        try:
            return await _from_history(stage, record, lost)
        except FalError:
            return record
    except FalError:
        return record


async def _from_history(stage: Stage, record: TakeRecord, lost: RequestForgotten) -> TakeRecord:
    """The queue forgets a result after about an hour; the history keeps it for weeks."""
    past = await history.entry(stage.wire, record.endpoint, record.request_id or "")
    if past is not None and past.output is not None and (past.status or 200) < 400:  # noqa: PLR2004
        return _complete(stage, record, queue.made(stage.wire, past.output, {}))
    if past is not None and past.status is not None and past.status >= 400:  # noqa: PLR2004
        kind = GenerationCancelled if past.status == CANCELLED else GenerationFailed
        failure = kind(f"fal's history says that it failed (HTTP {past.status})", past.status)
        raise await _failed(stage, record, failure) from lost
    raise RequestForgotten(
        f"{lost} Its history does not show the result of {record.subject} yet. The take is recorded as "
        "sent and is not bought again: run the same command later, or see `storyboard takes`."
    ) from lost


def _complete(stage: Stage, record: TakeRecord, result: queue.Result) -> TakeRecord:
    if (result.voice is not None) != (record.endpoint == catalog().voices.id):
        raise OddAnswer(f"fal made something else of request {record.request_id} than what was asked for.")
    return stage.ledger.completed(
        record.key, result.clip_url, result.file_size, result.billable_units, result.voice
    )


async def _failed(stage: Stage, record: TakeRecord, failure: GenerationFailed) -> GenerationFailed:
    billed = await may_be_billed(stage.wire, record, failure)
    if stage.ledger.get(record.key).state in {State.FAILED, State.CANCELLED}:
        return failure  # `storyboard cancel` was first to see it
    if isinstance(failure, MediaRefused):  # an upload may have gone: the next try sends the file anew
        stage.ledger.uploads.forget(BY_CONTENT.findall(record.body or ""))
    if isinstance(failure, GenerationCancelled):
        stage.ledger.cancelled(record.key, str(failure), maybe_billed=billed, units=failure.units)
    else:
        stage.ledger.failed(record.key, str(failure), maybe_billed=billed, units=failure.units)
    return failure


async def _verified(
    stage: Stage, record: TakeRecord, clip: str, warnings: tuple[str, ...], teller: Teller
) -> TakeRecord:
    warnings += _twins(stage, record, clip)
    stage.ledger.downloaded(record.key, clip)
    with suppress(StoreAway):  # it is here; the end of the run tries again, and says so
        await put_into_shared(stage.store, clip)  # who waits elsewhere for the take finds it there
    teller.tell("verified", line="; ".join(warnings) or None)
    return stage.ledger.verified(record.key, warnings)


def _twins(stage: Stage, record: TakeRecord, clip: str) -> tuple[str, ...]:
    """Two different requests never yield the same bytes, unless fal mixed them up."""
    alike = stage.ledger.scenes_with(clip, but=record.digest)
    return tuple(
        f"the clip is byte for byte that of scene {scene}, which asked for another" for scene in alike
    )


def _submission(record: TakeRecord) -> Submission:
    if record.submission is None:
        raise LedgerError(
            f"The ledger says that {record.subject} was sent, but not as which request: the file is "
            "damaged. Nothing was sent. Put the ledger back from a backup."
        )
    return record.submission


def _damaged(record: TakeRecord, failure: Exception, kept: Path | None) -> DownloadFailed:
    if kept is None:  # the failure says what to do
        return DownloadFailed(f"{record.subject.capitalize()}, request {record.request_id}: {failure}")
    return DownloadFailed(
        f"The clip of scene {record.scene} (request {record.request_id}) can't be used as fal serves it: "
        f"{failure} It is paid and recorded; run the same command again and it is fetched, not bought, again. "
        f"What came is kept as {kept}."
    )


def _nameless(record: TakeRecord) -> LedgerError:
    return LedgerError(
        f"The ledger says that the clip of scene {record.scene} was downloaded, but not which it is: the "
        "file is damaged. Nothing was sent. Put the ledger back from a backup."
    )
