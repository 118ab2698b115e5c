"""Did whoever sends write it down first? As a submission arrives, a copy of the sender's ledger, as its file is on the
disk at that instant, must hold the very intent that is sent, in state `sending`, with the same body. Of a ledger that
is no file another witness tells.

Nothing of the ledger's own code is used: it is what is judged.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path

from storyboard.fal.history import canonical
from storyboard.sandbox.settings import Recorded

READINGS = 200  # of a file that another process writes meanwhile
QUERY = "SELECT state, body FROM takes WHERE intent = ?"

Files = tuple[bytes | None, bytes | None]  # rollback journal, ledger


def missing_intent(ledger: Path | Recorded, intent: str | None, body: bytes) -> str | None:
    """Why this submission was not announced; None when it was. `intent` is its Idempotency-Key, `body` as it came."""
    try:
        found = _on_disk(_as_it_is(ledger), intent) if isinstance(ledger, Path) else ledger(intent)
    except (OSError, sqlite3.Error) as failure:
        return f"the ledger can't be read ({failure})"
    if found is None:
        return "the ledger does not hold the intent"
    state, recorded = found
    if state != "sending":
        return f"the intent is {state}"
    return None if recorded == _by_content(body) else "another body was recorded"


def _by_content(body: bytes) -> str | None:
    """The body with uploads by content, as the ledger keeps it and fal's history is searched."""
    try:
        return canonical(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _as_it_is(ledger: Path) -> Files:
    """Both files of one instant: read until two readings agree, without a lock that would hold up the writer."""
    before = _read(ledger)
    for _ in range(READINGS):
        after = _read(ledger)
        if after == before:
            return after
        before = after
    raise OSError("it never stood still")


def _read(ledger: Path) -> Files:
    journal = ledger.with_name(ledger.name + "-journal")
    return _content(journal), _content(ledger)  # in this order: a journal that goes has done its work


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _on_disk(files: Files, intent: str | None) -> tuple[str, str | None] | None:
    """State and body of the intent, with what a killed writer left in the journal rolled back."""
    journal, ledger = files
    if ledger is None:
        return None
    with tempfile.TemporaryDirectory(prefix="storyboard-watch-") as folder:
        copy = Path(folder) / "ledger.sqlite"
        copy.write_bytes(ledger)
        if journal is not None:
            copy.with_name(copy.name + "-journal").write_bytes(journal)
        with contextlib.closing(sqlite3.connect(copy)) as database:
            found: tuple[str, str | None] | None = database.execute(QUERY, (intent,)).fetchone()
    return found
