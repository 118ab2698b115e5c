"""The ledger's file: opened so that a commit is on the disk when it returns, or an error says that it is not.

The rollback journal with synchronous=EXTRA, never the write-ahead log: SQLite before 3.51.3, which most
Pythons carry, can corrupt a database in that mode (sqlite.org, 2026-03). A commit costs under a
millisecond, a take half a dollar.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool, Pool

from storyboard.errors import LedgerError
from storyboard.ledger.database import BUSY_SECONDS, Database, T, happened, said_plainly, told
from storyboard.ledger.shape import oddities

LOOKING = {"only_looking": True}
PRAGMAS = (
    "PRAGMA journal_mode=DELETE",
    "PRAGMA synchronous=EXTRA",
    "PRAGMA fullfsync=ON",  # macOS: really to the disk
    "PRAGMA trusted_schema=OFF",  # the file may come from a stranger
    "PRAGMA cell_size_check=ON",
)


class SqliteFile(Database):
    """One SQLite file. Every transaction has a connection of its own: after a failed fsync none is used
    again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.at = str(path)
        self._engine = _engine(path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._plainly(), self._engine.connect() as connection:
            yield connection.execution_options(**LOOKING)

    def write(self, work: Callable[[Connection], T]) -> T:
        with self._plainly(), self._engine.begin() as connection:
            found = work(connection)
            events = happened(connection)
        told(events)
        return found

    def is_made(self) -> bool:
        return self.path.exists()

    def check(self) -> None:
        with self.reading() as connection:
            verdict = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
            odd = oddities(connection)
        if verdict != "ok":
            raise LedgerError(self.damaged(f"malformed: {verdict[:200]}"))
        self._refuse_odd(
            odd,
            f"Put it back from a backup; if it came with somebody's repository, move the folder {self.path.parent} "
            "away.",
        )

    def damaged(self, words: str) -> str:
        return _reason(self.path, words)

    def _has_tables(self, connection: Connection) -> bool:
        return bool(connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar())

    def _has_facts(self, connection: Connection) -> bool:
        asked = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'facts'"
        return bool(connection.exec_driver_sql(asked).scalar())

    def _plainly(self) -> Any:
        def said(failure: DBAPIError) -> LedgerError:
            return LedgerError(_reason(self.path, str(failure.orig)))

        return said_plainly(said, self.damaged)


def _engine(path: Path) -> Engine:
    connect = partial(
        _dialect().connect,
        str(path),
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    return engine_of(NullPool(connect))


def engine_of(pool: Pool) -> Engine:
    """An engine that shares its compiled statements with all others of this process: a statement takes longer to
    compile than to carry out, and SQLAlchemy keeps what it compiled by dialect."""
    options: dict[str, Any] = {"compiled_cache": _COMPILED}
    url = URL.create("sqlite")
    engine = Engine(pool, _dialect(), url, execution_options=options, hide_parameters=True)
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


_COMPILED: dict[Any, Any] = {}


@cache
def _dialect() -> Dialect:
    return create_engine("sqlite://").dialect


def _set_up(connection: Any, record: Any) -> None:
    del record
    for pragma in PRAGMAS:
        connection.execute(pragma).close()


def _begin(connection: Connection) -> None:
    # The driver would begin late and for reading only; a writer must hold the write lock from its first look, and who
    # only looks must not hold it at all.
    if not LOOKING.keys() & connection.get_execution_options().keys():
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _reason(path: Path, words: str) -> str:
    low = words.lower()
    if "full" in low:
        cure = (
            "The disk is full. Free some space and run the same command again; what was bought is recorded."
        )
    elif "locked" in low or "busy" in low:
        cure = f"Another program held it for {BUSY_SECONDS} s. Let it finish, then run this again."
    elif "not a database" in low or "malformed" in low or "could not decode" in low:
        cure = (
            "The file is damaged. Put it back from a backup; don't delete it: it says what was bought, "
            "and without it the same clips would be bought again."
        )
    elif "readonly" in low or "unable to open" in low or "permission" in low:
        cure = "It can't be written. Check the permissions of the folder and run the same command again."
    else:
        cure = "Check the disk, then run the same command again."
    return f"The ledger {path} can't be used ({words}). Nothing is sent while that is so. {cure}"
