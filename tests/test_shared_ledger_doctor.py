"""`storyboard doctor` and a shared ledger: what is wrong with its server is said with the cure; without the driver,
what to install."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from a_postgres import Server, postgres
from a_take import INTENT, KEY

from storyboard.ledger import schema
from storyboard.ledger.doctor.server import clock_finding
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.slots import Run

__all__ = ["postgres"]

FILM = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: dawn, prompt: rain}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return tmp_path


@pytest.fixture
def url(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    found = postgres.new_database()
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", found)
    return found


def server_lines(run: Callable, project: Path) -> list[str]:
    return [
        line for line in run("doctor", project).out.splitlines() if line[6:].startswith(("server", "ledger"))
    ]


@pytest.mark.long
def test_all_is_well(project: Path, url: str, run: Callable) -> None:
    Ledger.open(place_of(project)).claim(INTENT)
    ran = run("doctor", project)
    assert "ok    server" in ran.out
    assert f"whole: 1 take, version {schema.VERSION}, shared, at {url}" in ran.out
    assert "the server's agree" in ran.out
    assert ran.code == 0, ran.out


@pytest.mark.long
def test_who_has_the_slots_and_who_waits(project: Path, url: str, run: Callable) -> None:
    ledger = Ledger.open(place_of(project))
    series = Run("1", "series-2.yaml", "anna", "/film", 2, frozenset({ledger.claim(INTENT).intent}))
    ledger.begin_sending(KEY, "{}", None, "seeds")
    ledger.runs.begin(series)
    ledger.runs.begin(Run("2", "short.yaml", "bela", "/film", 2, waiting=1))
    line = next(line for line in run("doctor", project).out.splitlines() if "slots" in line)
    assert line == (
        "ok    slots       1 of 2 slots in use: 1 by series-2.yaml on anna; waiting: short.yaml on bela"
    )
    ledger.runs.begin(
        Run("3", "series-3.yaml", "anna", "/film", 2)
    )  # its place's lease says that the first is gone
    _, runs = ledger.runs.standing(datetime.now(UTC))
    assert sorted(run.id for run in runs) == ["2", "3"]


@pytest.mark.long
def test_before_anything_was_bought(project: Path, url: str, run: Callable) -> None:
    assert [line[:4].strip() for line in server_lines(run, project)] == ["-", "ok"]
    assert not (project / ".storyboard").exists()


@pytest.mark.long
def test_a_user_without_rights(project: Path, url: str, postgres: Server, run: Callable) -> None:
    Ledger.open(place_of(project))
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("CREATE ROLE guest LOGIN")
        server.execute("GRANT USAGE ON SCHEMA storyboard TO guest")
        server.execute("GRANT SELECT ON ALL TABLES IN SCHEMA storyboard TO guest")
    try:
        os.environ["STORYBOARD_LEDGER_URL"] = url.replace("postgres@", "guest@")
        assert any("guest may not INSERT, UPDATE, DELETE" in line for line in server_lines(run, project))
    finally:
        os.environ["STORYBOARD_LEDGER_URL"] = url


@pytest.fixture
def careless(postgres: Server) -> Iterator[None]:
    """A server that says that something is on the disk before it is."""
    reload = "SELECT pg_reload_conf()"
    postgres.do("ALTER SYSTEM SET fsync = off", reload)
    yield
    postgres.do("ALTER SYSTEM RESET fsync", reload)


@pytest.mark.long
@pytest.mark.usefixtures("careless")
def test_a_server_that_does_not_keep_what_it_says(project: Path, url: str, run: Callable) -> None:
    from sandboxes import until

    until(lambda: any("fsync or full_page_writes off" in line for line in server_lines(run, project)))


@pytest.mark.long
def test_a_row_that_was_changed(project: Path, url: str, run: Callable) -> None:
    Ledger.open(place_of(project)).claim(INTENT)
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("UPDATE storyboard.takes SET estimate = '0.01'")
    assert any(line.startswith("MISS") and "damaged" in line for line in server_lines(run, project))


@pytest.mark.parametrize(
    ("ahead", "level", "said"),
    [
        (timedelta(seconds=-1.4), "ok", "agree (-1.4 s)"),
        (timedelta(hours=1), "warn", "60 minutes behind the server's"),
        (timedelta(minutes=-3), "warn", "3 minutes ahead of the server's"),
    ],
)
def test_another_clock_is_told(ahead: timedelta, level: str, said: str) -> None:
    found = clock_finding(ahead)
    assert found.level == level
    assert said in found.text


def test_without_the_driver_it_is_said_how_to_get_it(project: Path) -> None:
    program = (
        "import sys; sys.modules['psycopg'] = None; from storyboard.cli.app import main; main(['plan', '.'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env={**os.environ, "STORYBOARD_LEDGER_URL": "postgresql:///film"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2, ended.stderr
    assert 'pip install "storyboard-compiler[postgres]"' in ended.stderr


@pytest.mark.parametrize("url", ["mysql://h/d", "postgresql://a b/c", "nonsense", "postgresql://[::1/d"])
def test_a_url_that_is_none(project: Path, run: Callable, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", url)
    ran = run("plan", project)
    assert ran.code == 2
    assert "must be the URL of a PostgreSQL database" in ran.err
    assert url not in ran.err
