"""A shared ledger whose server goes away in the middle of a render: nothing is sent that can't be recorded, what came
back is recorded before anything else, and the render goes on when the server is back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import count
from typing import TypeVar

from storyboard.errors import LedgerAway, Overtaken
from storyboard.ledger.pending import again
from storyboard.render.stage import Stage, Teller

T = TypeVar("T")
MOST_TURNS = 20  # a take has fewer states
PAUSES = (0.5, 1.0, 2.0, 5.0)  # seconds between two looks whether it is back; the last one again and again


def as_it_is(found: object) -> None:
    """Leaves what was done as it is."""
    del found


async def lasting(
    stage: Stage, teller: Teller, work: Callable[[], T], undone: Callable[[T], object] = as_it_is
) -> T:
    """What the ledger says to this, once its server is back: one write of the ledger's, which is done once; `undone`
    when the wait was broken off. Raises LedgerAway when patience ends, or the render does."""
    try:
        return work()
    except LedgerAway as failure:
        away = failure
    began = stage.world.elapsed()
    while True:
        try:
            await _back(stage, teller, away, began)
        except asyncio.CancelledError:
            _at_last(away, work, undone)
            raise
        try:
            return again(away, work)
        except LedgerAway as failure:
            away = failure


def _at_last(away: LedgerAway, work: Callable[[], T], undone: Callable[[T], object]) -> None:
    """Another take ends the render: what is known is written down, if it can be."""
    try:
        undone(again(away, work))
    except LedgerAway as failure:
        failure.final = True
        raise failure from None


async def outlasting(stage: Stage, teller: Teller, work: Callable[[], Awaitable[T]]) -> T:
    """What the work comes to, begun anew when the server went away within it, or another machine that shares the ledger
    moved the take on. For work that goes on from what the ledger says, as a new run of the program would. Raises
    LedgerAway when patience ends, or the render does."""
    shared = stage.ledger.place.shared is not None
    for turn in count():
        try:
            return await work()
        except Overtaken:
            if not shared or turn > MOST_TURNS:
                raise
        except LedgerAway as failure:
            if failure.final:
                raise
            await _back(stage, teller, failure, stage.world.elapsed())
    raise AssertionError  # the loop returns or raises


async def _back(stage: Stage, teller: Teller, away: LedgerAway, began: float) -> None:
    """Returns when the server answers again. Nobody else is kept from working meanwhile."""
    teller.tell("trouble", line=str(away))
    for turn in count():
        pause = stage.world.jitter(PAUSES[min(turn, len(PAUSES) - 1)])
        if stage.stop.is_set() or stage.world.elapsed() + pause - began > stage.patience.ledger:
            away.final = True
            raise away
        await paused(stage, pause)
        async with stage.looking:
            if not stage.stop.is_set() and await asyncio.to_thread(_answers, stage):
                return


async def paused(stage: Stage, seconds: float) -> None:
    """So long, or until the render is to end."""
    waiting = [asyncio.ensure_future(each) for each in (stage.world.sleep(seconds), stage.stop.wait())]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def _answers(stage: Stage) -> bool:
    try:
        return bool(stage.ledger.id)
    except LedgerAway:
        return False
