"""When what was read is no longer what lies there. Editors save in many ways (a rename, an empty file first): folders
are watched, and the files in them compared by size, time and number, so that every way is met, and nothing is read
twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from pathlib import Path

from watchfiles import awatch

from storyboard.editor.overlay import Stamp, stamp_of

QUIET = 15  # ms without a change before there is a turn
LONGEST = 150  # ms of changes at most, before there is one
TICK = 500  # ms; where a system tells of no changes, they are seen within that

Stamps = Mapping[Path, Stamp | None]  # None: there was no such file


def stamps_of(files: Iterable[Path]) -> dict[Path, Stamp | None]:
    return {file: stamp_of(file) for file in files}


def differs(seen: Stamps) -> bool:
    """Is a file another than when it was read?"""
    return any(stamp_of(file) != stamp for file, stamp in seen.items())


async def turns(seen: Callable[[], Stamps], stop: asyncio.Event) -> AsyncIterator[None]:
    """A turn whenever something differs from what was `seen`, until `stop` is set. What was seen may become other files
    at any time."""
    while not stop.is_set():
        folders = _folders(seen())
        async with aclosing(_told(folders, stop)) as told:
            async for _ in told:
                if differs(seen()):
                    yield
                if _folders(seen()) != folders:
                    break
        await asyncio.sleep(QUIET / 1000)  # a look that is under way finds folder after folder


def _folders(files: Iterable[Path]) -> frozenset[Path]:
    """The folders that files are in or would be: where one is not there yet, or can't be (a name that is too long, a
    folder that is closed to us), the nearest above it."""
    return frozenset(next(above for above in file.parents if _is_folder(above)) for file in files)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


async def _told(folders: frozenset[Path], stop: asyncio.Event) -> AsyncGenerator[None]:
    """Whenever something happened there, and at every tick."""
    yield  # what happened while nobody watched
    try:
        changes = awatch(
            *folders,
            watch_filter=None,
            debounce=LONGEST,
            step=QUIET,
            stop_event=stop,
            rust_timeout=TICK,
            yield_on_timeout=True,
            recursive=False,
            ignore_permission_denied=True,
        )
        async with aclosing(changes):
            async for _ in changes:
                yield
    except (OSError, RuntimeError):  # the system watches no more folders: they are looked at
        await asyncio.sleep(TICK / 1000)
        yield
