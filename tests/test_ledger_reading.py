"""Who only looks at a ledger neither waits for who writes nor keeps anybody waiting."""

from __future__ import annotations

import contextlib
import sqlite3
from decimal import Decimal

from a_plan import Bench, bench

from storyboard.ledger.record import Intent, State

__all__ = ["bench"]


def test_a_look_does_not_wait_for_a_writer(bench: Bench) -> None:
    ledger = bench.ledger
    key = ("a" * 64, 1)
    ledger.claim(Intent(*key, "dawn", "a/b/c", 3, "seeds", Decimal(1)))
    with contextlib.closing(sqlite3.connect(bench.place.ledger, timeout=0, isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE takes SET state = 'sending'")
        assert ledger.get(key).state is State.INTENDED, "as it was before: the other is not done"
        assert len(ledger.events()) == 1
        writer.execute("ROLLBACK")


def test_a_writer_does_not_wait_for_a_look(bench: Bench) -> None:
    ledger = bench.ledger
    with (
        ledger._database.reading() as connection,
        contextlib.closing(sqlite3.connect(bench.place.ledger, timeout=0, isolation_level=None)) as writer,
    ):
        assert connection.exec_driver_sql("SELECT count(*) FROM takes").scalar() == 0
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("ROLLBACK")
