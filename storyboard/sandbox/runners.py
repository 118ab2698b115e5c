"""The runners: they take requests from the queue in order, a few at once, and end each with an outcome."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.errors import StoryboardError
from storyboard.sandbox import outcome as ends
from storyboard.sandbox.charges import charge_of
from storyboard.sandbox.clips import Drawing, drawing_of
from storyboard.sandbox.outcome import Outcome
from storyboard.sandbox.record import QueuedRequest
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.stills import film_length, media_refusal
from storyboard.sandbox.validation import refusal
from storyboard.sandbox.voices import voice_of
from storyboard.sandbox.webhooks import Webhooks
from storyboard.secret import redact

LOGGER = logging.getLogger(__name__)


class Runners:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._webhooks = Webhooks(sandbox)

    def start(self) -> None:
        """Takes up what an earlier process left waiting or running, then whatever comes."""
        state = self._sandbox.state
        for request in state.in_order():
            if request.state != "COMPLETED":
                state.change(request.id, state="IN_QUEUE", started_at=None, logs=())
                self.take(request)
            else:
                self._webhooks.announce(request)
        self._workers = [asyncio.create_task(self._work()) for _ in range(self._sandbox.settings.concurrency)]

    async def stop(self) -> None:
        """Leaves what is not done for the next start."""
        tasks = [*self._workers, *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, self._webhooks.stop(), return_exceptions=True)
        await asyncio.to_thread(self._sandbox.drawer.close)

    def take(self, request: QueuedRequest) -> None:
        self._queue.put_nowait(request.id)

    def cancel(self, request: QueuedRequest) -> None:
        """Removed from the queue, or stopped where it is."""
        self._end(request, ends.CANCELLED)
        task = self._running.get(request.id)
        if task is not None:
            task.cancel()

    async def _work(self) -> None:
        while True:
            request = self._sandbox.state.requests[await self._queue.get()]
            if request.state != "IN_QUEUE":
                continue
            task = asyncio.create_task(self._run(request))
            self._running[request.id] = task
            try:
                await asyncio.wait([task])
            finally:
                del self._running[request.id]
            if not task.cancelled():
                self._report(request, task.exception())

    def _report(self, request: QueuedRequest, failure: BaseException | None) -> None:
        """A request that could not be carried out ends like one that fal's own machines failed."""
        if failure is not None:
            ours = (
                None if isinstance(failure, (StoryboardError, OSError)) else failure
            )  # a bug shows its trace
            LOGGER.error(
                "request %s could not be carried out: %s", request.id, redact(str(failure)), exc_info=ours
            )
            self._end(request, ends.machine_failed(str(failure)))

    async def _run(self, request: QueuedRequest) -> None:
        now = self._sandbox.now()
        if request.start_within is not None and now > request.accepted_at + request.start_within:
            self._end(request, ends.TIMED_OUT)
            return
        log = ((now, "Runner started"),)
        self._sandbox.state.change(request.id, state="IN_PROGRESS", started_at=now, logs=log)
        self._end(request, await self._outcome(request))

    def _end(self, request: QueuedRequest, end: Outcome) -> None:
        now = self._sandbox.now()
        current = self._sandbox.state.requests[request.id]
        ended = self._sandbox.state.change(
            request.id,
            state="COMPLETED",
            ended_at=now,
            logs=(*current.logs, (now, end.log)),
            status_code=end.status_code,
            answer=end.answer,
            error=end.error,
            error_type=end.error_type,
            clip=end.clip,
            clip_bytes=end.clip_bytes,
            units=end.units,
            charged=end.charged,
        )
        self._webhooks.announce(ended)

    async def _outcome(self, request: QueuedRequest) -> Outcome:
        latency = asyncio.create_task(asyncio.sleep(self._sandbox.settings.latency))
        try:
            end = await self._found(request)
            await latency
        finally:
            latency.cancel()
        return end

    async def _found(self, request: QueuedRequest) -> Outcome:
        if request.fault == "timeout":
            return ends.TIMED_OUT
        if request.fault == "422":
            return ends.against_policy(request.body)
        if request.endpoint == catalog().voices.id:
            return await asyncio.to_thread(voice_of, request, self._sandbox)
        endpoint = catalog().find(request.endpoint)
        if endpoint is None or endpoint.id != request.endpoint:
            return ends.no_such_path(request.endpoint)
        errors = refusal(endpoint, request.body) or await asyncio.to_thread(
            media_refusal, endpoint, request.body, self._sandbox.state
        )
        return ends.refused(errors) if errors else await self._drawn(request, endpoint)

    async def _drawn(self, request: QueuedRequest, endpoint: Endpoint) -> Outcome:
        body: Mapping[str, Any] = request.body
        full_size = self._sandbox.settings.full_size
        drawing = await asyncio.to_thread(
            drawing_of, endpoint, body, self._sandbox.state, full_size=full_size
        )
        self._note(request, drawing)
        clip = await self._sandbox.drawer.clip_of(drawing)
        film = await asyncio.to_thread(film_length, endpoint, body, self._sandbox.state)
        charge = charge_of(endpoint, body, self._sandbox.book, film)
        return Outcome(
            200,
            "Clip uploaded",
            clip=clip.name,
            clip_bytes=clip.stat().st_size,
            units=str(charge.units),
            charged=None if charge.amount is None else str(charge.amount),
        )

    def _note(self, request: QueuedRequest, drawing: Drawing) -> None:
        shots, (width, height) = len(drawing.shots), drawing.size
        line = f"Drawing {shots} {'shot' if shots == 1 else 'shots'} at {width}x{height}"
        current = self._sandbox.state.requests[request.id]
        self._sandbox.state.change(request.id, logs=(*current.logs, (self._sandbox.now(), line)))
