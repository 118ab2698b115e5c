"""Event loops whose time is the test's: one that jumps to whatever is waited for, one that only runs faster.

Nothing of the program knows: its sleeps, its deadlines and its time-outs are asyncio's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import selectors
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_TURNS = 200_000  # of a loop: who has not come to rest by then never does


class Killed(BaseException):
    """The process is gone between two of its steps; nothing of it ran on."""


@dataclass
class Timeline:
    """`seconds` is true time, fal's own. `wrong` is how far the clock of this machine is from it."""

    seconds: float = 0.0
    wrong: float = 0.0

    def true(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    def now(self) -> datetime:
        return self.true() + timedelta(seconds=self.wrong)

    def elapsed(self) -> float:
        return self.seconds


class _Moments(selectors.SelectSelector):
    """Waits for nothing: what would be waited for is there. At turn `last` the process dies."""

    def __init__(self, time: Timeline, last: int | None) -> None:
        super().__init__()
        self._time, self._last, self.turns = time, last, 0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.turns += 1
        if self.turns == self._last:
            raise Killed
        assert timeout is not None, "the program waits for what never comes"
        assert self.turns < MOST_TURNS, "the program never comes to rest"
        self._time.seconds += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time passes only while everybody waits, and threads run where they are asked for: the same seed, the same run."""

    def __init__(self, time: Timeline, last: int | None = None) -> None:
        self._timeline = time
        self.moments = _Moments(time, last)
        super().__init__(self.moments)

    def time(self) -> float:
        return self._timeline.seconds

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, function: Callable[..., Any], *arguments: Any
    ) -> asyncio.Future[Any]:
        del executor
        future = self.create_future()
        try:
            future.set_result(function(*arguments))
        except Exception as failure:  # noqa: BLE001 - as an executor hands it over
            future.set_exception(failure)
        return future


def lived(
    work: Coroutine[Any, Any, Any],
    time: Timeline,
    *,
    dies_at: int | None = None,
    on_death: Callable[[], None] = lambda: None,
) -> Any:
    """Runs it to its end, or raises Killed at that turn of the loop, after `on_death`: what closing the remains does
    after that, a killed process would not have done."""
    loop = VirtualLoop(time, dies_at)
    try:
        return loop.run_until_complete(work)
    except Killed:
        on_death()
        raise
    finally:
        _bury(loop)


def _bury(loop: asyncio.AbstractEventLoop) -> None:
    loop.set_exception_handler(lambda *_: None)  # what the dead never got to say is nobody's failure
    left = asyncio.all_tasks(loop)
    loop.close()
    for task in left:
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        with contextlib.suppress(BaseException):
            task.get_coro().close()  # type: ignore[union-attr]


class _Hurry(selectors.DefaultSelector):  # type: ignore[misc,valid-type]
    def __init__(self, times: float) -> None:
        super().__init__()
        self._times = times

    def select(self, timeout: float | None = None) -> Any:
        return super().select(None if timeout is None else timeout / self._times)


class HastyLoop(asyncio.SelectorEventLoop):
    """Real sockets, but a minute passes in `60 / times` seconds: the program's own deadlines, met while one waits."""

    def __init__(self, times: float) -> None:
        self._times = times
        super().__init__(_Hurry(times))

    def time(self) -> float:
        return super().time() * self._times
