"""Questions put to a fal that answers as it is told, over a real wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from a_plan import at_once
from rude_server import Asked, rude_server

from storyboard.fal.account import Account
from storyboard.fal.hosts import submission
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.secret import Secret

CANARY = "canary1234:canary5678"


def asking(
    others: Callable[[Asked], bytes], work: Callable[[Wire], Awaitable[Any]]
) -> tuple[Any, list[Asked]]:
    with rude_server() as server:
        server.others = others
        account = Account(Secret(CANARY), server.base_url)

        async def all_of_it() -> Any:
            async with Wire(account, World(sleep=at_once)) as wire:
                return await work(wire)

        return asyncio.run(all_of_it()), server.asked


def sub(wire: Wire) -> Any:
    return submission(wire.account, "fal-ai/kling-video/v3", "abc")
