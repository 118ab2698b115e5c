"""The server of a shared ledger: does it answer, may we write there, does it keep what it says it kept, what time is it
there?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from storyboard.errors import StoryboardError
from storyboard.ledger import schema
from storyboard.ledger.database import database_of
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.place import Place

OLDEST = 120000  # the server's number of version 12: what is older gets no mending any more
WRONG = timedelta(minutes=2)
ASKED = """
SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
  current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS lasts,
  pg_is_in_recovery() AS copy, clock_timestamp() AS now, current_user AS who,
  coalesce(has_schema_privilege(current_schema(), 'USAGE'), has_database_privilege(current_database(), 'CREATE'))
    AS may_enter
"""
RIGHTS = "SELECT has_table_privilege(%s, %s)"
NEEDED = ("SELECT", "INSERT", "UPDATE", "DELETE")


def server_findings(place: Place) -> Iterator[Finding]:
    """Nothing for a ledger of this machine's own."""
    if place.shared is None:
        return
    began = datetime.now(UTC)
    try:
        database = database_of(place)
        found = database.read(lambda connection: dict(connection.exec_driver_sql(ASKED).mappings().one()))
        ended = datetime.now(UTC)
        missing = database.read(_missing) if database.is_made() else ()
    except StoryboardError as failure:
        yield Finding("miss", "server", str(failure))
        return
    yield _version(place, found["number"], str(found["version"]))
    if found["copy"]:
        text = f"{place.shared} is a copy that follows another server: nothing can be written there"
        yield Finding("miss", "server", text, "name the server that it follows")
    if not found["lasts"]:
        text = (
            "the server runs with fsync or full_page_writes off: a power failure there loses what was bought"
        )
        yield Finding("miss", "server", text, "set both to on in its postgresql.conf")
    if missing or not found["may_enter"]:
        text = f"{found['who']} may not {', '.join(missing) or 'use the schema'} in {place.shared.schema!r}"
        yield Finding("miss", "server", text, "let its owner grant that")
    yield clock_finding(found["now"] - (began + (ended - began) / 2))


def _missing(connection: Connection) -> tuple[str, ...]:
    tables = [*schema.metadata.tables, "writes"]
    held = {right: all(_has(connection, table, right) for table in tables) for right in NEEDED}
    return tuple(right for right, has in held.items() if not has)


def _has(connection: Connection, table: str, right: str) -> bool:
    return bool(connection.exec_driver_sql(RIGHTS, (table, right)).scalar())


def _version(place: Place, number: int, version: str) -> Finding:
    if number < OLDEST:
        text = f"PostgreSQL {version}: storyboard is not tried with what is older than {OLDEST // 10000}"
        return Finding("warn", "server", text, "upgrade it")
    return Finding("ok", "server", f"PostgreSQL {version} answers at {place.shared}")


def clock_finding(ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(ahead) < WRONG:
        return Finding("ok", "clock", f"this machine's clock and the server's agree ({seconds:+.1f} s)")
    side = "behind" if seconds > 0 else "ahead of"
    text = f"this machine's clock is {abs(seconds) / 60:,.0f} minutes {side} the server's"
    return Finding("warn", "clock", text, "set it: the times of takes from several machines are compared")
