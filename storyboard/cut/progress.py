"""How far a cut is: events in frames, and the time that is left, from a clock that is handed in.

    made = Work(total=1440, tell=line.saw)
    step = made.step("encoding window")          one for each segment, from any thread
    step(1)                                      a frame more

`Pace` looks at the last seconds only: the copy at the end is faster than the coding before it, and a machine that
slept did nothing meanwhile.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

from msgspec import Struct

WINDOW = 8.0  # seconds that the rate is taken from
FIRST = 1.0  # seconds before anything is promised
RISE = 1.25  # how much longer it must take before a longer time is shown

Clock = Callable[[], float]
"""Seconds that only go forward, from any point."""


class Advance(Struct, frozen=True):
    """`done` of `total` frames of all the work; `what` is done right now. A total of 0: nobody counts. What `stays` is
    no step but a word to the person, which remains to be read."""

    what: str
    done: int = 0
    total: int = 0
    stays: bool = False


Tell = Callable[[Advance], None]


def nobody(_: Advance) -> None:
    """Progress for nobody."""


class Work:
    """Counts frames of several steps that run at once."""

    def __init__(self, total: int, tell: Tell) -> None:
        self.total = total
        self._tell = tell
        self._done = 0
        self._lock = Lock()

    def step(self, what: str) -> Callable[[int], None]:
        """What to call with the number of frames that were done since the last call."""

        def frames(count: int) -> None:
            with self._lock:
                self._done = min(self.total, self._done + count)
                self._tell(Advance(what, self._done, self.total))

        return frames


class Pace:
    """The time left, in seconds, steady enough to be read: it falls as time goes by, and rises only when it must."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._seen: deque[tuple[float, int]] = deque()
        self._total = 0
        self._ends: float | None = None

    def left(self, advance: Advance) -> float | None:
        """None while too little was seen to say, and for what nobody counts."""
        if not advance.total:
            return None
        now = self._clock()
        self._see(now, advance)
        if advance.done >= advance.total:
            return 0.0
        measured = self._measured(now, advance)
        if measured is None:
            return None
        promised = None if self._ends is None else max(0.0, self._ends - now)
        if promised is None or measured < promised or measured > promised * RISE + FIRST:
            self._ends = now + measured
            return measured
        return promised

    def _see(self, now: float, advance: Advance) -> None:
        if advance.total != self._total or (self._seen and advance.done < self._seen[-1][1]):
            self._seen.clear()
            self._ends = None
        self._total = advance.total
        self._seen.append((now, advance.done))
        while len(self._seen) > 2 and now - self._seen[1][0] >= WINDOW:  # noqa: PLR2004 - one remains to compare
            self._seen.popleft()

    def _measured(self, now: float, advance: Advance) -> float | None:
        then, before = self._seen[0]
        if now - then < FIRST or advance.done == before:
            return None
        return (advance.total - advance.done) * (now - then) / (advance.done - before)
