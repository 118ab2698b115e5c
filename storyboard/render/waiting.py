"""Waiting for a slot at fal: others that share the ledger, or takes of runs that ended, have all there are.

Who waits does not only wait. What holds a slot and was left by a run that died would hold it for good: it is followed
until fal is done with it, which costs nothing, and whoever asked for it finds it there.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable

from storyboard.errors import LedgerError, StoryboardError
from storyboard.fal.errors import FalError, NotReached, RequestForgotten
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.slots import HOLDING, Full, Holder, in_words
from storyboard.render.abandoned import anothers
from storyboard.render.lasting import paused
from storyboard.render.observer import Unseen
from storyboard.render.settle import settle
from storyboard.render.stage import Stage, Teller
from storyboard.render.wait import completed
from storyboard.render.watch import GROWTH

BEAT = 10.0  # seconds between two signs of life: see `LIVES`
ENDING = 1.0  # seconds that a sign of life has to be given, as the run ends

Answer = TakeRecord | Full | None


async def admitted(stage: Stage, ask: Callable[[], Awaitable[Answer]], teller: Teller) -> TakeRecord | None:
    """What the ledger answers once it is our turn. One take of the run asks at a time. Raises CancelledError when the
    render is to end."""
    pause, longest = stage.patience.pauses
    async with stage.turns.asking:
        while isinstance(found := await ask(), Full):
            _tell(stage, found, teller)
            _follow(stage, found.orphans)
            await paused(stage, stage.world.jitter(pause))
            pause = min(pause * GROWTH, longest)
            if stage.stop.is_set():
                raise asyncio.CancelledError
    return found


async def followed(stage: Stage, take: TakeRecord, teller: Teller) -> TakeRecord:
    """A take that may be at fal, as soon as that is done with it, or it was looked for in vain."""
    try:
        take = await anothers(stage, take, teller)
        if take.state is State.UNKNOWN:
            take = await settle(stage, take, teller)
        if take.state is State.SENT:
            take = await completed(stage, take, teller)
    except RequestForgotten:
        stage.turns.in_vain.add(take.intent)
        raise
    if take.state is State.UNKNOWN:
        stage.turns.in_vain.add(take.intent)
    return take


def _tell(stage: Stage, full: Full, teller: Teller) -> None:
    """Whom it waits for, once for each change of that."""
    others = {name for name, _ in full.by} - {str(stage.turns.known)}
    names = (*sorted(others), "", *map(str, full.ahead))
    first = f"; before this one comes {full.ahead[0]}" if full.ahead else ""
    news = names != stage.turns.told and (others or full.ahead)
    teller.tell("waiting", line=in_words(full.slots, full.by) + first if news else None)
    stage.turns.told = names


def _follow(stage: Stage, orphans: tuple[Holder, ...]) -> None:
    """Raises NotReached when fal did not tell of one for as long as anybody is patient."""
    tasks = stage.turns.followed
    for orphan in orphans:
        task = tasks.get(orphan.intent)
        if task is not None and task.done() and (failure := task.result()) is not None:
            raise NotReached(
                f"It was not sent: fal does not tell what became of a take that has the slot ({failure}) Nothing was "
                "bought for it; run the same command again."
            )
        if task is None or task.done():
            tasks[orphan.intent] = asyncio.create_task(_quietly(stage, orphan))


async def _quietly(stage: Stage, orphan: Holder) -> FalError | None:
    """It is another's take: what became of it, the ledger is told alone. Returns what kept fal from telling."""
    try:
        take = stage.ledger.get(orphan.key)
        if take.intent == orphan.intent and take.state in HOLDING:
            await followed(stage, take, Teller(Unseen(), stage.world, take.scene, take.take, 0.0))
    except FalError as failure:
        return failure if orphan.intent not in stage.turns.in_vain else None
    except StoryboardError:
        pass  # of the ledger: it is asked again
    return None


@contextlib.asynccontextmanager
async def at_work(stage: Stage) -> AsyncIterator[None]:
    """Others that share the ledger know of this run while the context lasts."""
    ended = threading.Event()
    beating = threading.Thread(target=_beat, args=(stage, ended), name="at work", daemon=True)
    if stage.ledger.place.shared is not None:
        with contextlib.suppress(LedgerError):  # it is told again with the first question
            stage.ledger.runs.begin(stage.turns.run)
        beating.start()
    try:
        yield
    finally:
        tasks = stage.turns.followed.values()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        ended.set()
        if beating.ident is not None:
            beating.join(ENDING)
            with contextlib.suppress(LedgerError):  # else it is found out in a while
                stage.ledger.runs.end(stage.turns.run)


def _beat(stage: Stage, ended: threading.Event) -> None:
    """In a thread of its own: a run lives also while its loop is busy."""
    while not ended.wait(BEAT):
        with contextlib.suppress(LedgerError):
            stage.ledger.runs.lives(stage.turns.run)
