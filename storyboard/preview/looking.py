"""Looks at the storyboard whenever something that it is made of was written. Of several changes only the last counts: a
look that something was written behind is given up at its next step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from storyboard.editor.overlay import Stamp
from storyboard.preview.film import Film, Outdated, Seen
from storyboard.preview.watch import stamps_of, turns

LONGEST = 1.0  # seconds without a look that came to its end, while one change follows the other
PATIENCE = 0.3  # seconds in which an editor that emptied the file, or moved it away, puts it back


class Looking:
    """`tell` hears of each look that came to its end."""

    def __init__(self, film: Film, source: Path, tell: Callable[[Seen], None]) -> None:
        self._film, self._source, self._tell = film, source, tell
        self._read: Mapping[Path, Stamp | None] = {}  # by the last look
        self._reading: dict[Path, Stamp | None] = {}  # by the one that is under way
        self._due = asyncio.Event()
        self._waited = False
        self._since: float | None = None  # when the first of the looks began that came to no end
        self.begun = asyncio.Event()  # something was seen

    async def run(self, stop: asyncio.Event) -> None:
        self._due.set()
        try:
            async with asyncio.TaskGroup() as tasks:
                both = [tasks.create_task(self._look_on()), tasks.create_task(self._watch(stop))]
                await stop.wait()
                for task in both:
                    task.cancel()
        finally:
            self._due.set()  # a look that is under way is of no use any more

    async def _watch(self, stop: asyncio.Event) -> None:
        await self.begun.wait()  # before, nobody knows what to watch
        async for _ in turns(lambda: {**self._read, **self._reading}, stop):
            self._due.set()

    async def _look_on(self) -> None:
        while True:
            await self._due.wait()
            self._due.clear()
            self._reading = stamps_of(self._read)
            self._since = self._since or time.monotonic()
            with suppress(Outdated):
                seen = await asyncio.to_thread(self._film.look, self._reading, self._is_outdated)
                self._read, self._since = dict(self._reading), None
                await self._told(seen)

    def _is_outdated(self) -> bool:
        """In the thread that looks. A ledger may be written to without a pause, and is to be seen all the same."""
        return self._due.is_set() and time.monotonic() - (self._since or 0.0) < LONGEST

    async def _told(self, seen: Seen) -> None:
        """What is seen of a file that is not there or empty is likely an editor in the middle of saving."""
        if not seen.good and not self._waited and not _has_text(self._source):
            self._waited = True
            with suppress(TimeoutError):
                await asyncio.wait_for(self._due.wait(), PATIENCE)
            self._due.set()
            return
        self._waited = False
        self.begun.set()
        self._tell(seen)


def _has_text(source: Path) -> bool:
    try:
        return source.stat().st_size > 0
    except OSError:
        return False
