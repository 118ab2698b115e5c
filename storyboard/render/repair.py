"""Clips that were bought and are gone, fetched again. Nothing is ever sent that costs money."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from storyboard.errors import MediaError, StoryboardError
from storyboard.fal import history, queue
from storyboard.fal.account import Account
from storyboard.fal.errors import DownloadFailed, FalError
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import TakeRecord
from storyboard.ledger.store import Store
from storyboard.render.observer import Observer
from storyboard.render.restore import restored
from storyboard.render.stage import Stage, Teller, stage_of

AT_A_TIME = 4


async def fetched_again(
    lost: Sequence[Sequence[TakeRecord]],
    ledger: Ledger,
    store: Store,
    account: Account,
    observer: Observer,
    *,
    world: World | None = None,
) -> tuple[StoryboardError | None, ...]:
    """For each clip that is gone, given as the takes that name it: None when it is back, else why it is not.

    Raises LedgerError when the disk does not take it.
    """
    world = world or World()
    slots = asyncio.Semaphore(AT_A_TIME)
    async with Wire(account, world) as wire:
        stage = stage_of(ledger, store, wire, observer, world)

        async def one(takes: Sequence[TakeRecord]) -> StoryboardError | None:
            async with slots:
                return await _from_any(stage, takes)

        return tuple(await asyncio.gather(*(one(takes) for takes in lost)))


async def _from_any(stage: Stage, takes: Sequence[TakeRecord]) -> StoryboardError | None:
    failure: StoryboardError | None = None
    for take in takes:
        teller = Teller(stage.observer, stage.world, take.scene, take.take, stage.world.elapsed())
        try:
            await _from_one(stage, take, teller)
        except (FalError, MediaError) as why:
            failure = why
            teller.tell("failed")
        else:
            return None
    return failure


async def _from_one(stage: Stage, take: TakeRecord, teller: Teller) -> None:
    """From where the ledger says that it is; else from where fal says so by now."""
    try:
        await restored(stage, take, teller)
    except FalError as failure:
        now = await _where_now(stage, take, failure)
        if now is None or now.clip_url == take.clip_url:
            raise
        await restored(stage, replace(take, clip_url=now.clip_url, file_size=now.file_size), teller)


async def _where_now(stage: Stage, take: TakeRecord, failure: FalError) -> queue.Result | None:
    """The queue's result, or the history's, which keeps it for weeks; None when fal names no clip any more."""
    if stage.wire.account.key is None:
        raise DownloadFailed(
            f"{failure} Without a key fal's history can't be asked where it is: set FAL_KEY and run the same command "
            "again."
        ) from failure
    try:
        if take.submission is not None and (found := await queue.result(stage.wire, take.submission)):
            return found
    except FalError:
        pass  # forgotten after an hour; the history goes on
    try:
        past = (
            await history.entry(stage.wire, take.endpoint, take.request_id or "") if take.request_id else None
        )
        return None if past is None or past.output is None else queue.made(stage.wire, past.output, {})
    except FalError:
        return None
