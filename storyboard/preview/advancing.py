"""How far a film is that is made for the page: heard in the threads that make it, told in the event loop's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from storyboard.cut.progress import Advance
from storyboard.errors import Interrupted

OFTEN = 0.1  # seconds between two words about how far it is


class Advancing:
    """What a cut tells its advance to. Where `stopped` is true it raises Interrupted, whose message is `why`: so the
    making of it ends there."""

    def __init__(self, tell: Callable[[Advance], None], stopped: Callable[[], bool], why: str) -> None:
        self._tell, self._stopped, self._why = tell, stopped, why
        self._loop = asyncio.get_running_loop()
        self._told = 0.0

    def __call__(self, advance: Advance) -> None:
        if self._stopped():
            raise Interrupted(self._why)
        if not advance.stays:
            self._loop.call_soon_threadsafe(self._further, advance)

    def _further(self, advance: Advance) -> None:
        now = self._loop.time()
        if now - self._told >= OFTEN or advance.done >= advance.total:
            self._told = now
            self._tell(advance)
