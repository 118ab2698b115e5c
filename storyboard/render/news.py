"""What may end a pause between two questions about a request: fal's own stream of it, and a webhook's hint.

Both are only reasons to ask. Polling goes on below them: at its usual pace while neither speaks, and once in a
while (`Patience.net`) under a stream that seems well, since one can go silent without ending.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Literal

import httpx

from storyboard.fal.errors import FalError
from storyboard.fal.queue import Status
from storyboard.fal.stream import listen
from storyboard.ledger.record import Submission
from storyboard.render.stage import Stage

LASTING = 10.0  # seconds; a stream that lived shorter is not opened again: what cuts it would cut the next
LOOK = 0.25  # seconds between two looks for a hint
Stream = Literal["opening", "live", "ended"]
Told = Callable[[Status, int], None]  # a status, and how many log lines came before its own
BROKEN = (httpx.HTTPError, httpx.StreamError, TimeoutError, FalError)


class News:
    """`done` when the stream said that the request is done."""

    def __init__(self, stage: Stage, submission: Submission, told: Told) -> None:
        self.done = False
        self._stage = stage
        self._submission = submission
        self._told = told
        self._stream: Stream = "opening"
        self._spoke = False
        self._lines = 0
        self._woken = asyncio.Event()

    async def listen(self) -> None:
        """The stream, opened again when one that lasted breaks off."""
        while not self.done:
            began = self._stage.world.elapsed()
            self._lines, self._spoke, self._stream = 0, False, "opening"
            with contextlib.suppress(*BROKEN):
                await listen(self._stage.wire, self._submission, self._hear)
            self._stream = "ended"
            self._woken.set()
            if not self._spoke or self._stage.world.elapsed() - began < LASTING:
                return

    async def watch_for_a_hint(self) -> None:
        hints = self._stage.hints
        if hints is None:
            return
        while not hints.noted(self._submission.request_id):
            await self._stage.world.sleep(LOOK)
        self._woken.set()

    def enough_for(self) -> float:
        """Seconds for which nobody needs to be asked: while the stream opens a few, while it is well many."""
        patience = self._stage.patience
        return {"opening": patience.opening, "live": patience.net, "ended": 0.0}[self._stream]

    async def pause(self, seconds: float) -> bool:
        """True when there was news before the time was up."""
        if not self._woken.is_set():
            sleeping = asyncio.ensure_future(self._stage.world.sleep(seconds))
            waking = asyncio.create_task(self._woken.wait())
            try:
                await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await _ended(sleeping, waking)
        woken = self._woken.is_set()
        self._woken.clear()
        return woken

    def _hear(self, status: Status) -> None:
        self._spoke, self._stream = True, "live"
        self._told(status, self._lines)
        self._lines += len(status.lines)
        if status.phase == "done":
            self.done = True


@contextlib.asynccontextmanager
async def news(stage: Stage, submission: Submission, told: Told) -> AsyncIterator[News]:
    """News of a request for as long as the context lasts."""
    found = News(stage, submission, told)
    tasks = [asyncio.create_task(found.listen()), asyncio.create_task(found.watch_for_a_hint())]
    try:
        yield found
    finally:
        await _ended(*tasks)


async def _ended(*tasks: asyncio.Future[None] | asyncio.Task[bool]) -> None:
    for task in tasks:
        task.cancel()
    for end in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(end, Exception):
            raise end
