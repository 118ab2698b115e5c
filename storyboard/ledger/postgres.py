"""The ledger as a schema of a PostgreSQL database, which several machines share.

Writers are one after the other: each transaction begins with the one lock of its schema, which the server lets go when
the transaction ends or its client is gone. What only looks waits for nobody.

A server can go away at any moment, also between a commit and its answer. Every transaction therefore leaves a token of
its own in the table `writes`. Who comes back with a transaction that was asked to be committed takes the lock, which
its old connection can't be holding any more, and looks for the token: there, it was committed; not there, it never
will be, and its work is done within this very transaction. The server's own record of transactions (pg_xact_status)
would not do: a crash can give the number of one that was lost to another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Identity,
    MetaData,
    Table,
    Text,
    func,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError

from storyboard.errors import LedgerAway, LedgerError
from storyboard.ledger import schema
from storyboard.ledger.database import BUSY_SECONDS, Database, T, happened, said_plainly, told
from storyboard.ledger.pending import Pending, taken_over
from storyboard.ledger.postgres_engine import engine_at, is_of_the_way, lock_of, quoted
from storyboard.ledger.postgres_shape import oddities
from storyboard.ledger.shared import Shared
from storyboard.secret import redact

# Seconds before it is tried again at once; who can wait longer does so elsewhere.
PAUSES = (0.0, 0.1, 0.3, 0.6)
AT_ONCE = 2.0  # seconds: after that it is not
LOCK = "SELECT pg_advisory_xact_lock(%s)"
KEPT = 100_000  # tokens: as many writes of others may come between a commit and a look for it
writes = Table(
    "writes",
    MetaData(),
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("token", Text, nullable=False),
)
LEAVE = text(
    "WITH ours AS (INSERT INTO writes (token) VALUES (:token) RETURNING number), "
    "gone AS (DELETE FROM writes WHERE number <= (SELECT number FROM ours) - :kept) SELECT number FROM ours"
)
LEFT = text("SELECT count(*) FILTER (WHERE token = :token), coalesce(max(number), 0) FROM writes")
# States of a server that may be back soon; of one that others keep us from; of rights that we lack.
BACK = ("08", "57P01", "57P02", "57P03", "57P05", "25P03", "53300")
TIMED_OUT = ("55P03", "57014")
NOT_OURS = ("42501", "25006")


class Unsettled(LedgerError):
    """Nobody can tell any more whether a transaction was committed."""


class PostgresSchema(Database):
    """One schema of one server. Connections are kept, and shared by all of this process."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.at = str(shared)
        self._engine = engine_at(shared)
        self._lock = lock_of(shared.schema)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self._plainly(), self._engine.connect() as connection:
            yield connection

    def read(self, look: Callable[[Connection], T]) -> T:
        return self._at_once(lambda: super(PostgresSchema, self).read(look))

    def write(self, work: Callable[[Connection], T]) -> T:
        """See `Database.write`. Raises LedgerAway when the server does not come back at once."""
        pending = taken_over()
        try:
            return self._at_once(lambda: self._written(work, pending))
        except LedgerError as failure:
            if not pending.asked or isinstance(failure, Unsettled):
                raise
            # Also where the lock was not to be had: the server may not have noticed yet that its old holder is gone.
            away = failure if isinstance(failure, LedgerAway) else LedgerAway(str(failure))
            away.pending = pending
            raise away from failure

    def _written(self, work: Callable[[Connection], T], pending: Pending) -> T:
        with self._plainly(), self._engine.begin() as connection:
            connection.exec_driver_sql(LOCK, (self._lock,))
            happened(connection)  # of a transaction that came to nothing, on a connection that is kept
            if not pending.asked or not self._was_committed(connection, pending):
                self._carried_out(work, pending, connection)
        told(pending.events)
        return pending.result  # type: ignore[no-any-return]

    def _carried_out(
        self, work: Callable[[Connection], object], pending: Pending, connection: Connection
    ) -> None:
        pending.asked = False
        pending.result = work(connection)
        pending.events = happened(connection)
        pending.number = connection.execute(LEAVE, {"token": pending.token, "kept": KEPT}).scalar_one()
        pending.asked = True

    def still(self, look: Callable[[Connection], T]) -> T:
        def looked() -> T:
            with self.reading() as connection:
                connection.exec_driver_sql(LOCK, (self._lock,))
                return look(connection)

        return self._at_once(looked)

    def _was_committed(self, connection: Connection, pending: Pending) -> bool:
        """Under the lock, so that its own connection can't commit any more. Raises LedgerError when its token would be
        gone by now either way."""
        if not self._has_tables(connection):
            return False
        there, newest = connection.execute(LEFT, {"token": pending.token}).one()
        if not there and newest - pending.number >= KEPT:
            raise Unsettled(
                f"Whether the last write to the ledger {self.at} was kept can't be told any more: too many came after "
                "it. It was not done again. Run the same command again: it goes on from what the ledger says."
            )
        return bool(there)

    def _at_once(self, work: Callable[[], T]) -> T:
        """The work, begun anew where the connection was lost: a server that was started again is there at once."""
        began = time.monotonic()
        for pause in PAUSES:
            try:
                return work()
            except LedgerAway:
                if time.monotonic() - began > AT_ONCE:
                    raise
                self._engine.dispose()  # the others that are kept are dead, too
                time.sleep(pause)
        return work()

    def is_made(self) -> bool:
        return self.read(self._has_tables)

    def prepare(self, ledger_id: str, making: Callable[[], None] = lambda: None) -> None:
        """See `Database.prepare`. One that is as it should be is only looked at."""
        if self.read(self._version) != str(schema.VERSION):
            super().prepare(ledger_id, making)

    def check(self) -> None:
        tables = [*schema.metadata.sorted_tables, writes]
        odd = self.read(lambda connection: oddities(connection, tables))
        self._refuse_odd(odd, "Put it back from a backup of the database.")

    def damaged(self, words: str) -> str:
        return (
            f"The ledger {self.at} can't be used ({words}). Nothing is sent while that is so. Put it back from a "
            "backup of the database; don't empty it: it says what was bought, and without it the same clips would be "
            "bought again."
        )

    def _has_tables(self, connection: Connection) -> bool:
        asked = "SELECT 1 FROM pg_class WHERE relnamespace = to_regnamespace(%s) LIMIT 1"
        return bool(connection.exec_driver_sql(asked, (quoted(self.shared.schema),)).scalar())

    def _has_facts(self, connection: Connection) -> bool:
        return connection.exec_driver_sql("SELECT to_regclass('facts')").scalar() is not None

    def _make_tables(self, connection: Connection) -> None:
        there = "SELECT to_regnamespace(%s)"
        if connection.exec_driver_sql(there, (quoted(self.shared.schema),)).scalar() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {quoted(self.shared.schema)}")
        for tables in (schema.metadata, writes.metadata):
            tables.create_all(connection, checkfirst=False)

    def _count_on(self, connection: Connection) -> None:
        for table in (schema.takes, schema.events):
            sequence = func.pg_get_serial_sequence(table.name, "number")
            connection.execute(select(func.setval(sequence, func.max(table.c.number))))

    def _plainly(self) -> Any:
        return said_plainly(self._failure, self.damaged)

    def _failure(self, failure: DBAPIError) -> LedgerError:
        found = failure.orig
        state = getattr(found, "sqlstate", None) or ""
        reason = redact(" ".join(str(found).split()))[:300]
        if failure.connection_invalidated or (not state and is_of_the_way(found)):
            return self._away(reason)
        if state.startswith(BACK):
            return self._away(reason)
        if state in TIMED_OUT:
            cure = f"Another program held it for {BUSY_SECONDS} s. Let it finish, then run this again."
        elif state in NOT_OURS:
            cure = f"Its user must be allowed to make and write the schema {self.shared.schema!r}."
        elif state.startswith("53"):
            cure = "The server has run out of room. Make some, then run the same command again."
        else:
            cure = "`storyboard doctor PATH` looks at it. Then run the same command again."
        return LedgerError(
            f"The ledger {self.at} can't be used ({reason}). Nothing is sent while that is so. {cure}"
        )

    def _away(self, reason: str) -> LedgerAway:
        return LedgerAway(
            f"The server of the ledger {self.at} can't be reached ({reason}). Nothing is sent while that is so; what "
            "was bought is recorded. Run the same command again when it is back."
        )
