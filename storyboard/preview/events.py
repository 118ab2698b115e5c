"""What happened, told to every page that is open, as server-sent events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

BEHIND = 64  # events that a page may be behind; it then connects again, and is told all of it at once
ALIVE = 15.0  # seconds; a connection that is silent for longer is given up by some
AGAIN = 1000  # ms after which a page connects again


class Events:
    """Used in the event loop's thread alone."""

    def __init__(self) -> None:
        self._pages: set[asyncio.Queue[bytes | None]] = set()
        self._closed = False

    @property
    def listeners(self) -> int:
        return len(self._pages)

    def tell(self, told: bytes) -> None:
        for page in [*self._pages]:
            if page.qsize() < BEHIND:
                page.put_nowait(told)
            else:
                self._end(page)

    async def listen(self, first: Callable[[], Iterable[bytes]]) -> AsyncIterator[bytes]:
        """All that is told from now on, after what is told first; nothing happens between the two."""
        page: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._pages.add(page)
        if self._closed:
            self._end(page)
        try:
            yield f"retry: {AGAIN}\n\n".encode()
            for each in first():
                yield each
            while True:
                try:
                    told = await asyncio.wait_for(page.get(), ALIVE)
                except TimeoutError:
                    told = b": still here\n\n"
                if told is None:
                    return
                yield told
        finally:
            self._pages.discard(page)

    def close(self) -> None:
        """Ends every connection: nothing more is told."""
        self._closed = True
        for page in [*self._pages]:
            self._end(page)

    def _end(self, page: asyncio.Queue[bytes | None]) -> None:
        self._pages.discard(page)
        page.put_nowait(None)


def event(name: str, data: Any, number: int) -> bytes:
    """`number` is what a page that comes back says it heard last."""
    return f"id: {number}\nevent: {name}\ndata: {json.dumps(data)}\n\n".encode()
