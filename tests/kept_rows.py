"""What a ledger holds at a moment, taken aside and put back, on either engine, without the program's own code."""

# ruff: noqa: S608 - of names that stand here
from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from sandboxes import until

from storyboard.ledger.place import Place
from storyboard.sandbox.settings import Recorded

TABLES = ("facts", "takes", "events", "uploads", "writes")
INTENT = "SELECT state, body FROM takes WHERE intent = "


def kept(place: Place) -> Any:
    """All of it: the bytes of a file, the rows of a schema."""
    if place.shared is None:
        return place.ledger.read_bytes()
    with _connected(place) as server:
        return {name: server.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in TABLES}


def put_back(place: Place, found: Any) -> None:
    if place.shared is None:
        place.ledger.write_bytes(found)
        return
    with _connected(place) as server:
        for name, rows in found.items():
            server.execute(f"DELETE FROM {name}")
            for row in rows:
                values = ", ".join(["%s"] * len(row))
                server.execute(f"INSERT INTO {name} OVERRIDING SYSTEM VALUE VALUES ({values})", row)


def at_that_instant(place: Place, intent: str) -> list[Any]:
    """State and body of an intent, as another program reads them. Where the server went away since, they are read when
    it is back: who is answered only then can't have written them meanwhile."""
    if place.shared is None:
        with contextlib.closing(sqlite3.connect(place.ledger)) as disk:
            return disk.execute(f"{INTENT}?", [intent]).fetchall()
    return until(lambda: _found(place, intent), seconds=60)[0]


def _found(place: Place, intent: str) -> tuple[list[Any]] | None:
    import psycopg

    try:
        with _connected(place) as server:
            return (server.execute(f"{INTENT}%s", [intent]).fetchall(),)
    except psycopg.OperationalError:
        return None


def witness_of(place: Place) -> Path | Recorded:
    """What the sandbox looks into as a submission arrives."""
    if place.shared is None:
        return place.ledger
    return lambda intent: next(iter(at_that_instant(place, intent or "")), None)


def states(place: Place) -> list[tuple[str, str]]:
    """(digest, state) of each take of a shared ledger."""
    with _connected(place) as server:
        return server.execute("SELECT digest, state FROM takes").fetchall()


def _connected(place: Place) -> Any:
    import psycopg

    assert place.shared is not None
    server = psycopg.connect(place.shared.url.reveal())
    server.execute(f'SET search_path TO "{place.shared.schema}"')
    return server
