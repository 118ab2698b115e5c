"""The ledger's file: opened for durability, brought up to date, and left alone when it is newer or was changed."""

from __future__ import annotations

import contextlib
import sqlite3
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from a_plan import Bench, bench
from a_take import INTENT
from sqlalchemy import Connection

from storyboard.errors import LedgerError
from storyboard.ledger import migrations, schema
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.owner import accept
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State

__all__ = ["bench"]


def test_the_file_is_opened_for_durability(bench: Bench) -> None:
    with bench.ledger._database.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "trusted_schema", "cell_size_check")
        }
    assert found == {"journal_mode": "delete", "synchronous": 3, "trusted_schema": 0, "cell_size_check": 1}


def test_a_newer_ledger_is_left_alone(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    with contextlib.closing(sqlite3.connect(bench.place.ledger)) as opened:
        opened.execute("UPDATE facts SET value = ? WHERE name = 'version'", (str(schema.VERSION + 1),))
        opened.commit()
    before = bench.place.ledger.read_bytes()
    with pytest.raises(LedgerError, match="newer storyboard"):
        bench.ledger.takes()
    assert bench.place.ledger.read_bytes() == before


def test_an_older_ledger_is_brought_up_to_date(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.ledger.claim(INTENT)

    def add_a_table(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (name TEXT)")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, add_a_table))
    for _ in range(2):  # the second time there is nothing left to do
        assert [take.scene for take in bench.ledger.takes()] == ["dawn"]
    with bench.ledger._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM more").scalar() == 0
    assert bench.ledger._database.fact("version") == str(schema.VERSION)


def test_a_ledger_of_version_1_keeps_its_takes(tmp_path: Path) -> None:
    place = place_of(tmp_path / "film")
    place.ready()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript((Path(__file__).parent / "golden" / "ledger" / "version-1.sql").read_text())
    accept("0" * 31 + "1", place.project)
    for _ in range(2):
        sent, intended = Ledger.open(place).takes()
        assert (sent.state, sent.number, sent.estimate, sent.maybe_billed) == (
            State.SENT,
            1,
            Decimal("1.26"),
            True,
        )
        assert (intended.scene, intended.take, intended.charge) == ("noon", 2, None)
    third = Ledger.open(place).claim(INTENT)
    assert third.number == 3


def test_an_old_row_that_was_changed_is_not_carried_over(tmp_path: Path) -> None:
    place = place_of(tmp_path / "film")
    place.ready()
    dump = (Path(__file__).parent / "golden" / "ledger" / "version-1.sql").read_text()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript(dump.replace("'intended',5,", "'verified',5,"))
    accept("0" * 31 + "1", place.project)
    before = place.ledger.read_bytes()
    with pytest.raises(LedgerError, match="take 2 can't be read"):
        Ledger.open(place)
    assert place.ledger.read_bytes() == before


def test_a_ledger_of_version_2_keeps_what_its_attempts_cost(tmp_path: Path) -> None:
    """Their estimates of then were overwritten: what is known of them now stays, whatever is sent again."""
    place = place_of(tmp_path / "film")
    place.ready()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript((Path(__file__).parent / "golden" / "ledger" / "version-2.sql").read_text())
    accept("0" * 31 + "2", place.project)
    ledger = Ledger.open(place)
    ledger.begin_sending(("b" * 64, 1), "{}", Decimal("0.42"), "observed-2026-10")
    dawn, noon = ledger.given_up()
    assert (dawn.state, dawn.request_id, dawn.sent_at) == (
        State.UNKNOWN,
        None,
        "2026-10-30T12:00:00.000+00:00",
    )
    assert (dawn.estimate, dawn.price_book, dawn.charge) == (Decimal("0.42"), "observed-2026-10", None)
    assert (noon.state, noon.request_id, noon.sent_at) == (
        State.FAILED,
        "id-b",
        "2026-10-30T12:00:00.000+00:00",
    )
    assert (noon.estimate, noon.price_book) == (Decimal("0.84"), "seeds")
    assert (noon.charge, noon.charged_by, noon.unit_price) == (
        Decimal("0.30"),
        "billing events",
        Decimal("0.14"),
    )
    assert [event.number for event in ledger.events()] == list(range(1, 14)), (
        "none is lost, no number used twice"
    )


def test_a_ledger_of_version_3_keeps_its_takes_and_what_its_attempts_cost(tmp_path: Path) -> None:
    place = place_of(tmp_path / "film")
    place.ready()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript((Path(__file__).parent / "golden" / "ledger" / "version-3.sql").read_text())
        events = old.execute("SELECT * FROM events").fetchall()
    accept("0" * 31 + "3", place.project)
    for _ in range(2):
        completed, intended = Ledger.open(place).takes()
        assert (completed.state, completed.charge, completed.charged_by, completed.voice) == (
            State.COMPLETED,
            Decimal("0.42"),
            "billable units",
            None,
        )
        assert (intended.scene, intended.take, intended.number) == ("noon", 2, 2)
    (attempt,) = Ledger.open(place).given_up()
    assert (attempt.request_id, attempt.estimate, attempt.charge) == (
        "id-a1",
        Decimal("0.84"),
        Decimal("0.30"),
    )
    with contextlib.closing(sqlite3.connect(place.ledger)) as now:
        assert now.execute("SELECT * FROM events").fetchall() == events
    assert Ledger.open(place)._database.fact("version") == str(schema.VERSION)


def test_a_ledger_of_version_4_counts_what_is_at_fal(tmp_path: Path) -> None:
    """A take that was sent before there were slots has one; an answer that was lost long ago has none."""
    place = place_of(tmp_path / "film")
    place.ready()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript((Path(__file__).parent / "golden" / "ledger" / "version-4.sql").read_text())
        takes = old.execute("SELECT * FROM takes").fetchall()
    accept("0" * 31 + "4", place.project)
    for _ in range(2):
        ledger = Ledger.open(place)
        now = datetime(2026, 11, 26, 13, tzinfo=UTC)
        assert [holder.key[0][0] for holder in ledger.runs.standing(now)[0]] == ["a", "b"]
        assert [holder.key[0][0] for holder in ledger.runs.standing(now + timedelta(hours=3))[0]] == ["a"]
    with contextlib.closing(sqlite3.connect(place.ledger)) as now_:
        assert now_.execute("SELECT * FROM takes").fetchall() == takes
    assert Ledger.open(place)._database.fact("version") == str(schema.VERSION)
