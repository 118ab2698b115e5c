"""The preview on its loopback port, until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import uvicorn

from storyboard.preview.access import Access
from storyboard.preview.app import application
from storyboard.preview.buying import Bought
from storyboard.preview.film import Film
from storyboard.preview.preview import Preview
from storyboard.render.interrupt import stop_on_signals

GRACE_SECONDS = 1
MOST_AT_ONCE = 100  # connections: a page has a few


class Server(uvicorn.Server):
    """uvicorn's, without its signals: the command has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def preview(
    film: Film,
    source: Path,
    aside: Path,
    listening: socket.socket,
    access: Access,
    now: Callable[[], datetime],
) -> Bought | None:
    """Serves until Ctrl-C. How the render ended that this stopped; None when none was at work."""
    with stop_on_signals() as stop:
        return await served(Preview(film, source, aside, now), listening, access, stop)


async def served(
    previewed: Preview, listening: socket.socket, access: Access, stop: asyncio.Event
) -> Bought | None:
    server = Server(
        uvicorn.Config(
            application(previewed, access),
            ws="none",
            http="h11",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what strangers send is no news
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve([listening]))
    try:
        return await previewed.run(stop)
    finally:
        server.should_exit = True
        await serving
