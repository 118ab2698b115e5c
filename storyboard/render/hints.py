"""Hints that a request is done, an empty file each, from whoever receives webhooks to whoever waits.

A hint lasts until its take has come home: as long as it is there, the same webhook again is nothing new. Later the
ledger says so.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Collection
from pathlib import Path

from storyboard.errors import LedgerError

PREFIX = "request-"


class Hints:
    """The hints of one place. Request ids have the form that fal/hosts.py lets through, so they are file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def noted(self, request_id: str) -> bool:
        return self._path(request_id).exists()

    def note(self, request_id: str) -> bool:
        """Makes the hint durable; False when it was there already. Raises LedgerError."""
        try:
            self._folder.mkdir(exist_ok=True)
            descriptor = os.open(self._path(request_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
            os.fsync(descriptor)
            os.close(descriptor)
            _sync(self._folder)
        except FileExistsError:
            return False
        except OSError as failure:
            raise LedgerError(
                f"A webhook can't be noted in {self._folder} ({failure.strerror or failure}). Nothing is lost: "
                "`storyboard render` asks fal by itself."
            ) from failure
        return True

    def clear(self, request_id: str) -> None:
        with contextlib.suppress(OSError):  # what is left over is swept by the next run
            self._path(request_id).unlink(missing_ok=True)

    def sweep(self, waiting: Collection[str | None]) -> None:
        """Removes the hints about requests that nobody waits for."""
        for path in self._folder.glob(f"{PREFIX}*"):
            if path.name.removeprefix(PREFIX) not in waiting:
                self.clear(path.name.removeprefix(PREFIX))

    def _path(self, request_id: str) -> Path:
        return self._folder / f"{PREFIX}{request_id}"


def _sync(folder: Path) -> None:
    if sys.platform == "win32":  # a folder can't be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
