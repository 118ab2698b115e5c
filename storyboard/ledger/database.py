"""The ledger's database, whichever engine keeps it: a commit is durable when it returns, or an error says that it is
not. A file of this machine's is in sqlite.py, a schema on a server in postgres.py."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from storyboard.errors import LedgerError
from storyboard.ledger import migrations, schema
from storyboard.ledger.rows import NOTED
from storyboard.log import note

if TYPE_CHECKING:
    from storyboard.ledger.place import Place

T = TypeVar("T")
Happened = tuple[Mapping[str, Any], ...]

BUSY_SECONDS = 20  # that a writer waits for another


class Database(ABC):
    """One ledger's tables. `at` is what messages call them."""

    at: str

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A connection that only looks, and neither waits for who writes nor keeps anybody waiting."""

    @abstractmethod
    def write(self, work: Callable[[Connection], T]) -> T:
        """What the work comes to, done within one transaction, which is durable when this returns. No other writes
        meanwhile. The work may be begun anew when its transaction certainly was not committed."""

    def still(self, look: Callable[[Connection], T]) -> T:
        """What a look comes to while nobody writes; nothing is changed by it."""
        return self.write(look)

    def fill(self, fill: Callable[[Connection], T]) -> T:
        """Makes the tables and what `fill` puts into them, in one transaction. Raises LedgerError where there are
        tables."""

        def filled(connection: Connection) -> T:
            if self._has_tables(connection):
                raise LedgerError(f"{self.at} is not empty. Nothing was changed. Name an empty one.")
            self._make_tables(connection)
            found = fill(connection)
            self._count_on(connection)
            return found

        return self.write(filled)

    @abstractmethod
    def is_made(self) -> bool:
        """Are there any tables?"""

    @abstractmethod
    def check(self) -> None:
        """Raises LedgerError for what is damaged, or does more than keep our rows."""

    @abstractmethod
    def damaged(self, words: str) -> str:
        """That it can't be used, and how it gets whole again."""

    def read(self, look: Callable[[Connection], T]) -> T:
        """What a look comes to."""
        with self.reading() as connection:
            return look(connection)

    def prepare(self, ledger_id: str, making: Callable[[], None] = lambda: None) -> None:
        """Makes the tables where there are none, after `making`; brings older ones up to date; refuses newer ones."""

        def prepared(connection: Connection) -> None:
            if self._has_tables(connection):
                self._migrate(connection, self._version(connection))
                return
            making()
            self._make_tables(connection)
            for name, value in (("version", str(schema.VERSION)), ("ledger", ledger_id)):
                connection.execute(insert(schema.facts), {"name": name, "value": value})

        self.write(prepared)

    def fact(self, name: str) -> str | None:
        return self.read(lambda connection: _fact(connection, name))

    @abstractmethod
    def _has_tables(self, connection: Connection) -> bool: ...

    @abstractmethod
    def _has_facts(self, connection: Connection) -> bool: ...

    def _make_tables(self, connection: Connection) -> None:
        schema.metadata.create_all(connection)

    def _count_on(self, connection: Connection) -> None:
        """After rows came with numbers: the next one gets a new number. SQLite sees to that by itself."""
        del connection

    def _version(self, connection: Connection) -> str:
        return (_fact(connection, "version") or "") if self._has_facts(connection) else ""

    def _refuse_odd(self, odd: tuple[str, ...], cure: str) -> None:
        if odd:
            raise LedgerError(
                f"The ledger {self.at} is not as storyboard makes one ({', '.join(odd)[:200]}): something else "
                f"changed it, and what it says can't be believed. Nothing was sent. {cure}"
            )

    def _migrate(self, connection: Connection, version: str) -> None:
        number = int(version) if version.isdecimal() else 0
        if not 1 <= number <= schema.VERSION:
            if not version.isdecimal():
                raise LedgerError(self.damaged("malformed: it names no version"))
            raise LedgerError(
                f"The ledger {self.at} has version {version!r}, this storyboard knows up to "
                f"{schema.VERSION}: a newer storyboard wrote it. Nothing was changed or sent; upgrade "
                "storyboard and run this again."
            )
        for step in migrations.MIGRATIONS[number - 1 :]:
            step(connection)
        connection.execute(
            schema.facts.update().where(schema.facts.c.name == "version").values(value=str(schema.VERSION))
        )


def database_of(place: Place) -> Database:
    """Where the ledger of a place is kept. The engines are loaded when they are needed. Raises UsageError for a server
    without its driver."""
    if place.shared is not None:
        from storyboard.ledger.postgres import PostgresSchema

        return PostgresSchema(place.shared)
    from storyboard.ledger.sqlite import SqliteFile

    return SqliteFile(place.ledger)


@contextmanager
def said_plainly(said: Callable[[DBAPIError], LedgerError], damaged: Callable[[str], str]) -> Iterator[None]:
    """Failures of an engine as LedgerErrors; `said` knows those of its driver, `damaged` what a text that is none
    means."""
    try:
        yield
    except IntegrityError:
        raise
    except (UnicodeDecodeError, OverflowError) as failure:
        raise LedgerError(damaged("malformed: a text in it is none")) from failure
    except DBAPIError as failure:
        raise said(failure) from failure
    except SQLAlchemyError as failure:
        raise LedgerError(damaged(type(failure).__name__)) from failure


def happened(connection: Connection) -> Happened:
    """What its transaction noted of takes, taken from it: to be told once that is committed."""
    return tuple(connection.info.pop(NOTED, ()))


def told(events: Happened) -> None:
    for facts in events:
        note("take", **facts)


def _fact(connection: Connection, name: str) -> str | None:
    value = connection.execute(select(schema.facts.c.value).where(schema.facts.c.name == name)).scalar()
    return value if isinstance(value, str) else None
