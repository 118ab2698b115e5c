"""`storyboard ledger move`: the same ledger elsewhere, to the last column, and the old one as it was."""

# ruff: noqa: S608 - of names that stand here

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from a_postgres import Server, postgres
from a_take import DIGEST, INTENT, KEY, given
from msgspec.structs import replace

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State
from storyboard.ledger.slots import Run

__all__ = ["postgres"]

FILM = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: dawn, prompt: rain}\n"
TABLES = ("facts", "takes", "events", "uploads")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A film with a ledger that has one of everything, in every script."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ledger = Ledger.open(place_of(folder))
    ledger.claim(INTENT)
    ledger.begin_sending(KEY, '{"prompt": "华强骑着 🐎 \\u0000"}', Decimal("1.54"), "seeds")
    ledger.sent(KEY, given())
    ledger.completed(KEY, "https://a/clip.mp4", 3 << 31, Decimal("3.0"))
    ledger.downloaded(KEY, "c" * 64)
    ledger.verified(KEY, ("short", "żółw"))
    ledger.charged(KEY, Decimal("0.2520"), Decimal("1.260"), "billing events")
    second = Intent(DIGEST, 2, "dawn", "fal-ai/x/y", 5, "seeds", Decimal("0.10"))
    ledger.claim(second)
    ledger.begin_sending((DIGEST, 2), "{}", Decimal("0.10"), "seeds")
    ledger.unknown((DIGEST, 2), "no answer", "id-seen")
    ledger.uploads.remember("e" * 64, "https://a/e.png", timedelta(days=3))
    ledger.holds.hold(["dusk"], ["f" * 64])
    ledger.plans.begin("9" * 64)
    return folder


def rows_on_server(url: str) -> dict[str, list]:
    with psycopg.connect(url) as server:
        server.execute("SET search_path TO storyboard")
        found = {name: server.execute(f"SELECT * FROM {name}").fetchall() for name in TABLES}
    return {name: sorted(rows) for name, rows in found.items()}


def rows_in_file(path: Path) -> dict[str, list]:
    with closing(sqlite3.connect(path)) as file:
        found = {name: sorted(file.execute(f"SELECT * FROM {name}")) for name in TABLES}
        columns = [name for (name,) in file.execute("SELECT name FROM pragma_table_info('takes')")]
    billed = columns.index("maybe_billed")
    found["takes"] = [(*row[:billed], bool(row[billed]), *row[billed + 1 :]) for row in found["takes"]]
    return found


@pytest.mark.long
def test_there_and_back_again(
    project: Path, postgres: Server, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, own = postgres.new_database(), place_of(project)
    before = own.ledger.read_bytes()
    ran = run("ledger", "move", project, "--to", url)
    assert ran.code == 0, ran.err
    assert "2 takes" in ran.out
    assert "charges 1.26 USD, estimates 1.64 USD" in ran.out
    assert own.ledger.read_bytes() == before, "the source is as it was"
    assert rows_on_server(url) == rows_in_file(own.ledger), "every column of every row, seals as well"

    ran = run("takes", project)
    assert ran.code == 4, "the file is no longer the ledger"
    assert "STORYBOARD_LEDGER_URL" in ran.err
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", url)
    ran = run("takes", project, "--format", "json")
    assert [take["state"] for take in json.loads(ran.out)["takes"]] == ["verified", "unknown"], ran.err
    third = Ledger.open(place_of(project)).claim(replace(INTENT, take=3))
    assert third.number == 3, "no number twice"

    Ledger.open(place_of(project)).runs.begin(Run("1", "series.yaml", "anna", "/film", 2))
    own.ledger.rename(project / "old.sqlite")
    ran = run("ledger", "move", project, "--to", "file")
    assert ran.code == 0, ran.err
    monkeypatch.delenv("STORYBOARD_LEDGER_URL")
    assert [take.state for take in Ledger.open(place_of(project)).takes()] == [
        State.VERIFIED,
        State.UNKNOWN,
        State.INTENDED,
    ]
    assert rows_in_file(own.ledger) == rows_on_server(url)
    with closing(sqlite3.connect(own.ledger)) as file:
        assert not file.execute("SELECT * FROM runs").fetchall(), "who is at work there is of that moment"
    assert run("doctor", project).out.count("MISS  ledger") == 0


@pytest.mark.long
def test_a_full_one_is_not_moved_to(project: Path, postgres: Server, run: Callable) -> None:
    url = postgres.new_database()
    assert run("ledger", "move", project, "--to", url).code == 0
    full = rows_on_server(url)
    (project / ".storyboard" / "moved").unlink()
    ran = run("ledger", "move", project, "--to", url)
    assert ran.code == 4
    assert "is not empty" in ran.err
    assert rows_on_server(url) == full


@pytest.mark.long
def test_a_move_that_breaks_leaves_nothing(
    project: Path, postgres: Server, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A take that can't be read there: nothing of it stays."""
    url = postgres.new_database()
    with closing(sqlite3.connect(place_of(project).ledger)) as file:
        file.execute("INSERT INTO uploads VALUES ('0', char(0), 'x', 'y')")
        file.commit()
    ran = run("ledger", "move", project, "--to", url)
    assert ran.code == 4, ran.out
    assert "can't be used" in ran.err
    assert not (project / ".storyboard" / "moved").exists()
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", url)
    assert not place_of(project).has_ledger()


@pytest.mark.long
def test_a_shared_ledger_that_is_empty_is_not_begun_beside_one_that_is_not(
    project: Path, postgres: Server, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", postgres.new_database())
    ran = run("plan", project)
    assert ran.code == 4
    assert "storyboard ledger move" in ran.err
    shutil.move(project / ".storyboard" / "ledger.sqlite", project / "old")
    assert run("plan", project).code == 0


@pytest.mark.parametrize(
    "to", ["", "mysql://root@host/db", "http://example.org", "postgresql://a b/c", "elsewhere"]
)
def test_where_it_can_not_go(project: Path, run: Callable, to: str) -> None:
    ran = run("ledger", "move", project, "--to", to)
    assert ran.code == 2
    assert "postgresql://" in ran.err
    assert to not in ran.err or not to


def test_nothing_to_move(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ran = run("ledger", "move", tmp_path, "--to", "postgresql:///film")
    assert ran.code == 4
    assert "nothing to move" in ran.err
    assert run("ledger", "move", tmp_path, "--to", "file").code == 2, "it is there already"
