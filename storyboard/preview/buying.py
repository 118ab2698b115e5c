"""A render that was agreed to on the page: one at a time, in a thread of its own, until it is done or stopped."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.progress import Advance
from storyboard.errors import Refused, StoryboardError
from storyboard.ledger.store import sha256_of
from storyboard.preview.advancing import OFTEN, Advancing
from storyboard.preview.film import Film, Made
from storyboard.render.observer import Progress

BUSY = "A render is at work already. Nothing more was sent."
ENDS = "The preview is about to end. Nothing was sent."
UNCUT = (
    "The clips are here, the cut was given up; what was made of it is kept. Render again, or run `storyboard cut`, and "
    "it goes on at no charge."
)


class Bought(Struct, frozen=True):
    """How a render stands: a row a take, in the order of their first appearance, then how far the cut is. `said` is
    what came of it, once it has ended; `failure` is set when something kept it from being done. `made` is the cut."""

    rows: tuple[Progress, ...] = ()
    cutting: Advance | None = None
    said: str | None = None
    failure: StoryboardError | None = None
    made: Made | None = None

    @property
    def ended(self) -> bool:
        return self.said is not None


class Buying:
    """`tell` hears, in the event loop's thread, how the render stands, as often as that changes."""

    def __init__(self, film: Film, tell: Callable[[Bought], None]) -> None:
        self._film, self._tell = film, tell
        self._loop = asyncio.get_running_loop()
        self._stop = _Stop()
        self.busy = self._ending = False
        self._task: asyncio.Task[None] | None = None
        self._soon: asyncio.TimerHandle | None = None
        self.bought: Bought | None = None

    async def confirm(self, digest: str) -> None:
        """The person said yes to the plan of that digest. Raises Refused and whatever keeps it from being begun; a
        second yes while the first is at work buys nothing."""
        if self.busy:
            raise Refused(BUSY)
        self.busy, self._stop = True, _Stop()
        try:
            agreed = await asyncio.to_thread(self._film.agree, digest)
        except BaseException:
            self.busy = False
            raise
        if self._ending:
            raise Refused(ENDS)
        self._task = asyncio.create_task(self._carried_out(agreed))

    def stop(self) -> None:
        """As Ctrl-C stops a render: nothing more is sent, and what fal has goes on there."""
        self._stop.set()

    async def end(self) -> Bought | None:
        """Stops it, and lets nothing more begin; how the render ended that was at work."""
        at_work, self._ending = self._task is not None and not self._task.done(), True
        self.stop()
        if self._task is not None:
            await self._task
        return self.bought if at_work else None

    async def _carried_out(self, agreed: Any) -> None:
        try:
            self._now(Bought())
            advancing = Advancing(self._cut_further, self._stop.is_set, UNCUT)
            said, made = await asyncio.to_thread(self._carry_out, agreed, advancing)
            self._now(replace(self._here, said=said, made=made))
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: the page has to hear of it
            failure = self._film.failed(error)
            self._now(replace(self._here, said=str(failure), failure=failure))
        finally:
            self.busy = False

    def _carry_out(self, agreed: Any, advancing: Advancing) -> tuple[str, Made | None]:
        observer = _Observer(self._saw, self._loop)
        said, cut = self._film.carry_out(agreed, observer, self._stop.watched, advancing)
        return said, Made(sha256_of(cut), cut) if cut is not None else None

    @property
    def _here(self) -> Bought:
        return self.bought or Bought()

    def _now(self, bought: Bought) -> None:
        self.bought = bought
        if self._soon is not None:
            self._soon.cancel()
            self._soon = None
        self._tell(bought)

    def _cut_further(self, advance: Advance) -> None:
        if self.busy:
            self._now(replace(self._here, cutting=advance))

    def _saw(self, progress: Progress) -> None:
        """Many takes at once tell more than anybody reads: it is passed on a few times a second."""
        rows = {(row.scene, row.take): row for row in self._here.rows}
        rows[progress.scene, progress.take] = progress
        self.bought = replace(self._here, rows=tuple(rows.values()))
        if self._soon is None:
            self._soon = self._loop.call_later(OFTEN, lambda: self._now(self._here))


class _Observer:
    """Sees in the render's thread, and tells in the event loop's."""

    def __init__(self, tell: Callable[[Progress], None], loop: asyncio.AbstractEventLoop) -> None:
        self._tell, self._loop = tell, loop

    def saw(self, progress: Progress) -> None:
        self._loop.call_soon_threadsafe(self._tell, progress)


class _Stop:
    """Set in one thread, an event in the loop of another; also when it was set before that loop ran."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._there: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def set(self) -> None:
        with self._lock:
            self._set = True
            if self._there is not None:
                loop, event = self._there
                loop.call_soon_threadsafe(event.set)

    def is_set(self) -> bool:
        return self._set

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        event = asyncio.Event()
        with self._lock:
            self._there = asyncio.get_running_loop(), event
            if self._set:
                event.set()
        try:
            yield event
        finally:
            with self._lock:
                self._there = None
