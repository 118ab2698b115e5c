"""The animatic, drawn when it is asked for, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from storyboard.cut.progress import Advance
from storyboard.ledger.store import sha256_of
from storyboard.preview.advancing import Advancing
from storyboard.preview.film import Film, Made

NAME = "animatic.mp4"
GIVEN_UP = "The animatic was given up. What was drawn of it is kept."


class Drawn(Struct, frozen=True):
    """How the animatic stands: `advance` while it is drawn, then `made`, or `failure`. `of` is the cut that it
    shows."""

    of: Any = None
    advance: Advance | None = None
    made: Made | None = None
    failure: str | None = None

    @property
    def at_work(self) -> bool:
        return self.advance is not None


class Drawing:
    """`tell` hears, in the event loop's thread, how it stands. `folder` is for the file alone."""

    def __init__(self, film: Film, folder: Path, tell: Callable[[Drawn], None]) -> None:
        self._film, self._file, self._tell = film, folder / NAME, tell
        self._ending = threading.Event()
        self._advancing = Advancing(self._further, self._ending.is_set, GIVEN_UP)
        self._task: asyncio.Task[None] | None = None
        self.drawn = Drawn()

    def draw(self, of: Any) -> None:
        """Begins, unless it is at work already."""
        if not self.drawn.at_work and not self._ending.is_set():
            self._now(Drawn(of, Advance("begins")))
            self._task = asyncio.create_task(self._draw(of))

    def give_up(self) -> None:
        """What is being drawn, for good: what was drawn of it is kept, shot by shot."""
        self._ending.set()

    async def ended(self) -> None:
        if self._task is not None:
            await self._task

    async def _draw(self, of: Any) -> None:
        try:
            await asyncio.to_thread(self._film.animatic, self._file, self._advancing)
            name = await asyncio.to_thread(sha256_of, self._file)
            self._now(Drawn(of, made=Made(name, self._file)))
        except Exception as failure:  # noqa: BLE001 - nobody waits for this task: the page has to hear of it
            self._now(Drawn(of, failure=str(self._film.failed(failure))))

    def _further(self, advance: Advance) -> None:
        if self.drawn.at_work:
            self._now(Drawn(self.drawn.of, advance))

    def _now(self, drawn: Drawn) -> None:
        self.drawn = drawn
        self._tell(drawn)
