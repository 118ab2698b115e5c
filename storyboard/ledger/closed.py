"""What a ledger's file was when it was last closed: its hash, so that bytes which carry no row are watched too.

The note `ledger.sum` is made when a lease ends and is only believed as long as SQLite's own counter of changes stands
where it stood: a run that was killed leaves an outdated note, never a wrong one. The note decides nothing; `storyboard
doctor` tells the person.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path
from typing import Literal

from storyboard.ledger.store import sha256_of

# "older": put back from a backup. "changed": something other than SQLite wrote to it, or the disk failed.
Verdict = Literal["as closed", "older", "changed", "not known"]
COUNTER = slice(24, 28)  # how many transactions changed the file: sqlite.org/fileformat2.html 1.3.7
VALID_FOR = slice(92, 96)  # the same, as of the last writer: 1.3.17
HEADER = 100


def verdict(ledger: Path) -> Verdict:
    """Is the ledger as it was closed? Nothing is known while somebody writes, or when nobody noted it."""
    noted = _read(_note(ledger))
    if noted is None:
        return "not known"
    counter, sha256, doubted = noted
    try:
        found = _look(ledger)
    except OSError:
        return "not known"
    if found is None:
        return "not known"
    if doubted or found[0] == -1:
        return "changed"
    if found[0] != counter:
        return "older" if found[0] < counter else "not known"
    return "as closed" if found[1] == sha256 else "changed"


def note(ledger: Path, *, doubted: bool = False) -> None:
    """Notes what the ledger is now. A doubt lasts until a person says that it is believed as it is (`believe`)."""
    with contextlib.suppress(OSError):  # only a help for the doctor
        found = _look(ledger)
        if found is not None:
            text = json.dumps({"counter": found[0], "sha256": found[1], "doubted": doubted})
            _note(ledger).write_text(f"{text}\n{_seal(text)}\n", encoding="ascii")


def believe(ledger: Path) -> None:
    """Takes the ledger's bytes as they are."""
    _note(ledger).unlink(missing_ok=True)
    note(ledger)


def _note(ledger: Path) -> Path:
    return ledger.with_suffix(".sum")


def _look(ledger: Path) -> tuple[int, str] | None:
    """Counter and hash; None while a change is under way or no ledger is there. -1: two counters that differ."""
    journal = ledger.with_name(ledger.name + "-journal")
    before = _counter(ledger)
    if before is None or journal.exists():
        return None
    sha256 = sha256_of(ledger)
    if journal.exists() or _counter(ledger) != before:
        return None
    return before, sha256


def _counter(ledger: Path) -> int | None:
    if not ledger.is_file():
        return None
    with ledger.open("rb") as stream:
        header = stream.read(HEADER)
    if len(header) < HEADER:
        return None
    return int.from_bytes(header[COUNTER]) if header[COUNTER] == header[VALID_FOR] else -1


def _read(path: Path) -> tuple[int, str, bool] | None:
    try:
        text, _, seal = path.read_text(encoding="ascii").partition("\n")
        if seal.strip() != _seal(text):
            return None
        found = json.loads(text)
        return int(found["counter"]), str(found["sha256"]), bool(found["doubted"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _seal(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
