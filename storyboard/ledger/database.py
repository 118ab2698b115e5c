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

from sqlalchemy import URL, Connection, Dialect, Engine, create_engine, event, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.pool import NullPool, Pool

from storyboard.errors import LedgerError
from storyboard.ledger import migrations, schema
from storyboard.ledger.rows import NOTED
from storyboard.ledger.shape import oddities
from storyboard.log import note

BUSY_SECONDS = 20
LOOKING = {"only_looking": True}
PRAGMAS = (
    "PRAGMA journal_mode=DELETE",
    "PRAGMA synchronous=EXTRA",
    "PRAGMA fullfsync=ON",  # macOS: really to the disk
    "PRAGMA trusted_schema=OFF",  # the file may come from a stranger
    "PRAGMA cell_size_check=ON",
)


class Database:
    """One SQLite file. Every transaction has a connection of its own: after a failed fsync none is used
    again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with _said_plainly(self.path), self._engine.connect() as connection:
            yield connection.execution_options(**LOOKING)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction; when the block ends without an error it is durable."""
        with _said_plainly(self.path), self._engine.begin() as connection:
            connection.info.clear()
            yield connection
            events = tuple(connection.info.get(NOTED, ()))
        for facts in events:
            note("take", **facts)

    def prepare(self, ledger_id: str, making: Callable[[], None] = lambda: None) -> None:
        """Makes the tables of a file that is empty, after `making`; brings an older one up to date; refuses a
        newer one."""
        with self.writing() as connection:
            if connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar():
                self._migrate(connection, _version(connection))
                return
            making()
            schema.metadata.create_all(connection)
            rows = [
                {"name": "version", "value": str(schema.VERSION)},
                {"name": "ledger", "value": ledger_id},
            ]
            connection.execute(insert(schema.facts), rows)

    def check(self) -> None:
        """Raises LedgerError for a file whose pages don't fit together, or that does more than keep our rows."""
        with self.reading() as connection:
            verdict = str(connection.exec_driver_sql("PRAGMA integrity_check(1)").scalar())
            odd = oddities(connection)
        if verdict != "ok":
            raise LedgerError(_reason(self.path, f"malformed: {verdict[:200]}"))
        if odd:
            raise LedgerError(
                f"The ledger {self.path} is not as storyboard makes one ({', '.join(odd)[:200]}): something else "
                "changed it, and what it says can't be believed. Nothing was sent. Put it back from a backup; if "
                f"it came with somebody's repository, move the folder {self.path.parent} away."
            )

    def fact(self, name: str) -> str | None:
        with self.reading() as connection:
            return _fact(connection, name)

    def _migrate(self, connection: Connection, version: str) -> None:
        number = int(version) if version.isdecimal() else 0
        if not 1 <= number <= schema.VERSION:
            if not version.isdecimal():
                raise LedgerError(_reason(self.path, "malformed: it names no version"))
            raise LedgerError(
                f"The ledger {self.path} has version {version!r}, this storyboard knows up to "
                f"{schema.VERSION}: a newer storyboard wrote it. Nothing was changed or sent; upgrade "
                "storyboard and run this again."
            )
        for step in migrations.MIGRATIONS[number - 1 :]:
            step(connection)
        connection.execute(
            schema.facts.update().where(schema.facts.c.name == "version").values(value=str(schema.VERSION))
        )


def _version(connection: Connection) -> str:
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'facts'")
    return (_fact(connection, "version") or "") if known.scalar() else ""


def _fact(connection: Connection, name: str) -> str | None:
    value = connection.execute(select(schema.facts.c.value).where(schema.facts.c.name == name)).scalar()
    return value if isinstance(value, str) else None


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


@contextmanager
def _said_plainly(path: Path) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (UnicodeDecodeError, OverflowError) as failure:
        raise LedgerError(_reason(path, "malformed: a text in it is none")) from failure
    except DBAPIError as failure:
        raise LedgerError(_reason(path, str(failure.orig))) from failure
    except SQLAlchemyError as failure:
        raise LedgerError(_reason(path, type(failure).__name__)) from failure


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
