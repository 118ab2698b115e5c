"""So many takes at fal at once, in a process of its own: `python in_flight.py COUNT FOLDER` prints its cost, as JSON.

fal is in memory, behind httpx's transport: what is measured is the waiting process alone. Time is real.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))

from a_plan import plan, request
from scripted_fal import BASE, Clock, Job, ScriptedFal

from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.store import Store
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.render.runner import carry_out
from storyboard.render.stage import Patience

DIGITS = 8
BOX = b"\0\0\0\x10free" + bytes(DIGITS)  # one that players pass over: each clip has bytes of its own
LONGER = 10.0  # seconds that a clip takes at fal beyond the time in which all are sent


class RealClock(Clock):
    def now(self) -> datetime:
        return datetime.now(UTC)

    def elapsed(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Counting(ScriptedFal):
    """Nothing is ready before all are there."""

    count = 0
    asked = 0
    finish: datetime | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return await super().handle_async_request(request)

    async def _told(self, request: httpx.Request) -> httpx.Response:
        told = await super()._told(request)
        if request.url.path.startswith("/files/"):
            number = request.url.path.rpartition("-")[2].removesuffix(".mp4")
            told = httpx.Response(200, content=self.clip[:-DIGITS] + number.zfill(DIGITS).encode())
        return told

    def _take(self, body: dict[str, Any]) -> Job:
        job = super()._take(body)
        if len(self.jobs) == self.count:
            self.finish = self.clock.now()
        return job

    async def _events(self, job: Job, fate: str) -> Any:
        while self.finish is None:  # noqa: ASYNC110 - a few times a second, and nobody is woken for it
            await asyncio.sleep(0.5)
        job.ready = self.finish + timedelta(seconds=self.dice.uniform(1, LONGER))
        async for part in super()._events(job, fate):
            yield part


def main(count: int, folder: Path) -> dict[str, float]:
    draw_clip([MovingStill(None, 3, "static", "", "")], folder / "clip.mp4", size=(64, 36), audio=False)
    clock = RealClock()
    fal = Counting(clock, random.Random(1), (folder / "clip.mp4").read_bytes() + BOX, rate=0.0)  # noqa: S311
    fal.count = count
    place = place_of(folder, BASE)
    ledger = Ledger.open(place)
    requests = [request(folder, f"s{n}", f"prompt {n}", start=None) for n in range(count)]
    before, began = memory("VmRSS"), time.perf_counter()
    result = asyncio.run(
        carry_out(
            plan(*requests),
            project=folder,
            ledger=ledger,
            store=Store(place),
            account=account_from({}, BASE),
            world=World(clock.now, clock.elapsed, clock.sleep, fal.dice, lambda: fal),
            patience=Patience(),
            concurrency=count,
        )
    )
    assert result.complete, result
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "working": time.process_time(),
        "requests": fal.asked,
        "megabytes": memory("VmHWM") - before,
        "submits": fal.posts,
    }


def memory(which: str) -> float:
    line = next(row for row in Path("/proc/self/status").read_text().splitlines() if row.startswith(which))
    return int(line.split()[1]) / 1_024


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), Path(sys.argv[2]))))  # noqa: T201
