"""One render at a time in one place. The operating system holds the lock, so a killed process never stands in
the way.

The lock is for order and for words ("waiting for pid 4711"). That no clip is bought twice rests on the
ledger's unique rows, which hold also where a network file system ignores locks.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from storyboard.errors import LedgerError
from storyboard.ledger.closed import note, verdict
from storyboard.ledger.place import LEDGER

LOOK_AGAIN = 0.1  # seconds
NAMELESS = 10  # looks after which a holder without a name is told of as well
SOMEBODY = "another render is at work here"
FAR = 1 << 30  # Windows locks bytes: one far behind the text, so that others can read who holds it


@contextlib.contextmanager
def lease(path: Path, waiting: Callable[[str], None]) -> Iterator[None]:
    """Holds the lock of a place; `waiting` is told once, in words, who holds it when that is somebody
    else."""
    try:
        stream = path.open("a+", encoding="utf-8")
    except OSError as failure:
        raise LedgerError(
            f"The lock {path} can't be opened ({failure.strerror or failure}). Nothing was sent. Check "
            "permissions and space, then run the same command again."
        ) from failure
    with stream:
        _wait(stream, waiting)
        ledger = path.with_name(LEDGER)
        doubted = verdict(ledger) == "changed"
        try:
            _sign(stream)
            yield
        finally:
            note(ledger, doubted=doubted and verdict(ledger) != "as closed")
            unlock(stream)


def at_work(path: Path) -> str | None:
    """Who holds the lock of a place, in words; None when nobody does, or where locks are ignored."""
    if not path.exists():
        return None
    try:
        with path.open("a+", encoding="utf-8") as stream:
            if not try_lock(stream):
                return _holder(stream)
            unlock(stream)
    except OSError:
        pass  # where a lock can't be tried nobody can be seen holding one: `doctor` says that locks are ignored there
    return None


def _wait(stream: IO[str], waiting: Callable[[str], None]) -> None:
    """Who just got the lock has not signed yet: a few looks later its name stands there."""
    looks = 0
    told = False
    while not try_lock(stream):
        who = _holder(stream)
        if not told and (who != SOMEBODY or looks >= NAMELESS):
            waiting(who)
            told = True
        looks += 1
        time.sleep(LOOK_AGAIN)


def _sign(stream: IO[str]) -> None:
    # Only words for whoever waits: a full disk must not keep a finished clip from being fetched. Written past the
    # stream, which would try again what it could not write when it is closed.
    with contextlib.suppress(OSError):
        since = datetime.now(UTC).isoformat(timespec="seconds")
        text = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since})
        os.ftruncate(stream.fileno(), 0)
        os.write(stream.fileno(), text.encode())


def _holder(stream: IO[str]) -> str:
    try:
        stream.seek(0)
        found = json.loads(stream.read(4096))
        who = f"pid {int(found['pid'])} on {found['host']}, since {found['since']}"
    except (OSError, ValueError, KeyError, TypeError):
        return SOMEBODY
    return f"another render ({who}) is at work here"


if sys.platform == "win32":
    import msvcrt

    def try_lock(stream: IO[Any]) -> bool:
        stream.seek(FAR)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(stream: IO[Any]) -> None:
        stream.seek(FAR)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(stream: IO[Any]) -> bool:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: the ledger's rows are the guard
        return True

    def unlock(stream: IO[Any]) -> None:
        with contextlib.suppress(OSError):
            fcntl.flock(stream.fileno(), fcntl.LOCK_UN)
