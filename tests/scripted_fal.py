"""fal in memory, behind httpx's transport, with a scripted clock: every fault is played from a seed."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

BASE = "http://127.0.0.1:9"


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    seconds: float = 0.0
    start: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    sleepers: list[tuple[float, int]] = field(default_factory=list)
    order: Iterator[int] = field(default_factory=itertools.count)

    def now(self) -> datetime:
        return self.start + timedelta(seconds=self.seconds)

    def elapsed(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """Whoever wakes first moves the clock; the others sleep on."""
        wake = (self.seconds + max(seconds, 0.001), next(self.order))
        heapq.heappush(self.sleepers, wake)
        try:
            for _ in range(3):  # whoever is awake goes first
                await asyncio.sleep(0)
            while self.sleepers[0] != wake:  # noqa: ASYNC110 - the point is to take turns
                await asyncio.sleep(0)
            self.seconds = max(self.seconds, wake[0])
        finally:
            self.sleepers.remove(wake)
            heapq.heapify(self.sleepers)


class Unread(httpx.AsyncByteStream):
    """A body that is still to come, as bodies over a network are."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body


class Told(httpx.AsyncByteStream):
    """A body that comes in parts, in its own time."""

    def __init__(self, parts: AsyncIterator[bytes]) -> None:
        self._parts = parts

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._parts:
            yield part


@dataclass
class Job:
    id: str
    body: dict[str, Any]
    accepted: datetime
    ready: datetime
    recorded: datetime


@dataclass
class ScriptedFal(httpx.AsyncBaseTransport):
    """`rate` is how often something goes wrong; set it to 0 and whatever was taken comes home."""

    clock: Clock
    dice: random.Random
    clip: bytes
    rate: float = 0.2
    jobs: dict[str, Job] = field(default_factory=dict)
    posts: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await self.clock.sleep(0.05)
        if request.url.path.endswith("/status/stream"):
            return self._stream(request.url.path)
        told = await self._told(request)
        return httpx.Response(told.status_code, headers=told.headers, stream=Unread(told.content))

    async def _told(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if request.method == "POST" and not path.startswith("/v1/"):
            return self._submit(json.loads(await request.aread()))
        if self.dice.random() < self.rate:
            return self._stumble()
        if path == "/v1/models/requests/by-endpoint":
            return self._history(request)
        if path.startswith("/v1/"):
            return httpx.Response(404, json={"error": {"type": "not_found", "message": "not here"}})
        if path.startswith("/files/"):
            return httpx.Response(200, content=self.clip)
        return self._asked(path)

    def _submit(self, body: dict[str, Any]) -> httpx.Response:
        self.posts += 1
        lot = self.dice.random() / self.rate if self.rate else 9.0
        if lot < 0.1:
            raise httpx.ConnectError("nobody there")
        if lot < 0.2:
            return httpx.Response(429, json={"detail": "slow down"})
        if lot < 0.3:
            raise httpx.WriteError("cut off before it was whole")
        if lot < 0.4:
            return httpx.Response(502, text="<html>nginx</html>")
        job = self._take(body)
        if lot < 0.55:
            raise httpx.ReadError("reset after it was taken")
        if lot < 0.7:
            raise httpx.ReadTimeout("silence after it was taken")
        if lot < 0.8:
            return httpx.Response(503, text="<html>nginx</html>")
        if lot < 0.9:
            return httpx.Response(200, text='{"request_id"')
        if lot < 1.0:
            return httpx.Response(200, text="<html>", headers={"x-fal-request-id": job.id})
        root = f"{BASE}/fal-ai/kling-video/requests/{job.id}"
        urls = {"status_url": f"{root}/status", "response_url": root, "cancel_url": f"{root}/cancel"}
        return httpx.Response(200, json={"request_id": job.id, **urls})

    def _take(self, body: dict[str, Any]) -> Job:
        now = self.clock.now()
        lag = self.dice.choice([1, 30, 300, 15 * 3600]) if self.rate else 0
        ready = now + timedelta(seconds=self.dice.uniform(1, 240))
        job = Job(f"id-{len(self.jobs)}", body, now, ready, ready + timedelta(seconds=lag))
        self.jobs[job.id] = job
        return job

    def _stumble(self) -> httpx.Response:
        match self.dice.randrange(4):
            case 0:
                raise httpx.ReadError("reset")
            case 1:
                return httpx.Response(503, text="<html>nginx</html>")
            case 2:
                return httpx.Response(200, text="<html>sign in</html>")
            case _:
                return httpx.Response(200, content=b"{")

    def _history(self, request: httpx.Request) -> httpx.Response:
        wanted = request.url.params.get("request_id")
        seen = [job for job in self.jobs.values() if job.recorded <= self.clock.now()]
        items = [self._row(job) for job in seen if wanted in {None, job.id}]
        begin = int(request.url.params.get("cursor", 0))
        more = begin + 7 < len(items)
        page = {
            "items": items[begin : begin + 7],
            "has_more": more,
            "next_cursor": str(begin + 7) if more else None,
        }
        return httpx.Response(200, json=page)

    def _row(self, job: Job) -> dict[str, Any]:
        output = {"video": {"url": f"{BASE}/files/{job.id}.mp4", "file_size": len(self.clip)}}
        return {
            "request_id": job.id,
            "sent_at": job.accepted.isoformat(),
            "status_code": 200,
            "json_input": job.body,
            "json_output": output,
        }

    def _stream(self, path: str) -> httpx.Response:
        """The status as it changes: refused, cut, silent, odd or too early, as the dice will."""
        job = self.jobs.get(path.split("/")[4])
        if job is None or self.dice.random() < self.rate:
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        fate = (
            self.dice.choice(["cut", "reset", "silent", "odd", "early"])
            if self.dice.random() < self.rate
            else ""
        )
        events = Told(self._events(job, fate))
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=events)

    async def _events(self, job: Job, fate: str) -> AsyncIterator[bytes]:
        yield b': hello\n\ndata: {"status": "IN_PROGRESS", "logs": [{"message": "begun"}]}\n\n'
        left = max((job.ready - self.clock.now()).total_seconds(), 0)
        await self.clock.sleep(left / 2 if fate else left)
        match fate:
            case "cut":
                return
            case "reset":
                raise httpx.ReadError("reset")
            case "silent":
                await self.clock.sleep(90)
                raise httpx.ReadTimeout("silence")
            case "odd":
                yield b"data: <html>\n\n"
        yield b'data: {"status": "COMPLETED", "logs": null, "metrics": {}}\n\n'

    def _asked(self, path: str) -> httpx.Response:
        parts = path.split("/")
        job = self.jobs.get(parts[4])
        now = self.clock.now()
        if job is None or now > job.ready + timedelta(hours=1):
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        if parts[-1] != "status" and now < job.ready:
            return httpx.Response(400, json={"detail": "Request is still in progress"})
        if parts[-1] != "status":
            return httpx.Response(200, json=self._row(job)["json_output"])
        if now < job.ready:
            return httpx.Response(202, json={"status": "IN_PROGRESS", "logs": None})
        return httpx.Response(200, json={"status": "COMPLETED", "logs": None, "metrics": {}})


def bodies(fal: ScriptedFal) -> Iterator[str]:
    """Who was paid for: the prompt is the scene's own."""
    return (job.body["prompt"] for job in fal.jobs.values())
