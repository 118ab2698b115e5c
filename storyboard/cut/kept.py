"""Files that are made once: each named by the content that it was made from, and kept in a folder.

What is found under its name is used; names hold all that the file depends on, and a file has its name only when it
is whole. So it does not matter who makes one, where, nor how often.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Generic, TypeVar

from msgspec import Struct

from storyboard.cut.workers import HERE, Pool, Step, Workers, unheard
from storyboard.errors import Interrupted, MediaError
from storyboard.media.encode import FULL
from storyboard.media.entries import UnusualError
from storyboard.media.stills import DamagedError

T = TypeVar("T")
R = TypeVar("R")


class Kept(Struct, Generic[T], frozen=True):
    """A file to be. `write` makes it, `read` says what is in it, or raises DamagedError and the like; both are
    functions of modules over frozen values, for they may be called on another machine. `frames` is about how many there
    are to make, `what` says in words what is done."""

    path: Path
    write: Callable[[Path, Step], None]
    read: Callable[[Path], T]
    what: str
    frames: int = 0

    def there(self) -> T | None:
        """What was made before. What was harmed since costs nothing but time: it goes, and is made again."""
        if not self.path.exists():
            return None
        with contextlib.suppress(OSError, DamagedError, UnusualError, MediaError):
            return self.read(self.path)
        self.path.unlink(missing_ok=True)
        return None

    def seen(self, step: Step = unheard) -> T:
        """What is in the file, which is made unless it is there. Raises MediaError."""
        found = self.there()
        if found is not None:
            return found
        step(0)
        self.write(self.path, step)
        try:
            return self.read(self.path)
        except (DamagedError, UnusualError) as error:
            raise MediaError(
                f"{self.path.name}, just made for the cut, can't be read again ({error}): is the disk failing?"
            ) from None


def kept_name(*parts: object, suffix: str = ".mp4") -> str:
    """A file name from everything that decides on the file's content."""
    text = json.dumps([FULL.name, *map(str, parts)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest() + suffix


def nothing() -> None:
    """Nobody else has to stop."""


def all_made(
    wanted: Iterable[Kept[T]],
    threads: int,
    heard: Callable[[Kept[T]], Step],
    *,
    workers: Workers = HERE,
    stop: Callable[[], None] = nothing,
) -> dict[Path, T]:
    """Every file, by its path; one of equal ones is made, several at a time: on this machine so many as `threads`.
    What stops one stops all, and calls `stop`. Raises what it was, MediaError as a rule."""
    return _made(wanted, threads, heard, workers, stop, Future.result)


def all_tried(
    wanted: Iterable[Kept[T]], threads: int, heard: Callable[[Kept[T]], Step], *, workers: Workers = HERE
) -> dict[Path, T | MediaError]:
    """The same where each is of use by itself: instead of what can't be made stands why."""
    return _made(wanted, threads, heard, workers, nothing, _result_or_why)


def _made(
    wanted: Iterable[Kept[T]],
    threads: int,
    heard: Callable[[Kept[T]], Step],
    workers: Workers,
    stop: Callable[[], None],
    result: Callable[[Future[T]], R],
) -> dict[Path, T | R]:
    """The longest is made first, so that no core is left with one when the others are done."""
    each: dict[Path, Kept[T]] = {}
    for one in wanted:
        each.setdefault(one.path, one)
    found = _there(each, threads)
    todo = sorted((one for path, one in each.items() if path not in found), key=lambda one: -one.frames)
    if not todo:
        return {**found}
    stopped: list[Interrupted] = []
    with workers.pool(threads) as pool:
        try:
            begun = {one.path: _begun(one, pool, heard(one), stopped.append) for one in todo}
            return {**found, **dict(_results(begun, result, stopped))}
        except BaseException:
            stop()
            raise


def _results(
    begun: dict[Path, Future[T]], result: Callable[[Future[T]], R], stopped: list[Interrupted]
) -> Iterator[tuple[Path, R]]:
    for path, future in begun.items():
        yield path, result(future)
        if stopped:
            raise stopped[0]


def _begun(one: Kept[T], pool: Pool, heard: Step, stopped: Callable[[Interrupted], None]) -> Future[T]:
    """The file as a task that runs, or waits for its turn. To another machine goes what it is made from, nothing
    else."""
    if pool.there is None:
        return pool.executor.submit(one.seen, heard)
    begun: Future[T] = pool.executor.submit(pool.there, one, unheard)
    begun.add_done_callback(lambda done: _told(done, heard, one.frames, stopped))
    return begun


def _told(done: Future[T], heard: Step, frames: int, stopped: Callable[[Interrupted], None]) -> None:
    """In whatever thread hears of it, where nobody minds what is raised."""
    if not done.cancelled() and done.exception() is None:
        try:
            heard(frames)
        except Interrupted as why:
            stopped(why)


def _there(each: dict[Path, Kept[T]], threads: int) -> dict[Path, T]:
    """What was made before is read here: that takes a disk, and no processor."""
    if not each:
        return {}
    with ThreadPoolExecutor(threads) as lookers:
        found = zip(each, lookers.map(Kept.there, each.values()), strict=True)
        return {path: one for path, one in found if one is not None}


def _result_or_why(future: Future[T]) -> T | MediaError:
    try:
        return future.result()
    except MediaError as error:
        return error
