"""A render under way, for people: a live display on a terminal, a line for each change that matters elsewhere. On
stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from storyboard.cli.console import MANNER, making_room, say
from storyboard.cli.course import Course, Expected, Stand
from storyboard.cli.frame import STYLES, Line, frame, sentence, summary
from storyboard.cli.screen import Screen, draws
from storyboard.log import note
from storyboard.render.observer import Observer, Progress
from storyboard.report.table import WIDTH

OFTEN, SECOND = 0.1, 1.0  # seconds: between two frames at the least, and at the most
RARELY = 60.0  # seconds after which a pipe hears that the work goes on
NOTHING = Expected()


@contextmanager
def watching(expected: Expected = NOTHING) -> Iterator[Observer]:
    """An observer that shows what it sees, as this terminal allows; it is told what a plan expects."""
    course = Course(expected)
    if not MANNER.quiet and draws(sys.stderr):
        with Live(Screen(sys.stderr), course).shown() as live:
            yield live
    else:
        yield Lines(course)


class Lines:
    """Each change of a take that matters on a line of its own, and a word now and then while none does."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._news = News()
        self._said_at = course.began

    def saw(self, progress: Progress) -> None:
        now = self._course.clock()
        line = self._news.of(self._course.saw(progress), self._course, now)
        if line is not None:
            say(line.text)
        elif now - self._said_at >= RARELY:
            say(*summary(self._course, now, WIDTH))
        else:
            return
        self._said_at = now


class Live:
    """A frame at the foot of a terminal, drawn by a thread of its own: time passes there also while nothing happens."""

    def __init__(self, screen: Screen, course: Course) -> None:
        self._screen = screen
        self._course = course
        self._news = News()
        self._lock = Lock()  # of the course
        self._stop, self._changed = Event(), Event()

    @contextmanager
    def shown(self) -> Iterator[Live]:
        """Gone when the work has ended well; otherwise the last frame stays, as far as the work had come."""
        thread = Thread(target=self._draw_on, name="progress", daemon=True)
        thread.start()
        try:
            with making_room(self._screen.above):
                yield self
        except BaseException:
            self._ended(thread)
            self._draw()
            self._screen.leave()
            raise
        self._ended(thread)
        self._screen.clear()

    def saw(self, progress: Progress) -> None:
        with self._lock:
            stand = self._course.saw(progress)
            line = self._news.of(stand, self._course, self._course.clock())
        if line is not None and (stand.activity in STYLES or stand.activity == "waiting"):
            self._screen.say(line.text, line.style)
        self._changed.set()

    def _ended(self, thread: Thread) -> None:
        self._stop.set()
        self._changed.set()
        thread.join()

    def _draw_on(self) -> None:
        while not self._stop.is_set():
            self._changed.clear()
            self._draw()
            self._changed.wait(SECOND)
            self._stop.wait(OFTEN)

    def _draw(self) -> None:
        width, height = self._screen.size
        with self._lock:
            lines = frame(self._course, self._course.clock(), width - 1, height - 1)
        self._screen.draw([(line.text, line.style) for line in lines])


class News:
    """What was not said yet."""

    def __init__(self) -> None:
        self._said: set[tuple[str, int, str]] = set()

    def of(self, stand: Stand, course: Course, now: float) -> Line | None:
        seen = stand.progress
        note(
            "progress",
            scene=seen.scene,
            take=seen.take,
            activity=seen.activity,
            ahead=seen.position,
            line=seen.line,
        )
        line = sentence(stand, course, now)
        if line is None or (key := (*stand.due.name, line.text)) in self._said:
            return None
        self._said.add(key)
        return line
