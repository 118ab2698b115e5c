"""The clock, the dice, sleep and the network as one value, so that every fault can be scripted and
replayed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import httpx
from msgspec import Struct, field


def _now() -> datetime:
    return datetime.now(UTC)


class World(Struct, frozen=True):
    """`elapsed` never runs backwards, `now` may. `transport` makes what carries requests; None is the
    network."""

    now: Callable[[], datetime] = _now
    elapsed: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    dice: random.Random = field(default_factory=random.SystemRandom)
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None

    def jitter(self, seconds: float) -> float:
        """Somewhere between half and one and a half of it: many clients must not knock in step."""
        return seconds * self.dice.uniform(0.5, 1.5)
