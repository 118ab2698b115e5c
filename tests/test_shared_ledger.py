"""A ledger on a server, used by more than one machine: nobody waits who only looks, whoever is first buys, and nothing
that another program did to it is believed."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from a_plan import Bench, plan, request
from a_postgres import Server, postgres
from a_take import INTENT, KEY
from both_engines import own_bench, shared
from rude_server import rude_server
from sqlalchemy import Connection

from storyboard.errors import LedgerError
from storyboard.ledger import migrations, schema
from storyboard.ledger.database import database_of
from storyboard.ledger.facts import known_takes
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place
from storyboard.ledger.record import State

__all__ = ["own_bench", "postgres"]

pytestmark = pytest.mark.long


@pytest.fixture
def bench(own_bench: Bench, postgres: Server) -> Bench:
    return Bench(own_bench.project, shared(own_bench.place, postgres))


def connected(place: Place) -> psycopg.Connection:
    """Another program in the ledger's schema."""
    assert place.shared is not None
    other = psycopg.connect(place.shared.url.reveal(), autocommit=True)
    other.execute(f'SET search_path TO "{place.shared.schema}"')
    return other


def changed(place: Place, *statements: str) -> None:
    with connected(place) as other:
        for statement in statements:
            other.execute(statement)


def test_looking_makes_nothing(bench: Bench) -> None:
    assert not bench.place.has_ledger()
    assert known_takes(bench.project, place=bench.place) == ((), frozenset())
    assert not bench.place.has_ledger()


def test_a_look_does_not_wait_for_a_writer(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    with connected(bench.place) as other, other.transaction():
        other.execute("SELECT pg_advisory_xact_lock(%s)", [ledger._database._lock])
        other.execute("UPDATE takes SET state = 'sending'")
        assert bench.ledger.get(KEY).state is State.INTENDED, "as it was before: the other is not done"
        raise psycopg.Rollback


def test_writers_are_one_after_the_other(bench: Bench) -> None:
    ledger = bench.ledger
    inside, most = [0], [0]
    lock = threading.Lock()

    def written(connection: Connection) -> None:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        connection.exec_driver_sql("SELECT count(*) FROM takes")
        with lock:
            inside[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(ledger._database.write, written) for _ in range(40)]:
            done.result()
    assert most == [1]


def test_of_many_who_claim_and_send_at_once_one_may(bench: Bench) -> None:
    ledgers = [bench.ledger for _ in range(8)]
    gate = threading.Barrier(len(ledgers))

    def begun(ledger: Ledger) -> bool:
        gate.wait()
        ledger.claim(INTENT)
        return ledger.begin_sending(KEY, "{}", None, "seeds") is not None

    with ThreadPoolExecutor(len(ledgers)) as pool:
        assert sum(pool.map(begun, ledgers)) == 1
    assert [event.state for event in bench.ledger.events()] == ["intended", "sending"]


FORGED = {
    "a trigger": (
        "CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN new.state = 'sent'; RETURN new; END$$",
        "CREATE TRIGGER again BEFORE UPDATE ON takes FOR EACH ROW EXECUTE FUNCTION again()",
    ),
    "a view": ("CREATE VIEW more AS SELECT * FROM takes",),
    "a view in place of a table": (
        "ALTER TABLE takes RENAME TO old",
        "CREATE VIEW takes AS SELECT * FROM old",
    ),
    "another table": ("CREATE TABLE more (x int)",),
    "a rule": ("CREATE RULE gone AS ON INSERT TO events DO INSTEAD NOTHING",),
    "a policy": ("ALTER TABLE takes ENABLE ROW LEVEL SECURITY",),
    "an index": ("CREATE INDEX more ON takes (scene)",),
    "another column": ("ALTER TABLE takes ADD COLUMN more TEXT",),
    "another type": ("ALTER TABLE takes ALTER COLUMN scene TYPE varchar(7)",),
    "what may be empty": ("ALTER TABLE takes ALTER COLUMN scene DROP NOT NULL",),
    "no uniqueness": ("ALTER TABLE takes DROP CONSTRAINT one_writer_wins",),
    "uniqueness of something else": (
        "ALTER TABLE takes DROP CONSTRAINT one_writer_wins",
        "ALTER TABLE takes ADD CONSTRAINT one_writer_wins UNIQUE (digest, number)",
    ),
    "uniqueness in the end": (
        "ALTER TABLE takes DROP CONSTRAINT one_writer_wins",
        "ALTER TABLE takes ADD CONSTRAINT one_writer_wins UNIQUE (digest, take) DEFERRABLE INITIALLY DEFERRED",
    ),
    "a check": ("ALTER TABLE takes ADD CONSTRAINT cheap CHECK (seconds < 4)",),
    "a table that a crash empties": ("ALTER TABLE takes SET UNLOGGED",),
    "a child": ("CREATE TABLE more () INHERITS (takes)",),
    "no such table": ("DROP TABLE uploads",),
    "no tokens": ("DROP TABLE writes",),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_ledger_that_does_more_than_keep_rows_is_refused(bench: Bench, name: str) -> None:
    assert not bench.ledger.takes()
    changed(bench.place, *FORGED[name])
    with rude_server() as server:
        with pytest.raises(LedgerError, match=r"not as storyboard makes one|can't be used"):
            bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert not server.asked


def test_a_row_that_was_changed_by_hand_is_refused(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    changed(bench.place, "UPDATE takes SET seconds = 6")
    with pytest.raises(LedgerError, match="damaged"):
        bench.ledger.takes()


def test_a_newer_ledger_is_left_alone(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    changed(bench.place, "UPDATE facts SET value = (value::int + 1)::text WHERE name = 'version'")
    with pytest.raises(LedgerError, match="newer storyboard"):
        bench.ledger.takes()


def test_an_older_ledger_is_brought_up_to_date_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.ledger.claim(INTENT)
    made: list[int] = []

    def a_step(connection: Connection) -> None:
        made.append(len(made))
        connection.exec_driver_sql("UPDATE takes SET scene = scene")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, a_step))
    gate = threading.Barrier(4)

    def opened(_: int) -> int:
        gate.wait()
        return len(bench.ledger.takes())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(opened, range(4))) == [1] * 4
    assert made == [0], "the lock let one of four do it"


def test_a_ledger_of_version_4_counts_what_is_at_fal(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    bench.ledger.begin_sending(KEY, "{}", None, "seeds")
    changed(bench.place, "DROP TABLE runs", "UPDATE facts SET value = '4' WHERE name = 'version'")
    holders, runs = bench.ledger.runs.standing(datetime.now(UTC))
    assert ([holder.key for holder in holders], runs) == ([KEY], ())
    assert bench.ledger._database.fact("version") == str(schema.VERSION)


def test_who_was_stopped_within_a_transaction_keeps_nobody_waiting_for_good(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from storyboard.ledger import postgres_engine as engine

    engine.close_all()
    monkeypatch.setattr(engine, "HELD", 1000)  # ms
    held, let_go = threading.Event(), threading.Event()
    stopped = bench.ledger

    def stuck(connection: Connection) -> None:
        if not held.is_set():
            held.set()
            let_go.wait(30)
        connection.exec_driver_sql("SELECT 1")

    with ThreadPoolExecutor(1) as pool:
        asleep = pool.submit(stopped._database.write, stuck)
        held.wait()
        database = database_of(bench.place)
        for _ in range(3):
            try:
                database.write(lambda connection: connection.exec_driver_sql("SELECT 1"))
                break
            except LedgerError:
                continue
        else:
            pytest.fail("the lock was never let go")
        let_go.set()
        asleep.result(timeout=30)  # it began its work anew
    engine.close_all()


PASSWORD = "correct-horse-battery"


def test_the_password_is_never_said(tmp_path: Path) -> None:
    url = f"postgresql://mara:{PASSWORD}@127.0.0.1:9/film?sslpassword={PASSWORD}2&connect_timeout=2"
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: one, prompt: rain}\n"
    )
    for words in (["plan", "."], ["takes", "."], ["doctor", "."], ["ledger", "move", ".", "--to", "file"]):
        ended = subprocess.run(
            [sys.executable, "-m", "storyboard", *words],
            cwd=tmp_path,
            env={**os.environ, "STORYBOARD_LEDGER_URL": url},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == 4, ended.stderr
        said = ended.stdout + ended.stderr
        assert "postgresql://mara@127.0.0.1:9/film" in said
        assert PASSWORD not in said
