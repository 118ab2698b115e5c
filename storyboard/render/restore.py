"""A take that was bought and whose clip is not here: the same bytes had back, out of the shared store or from fal. All
of it free."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec.structs import replace

from storyboard.errors import StoreAway
from storyboard.fal import history, queue
from storyboard.fal.download import OtherSize, download
from storyboard.fal.errors import DownloadFailed, FalError, OddAnswer
from storyboard.ledger.fetching import fetched_from_shared
from storyboard.ledger.record import TakeRecord
from storyboard.render.stage import Stage, Teller, incoming
from storyboard.render.verify import shortcomings


async def restored(stage: Stage, record: TakeRecord, teller: Teller) -> TakeRecord:
    """A take whose clip is known and not in the store: the same bytes fetched again, out of the shared store or else
    from fal."""
    teller.tell("downloading", line="the clip is not in the store")
    if not await _from_shared(stage, record.clip or "", teller):
        await _from_fal(stage, record)
    teller.tell("verified")
    return stage.ledger.clip_missing(record.key, None) if record.error else record


async def at_hand(stage: Stage, clip: str, teller: Teller) -> bool:
    """Is the clip in the store, where need be out of the shared one?"""
    return stage.store.holds(clip) or await _from_shared(stage, clip, teller)


async def _from_shared(stage: Stage, clip: str, teller: Teller) -> bool:
    try:
        return await fetched_from_shared(stage.store, clip)
    except StoreAway as failure:
        teller.tell("trouble", line=str(failure))
        return False


async def _from_fal(stage: Stage, record: TakeRecord) -> None:
    temporary = incoming(stage, record.request_id)
    try:
        clip = await _very_clip(stage, record, temporary)
        if record.origin is not None:  # nobody here has looked at it yet
            await asyncio.to_thread(shortcomings, temporary, record)
        await asyncio.to_thread(stage.store.put, temporary, clip)
    finally:
        temporary.unlink(missing_ok=True)


async def _very_clip(stage: Stage, record: TakeRecord, temporary: Path) -> str:
    """The clip's own bytes, from its URL or else from where fal's history says that it is."""
    try:
        return _same(record, await _again(stage, record, temporary))
    except (DownloadFailed, OddAnswer) as failure:
        gone: FalError = failure
    try:
        now = await _in_history(stage, record)
    except FalError:  # nobody knows; the next run looks again
        raise _nowhere(record, gone) from gone
    try:
        if now is not None:
            there = replace(record, clip_url=now.clip_url, file_size=now.file_size)
            return _same(record, await _again(stage, there, temporary))
    except DownloadFailed as failure:
        gone = failure
    stage.ledger.clip_missing(record.key, f"its clip is neither in the store nor at fal: {gone}")
    raise _nowhere(record, gone) from gone


async def _in_history(stage: Stage, record: TakeRecord) -> queue.Result | None:
    if record.request_id is None:
        return None
    past = await history.entry(stage.wire, record.endpoint, record.request_id)
    if past is None or past.output is None or (past.status or 200) >= 400:  # noqa: PLR2004
        return None
    return queue.made(stage.wire, past.output, {})


def _nowhere(record: TakeRecord, failure: FalError) -> DownloadFailed:
    return DownloadFailed(
        f"The clip of {record.subject} (take {record.take}, request {record.request_id}) is paid but "
        f"neither in the store nor at fal. {failure} Put {record.clip}.mp4 back from a backup, or ask "
        "for another take."
    )


async def _again(stage: Stage, record: TakeRecord, temporary: Path) -> str:
    try:
        return await downloaded(stage, record, temporary)
    except OtherSize as failure:
        if failure.sha256 == record.clip:  # it is what was kept before, whatever fal states
            return failure.sha256
        raise


def _same(record: TakeRecord, clip: str) -> str:
    if clip != record.clip:
        raise DownloadFailed("What fal keeps there is no longer the clip that was bought.")
    return clip


async def downloaded(stage: Stage, record: TakeRecord, temporary: Path) -> str:
    """A take's clip from its URL at fal, to a temporary file; its sha256."""
    if record.clip_url is None:
        raise DownloadFailed("The ledger names no clip to fetch.")
    return await download(
        stage.wire, record.clip_url, temporary, file_size=record.file_size, seconds=record.seconds
    )
