"""The sandbox as a witness: as a submission arrives, does the sender's ledger hold its intent on the disk?"""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, bench
from sandboxes import STANDARD, Visitor, png, visiting

from storyboard.fal.history import canonical
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import Intent, TakeRecord

__all__ = ["bench"]

# Begins to change every take, until pages of the change are in the file itself, and is killed.
HALF_DONE = """
import os, signal, sqlite3, sys
ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("PRAGMA cache_size=1")
ledger.execute("BEGIN IMMEDIATE")
ledger.execute("UPDATE takes SET state = 'verified'")
for number in range(200):
    ledger.execute("INSERT INTO events (at, digest, take, state, note) VALUES ('', '', 0, '', ?)", ("x" * 4000,))
os.kill(os.getpid(), signal.SIGKILL)
"""


def announced(ledger: Ledger, body: Any) -> TakeRecord:
    """A take about to be sent, as a render leaves it."""
    intent = Intent("d" * 64, 1, "dawn", STANDARD, 3, "seeds", Decimal("0.504"))
    record = ledger.begin_sending(ledger.claim(intent).key, canonical(body), Decimal("0.504"), "seeds")
    assert record is not None
    return record


def sent(visitor: Visitor, body: Any, record: TakeRecord) -> list[str]:
    """What the sandbox found amiss, since it began, once this submission has arrived."""
    visitor.submit(body, headers={"idempotency-key": record.intent})
    return [row["reason"] for row in visitor.ledger()["unannounced"]]


def test_an_announced_submission_is_fine_whatever_its_uploads_are_called(
    tmp_path: Path, bench: Bench
) -> None:
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger) as visitor:
        still = png()
        name = f"{hashlib.sha256(still).hexdigest()}.png"
        body = {"prompt": "a potter", "start_image_url": visitor.upload(still, name)}
        assert sent(visitor, body, announced(bench.ledger, body)) == []


def test_what_was_not_written_down_first_is_noted(tmp_path: Path, bench: Bench) -> None:
    body = {"prompt": "a potter"}
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger) as visitor:
        visitor.submit(body)
        record = announced(bench.ledger, body)
        visitor.submit(body, headers={"idempotency-key": "another"})
        visitor.submit({"prompt": "a cat"}, headers={"idempotency-key": record.intent})
        bench.ledger.unknown(record.key, "given up")
        found = sent(visitor, body, record)
        assert found == [
            "the ledger does not hold the intent",
            "the ledger does not hold the intent",
            "another body was recorded",
            "the intent is unknown",
        ]
        assert [row["submit"] for row in visitor.ledger()["unannounced"]] == [1, 2, 3, 4]
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger) as visitor:
        assert len(visitor.ledger()["unannounced"]) == 4  # kept like all that it took


def test_refused_submissions_are_looked_at_as_well(tmp_path: Path, bench: Bench) -> None:
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger, faults={"500": 1.0}) as visitor:
        assert visitor.http.post(f"/{STANDARD}", json={}).status_code == 500
        assert len(visitor.ledger()["unannounced"]) == 1


def test_a_damaged_ledger_announces_nothing(tmp_path: Path, bench: Bench) -> None:
    body = {"prompt": "a potter"}
    record = announced(bench.ledger, body)
    bench.place.ledger.write_bytes(b"not a ledger" * 100)
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger) as visitor:
        [reason] = sent(visitor, body, record)
        assert "can't be read" in reason


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_journal_that_a_killed_writer_left_is_heeded_and_left_alone(tmp_path: Path, bench: Bench) -> None:
    body = {"prompt": "a potter"}
    record = announced(bench.ledger, body)
    before = bench.place.ledger.read_bytes()
    ended = subprocess.run([sys.executable, "-c", HALF_DONE, str(bench.place.ledger)], check=False)
    assert ended.returncode == -signal.SIGKILL
    journal = bench.place.ledger.with_name("ledger.sqlite-journal")
    left = bench.place.ledger.read_bytes(), journal.read_bytes()
    assert left[0] != before, "the change did not reach the file"
    with visiting(tmp_path / "state", watched_ledger=bench.place.ledger) as visitor:
        assert sent(visitor, body, record) == []
    assert (bench.place.ledger.read_bytes(), journal.read_bytes()) == left


def test_without_a_ledger_to_watch_nothing_is_said(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        visitor.submit({})
        assert "unannounced" not in visitor.ledger()
