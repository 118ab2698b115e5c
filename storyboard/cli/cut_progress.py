"""A cut under way, for people: one line that overwrites itself on a terminal, a rare line elsewhere. On stderr."""

from __future__ import annotations

import contextlib
import sys
import time
from threading import Lock
from typing import TYPE_CHECKING

from storyboard.cli.console import MANNER, making_room, say
from storyboard.cli.screen import Screen, draws
from storyboard.cut.progress import Advance, Clock, Pace, Tell
from storyboard.log import note
from storyboard.report.table import shortened
from storyboard.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

OFTEN, RARELY = 0.1, 15.0  # seconds between two lines
MINUTE, HOUR = 60, 3600


@contextlib.contextmanager
def shown() -> Iterator[Tell]:
    """What to tell a cut's advance to, as this terminal allows; the line is gone when the work has ended."""
    stream = sys.stderr
    if MANNER.quiet or stream is None or not draws(stream):
        yield one_at_a_time(Lines().saw)
        return
    screen = Screen(stream)
    line = Line(screen)
    try:
        with making_room(screen.above):
            yield one_at_a_time(line.saw)
    finally:
        line.gone()


def one_at_a_time(tell: Tell) -> Tell:
    """Pictures and sound are made beside each other, and each tells of itself. What is new is noted for who listens."""
    lock, last = Lock(), [""]

    def told(advance: Advance) -> None:
        with lock:
            if advance.what != last[0]:
                last[0] = advance.what
                note("cut", what=advance.what)
            tell(advance)

    return told


def words(advance: Advance, left: float | None) -> str:
    """`encoding window: 231 of 1,440 frames, 12 s left`"""
    if not advance.total:
        return advance.what
    text = f"{advance.what}: {advance.done:,} of {advance.total:,} frames"
    return text if left is None else f"{text}, {for_people(left)} left"


def for_people(seconds: float) -> str:
    """A time that is not more exact than it can be known."""
    whole = max(1, round(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE // 10 * 10} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


class Line:
    """One line, drawn anew ten times a second at most. What is said meanwhile stays above it."""

    def __init__(self, screen: Screen, clock: Clock = time.monotonic) -> None:
        self._screen = screen
        self._clock = clock
        self._pace = Pace(clock)
        self._drawn: float | None = None

    def saw(self, advance: Advance) -> None:
        if advance.stays:
            self._screen.say(visible(advance.what))
            return
        left = self._pace.left(advance)
        now = self._clock()
        if self._drawn is not None and now - self._drawn < OFTEN and advance.done < advance.total:
            return
        self._drawn = now
        width, _ = self._screen.size
        self._screen.draw([(shortened(visible(words(advance, left)), width - 1), "")])

    def gone(self) -> None:
        """Takes the line away."""
        self._screen.clear()


class Lines:
    """A line as it begins, and now and then while it lasts."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._pace = Pace(clock)
        self._said: float | None = None

    def saw(self, advance: Advance) -> None:
        if advance.stays:
            say(advance.what)
            return
        left = self._pace.left(advance)
        now = self._clock()
        if self._said is None or now - self._said >= RARELY:
            say(advance.what if self._said is None else words(advance, left))
            self._said = now
