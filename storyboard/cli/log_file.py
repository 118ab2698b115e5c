"""`--log FILE`: what a run did, one JSON object a line, for whoever asks later what happened.

    {"at": "2026-11-27T13:45:42.123Z", "event": "request", "method": "POST", "host": "queue.fal.run", …}

    begun      command, version, python, platform, process
    plan       digest, price_book, total;   step: scene, take, decision, reason, amount
    asked      question, answer             said: what the person was told
    request    method, host, path, status, seconds, error     never a body, a header, or the query of an address
    take       scene, take, was, state, request_id, digest, note     as the ledger has it, after it is on the disk
    clip       clip, what, store                              put into a shared store, or fetched out of it
    progress   scene, take, activity, ahead, line             what fal says of it meanwhile
    cut        what                                           a step of a cut or an animatic, as it begins
    ended      code, seconds

The key can't be in it: every text goes through `redact`, and addresses lose their query. At most two files of MOST
bytes: FILE, and FILE.1 with what was before.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

from storyboard.errors import UsageError
from storyboard.secret import redact

MOST = 8 << 20  # bytes of one file
LONGEST = 4000  # characters of one text
BEGINNING = b'{"at": "'
QUERY = re.compile(r"(https?://[^\s?#\"'<>]+)\?[^\s\"'<>]*")


def _now() -> datetime:
    return datetime.now(UTC)


class LogFile:
    """A listener that writes. What can't be written stops nothing: `lost` is told why, once."""

    def __init__(
        self,
        path: Path,
        lost: Callable[[str], None],
        now: Callable[[], datetime] = _now,
        most: int = MOST,
    ) -> None:
        """Raises UsageError for what is no log, or can't be one."""
        self.path, self._lost, self._now, self._most = path, lost, now, most
        self._lock = Lock()
        self._file: int | None = None
        try:
            self._file = _opened(path)
        except OSError as failure:
            raise UsageError(f"--log {path}: it can't be written ({failure.strerror}).") from None

    def __call__(self, event: str, facts: dict[str, Any]) -> None:
        at = self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        told = {name: _told(value) for name, value in facts.items() if value is not None}
        line = json.dumps({"at": at, "event": event, **told}) + "\n"  # in ASCII: nothing acts on who reads it
        with self._lock:
            why = self._write(line.encode())
        if why is not None:  # with the lock free again: telling it is an event, too
            self._lost(f"warning: the log {self.path} can't be written ({why}): it ends here")

    def close(self) -> None:
        with self._lock, suppress(OSError):
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def _write(self, line: bytes) -> str | None:
        """Why it can't be written."""
        if self._file is None:
            return None
        try:
            self._file = self._with_room(self._file, len(line))
            os.write(self._file, line)  # one call: lines of two runs don't mix
        except UsageError:  # what has the name by now is another's
            self._file = None
            return "another file has its name"
        except OSError as failure:
            self._file = None
            return failure.strerror or type(failure).__name__
        return None

    def _with_room(self, file: int, size: int) -> int:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode) or found.st_size + size <= self._most:
            return file
        os.close(file)
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        return _opened(self.path)


def _opened(path: Path) -> int:
    """For this person's eyes: the address of a clip is in it, and opens it."""
    file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | getattr(os, "O_BINARY", 0), 0o600)
    begins = os.read(file, len(BEGINNING)) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    if begins not in {b"", BEGINNING}:
        os.close(file)
        raise UsageError(f"--log {path}: it is there, and no log of storyboard's. Nothing was written.")
    return file


def _told(value: Any) -> Any:
    """A value as JSON has it, its texts without a key and without what signs an address."""
    if isinstance(value, bool | int | float):
        return value
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    text = redact(QUERY.sub(r"\1", text))
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
