"""Which submits this clone of a project has under way, where its ledger is a shared one.

A take that a shared ledger calls `sending` may be another machine's POST of this moment, or one whose sender died. A
machine knows its own: for each there is a file here, named by its intent, from before the ledger is told until after
its outcome is. What is found as a run begins was left by one that is gone. While the ledger's server is away the file
holds fal's answer, so that a kill does not lose the request id either.

The file decides nothing about sending: that is the ledger's alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping

from msgspec import convert
from msgspec.structs import asdict

from storyboard.durable import sync_folder
from storyboard.errors import LedgerError
from storyboard.ledger.place import Place
from storyboard.ledger.record import Submission

INTENT = re.compile(r"^[0-9a-f]{32}$")


class Departures:
    """The submits of one place."""

    def __init__(self, place: Place) -> None:
        self._folder = place.departures
        self._watched = place.shared is not None

    def leave(self, intent: str, answer: Submission | None = None) -> None:
        """Notes that it is about to be sent, or what fal answered. Raises LedgerError."""
        if not self._watched:
            return
        text = json.dumps(asdict(answer)) if answer is not None else ""
        try:
            self._folder.mkdir(exist_ok=True)
            part = self._folder / f"{intent}.part"
            with part.open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            part.replace(self._folder / intent)
            sync_folder(self._folder)
        except OSError as failure:
            raise LedgerError(
                f"{self._folder} can't be written ({failure.strerror or failure}). Nothing was sent. Check permissions "
                "and space, then run the same command again."
            ) from failure

    def arrive(self, intent: str) -> None:
        """The ledger knows what came of it."""
        if self._watched:
            with contextlib.suppress(OSError):  # the next run finds that the ledger knows more
                (self._folder / intent).unlink(missing_ok=True)

    def left(self) -> Mapping[str, Submission | None]:
        """By intent, what runs of this clone that ended had under way. For whoever holds the lease."""
        if not self._watched or not self._folder.is_dir():
            return {}
        found = [path for path in self._folder.iterdir() if INTENT.match(path.name) and not path.is_symlink()]
        return {path.name: _answer(path.read_bytes()) for path in found}


def _answer(data: bytes) -> Submission | None:
    try:
        return convert(json.loads(data), Submission)
    except ValueError:  # msgspec's and json's own errors are ValueErrors
        return None
