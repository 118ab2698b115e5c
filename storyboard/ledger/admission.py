"""Takes of storyboard.lock that come into the ledger: bought by others, or by a ledger that is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec.structs import replace
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from storyboard.errors import LedgerError
from storyboard.ledger import schema
from storyboard.ledger.database import Database
from storyboard.ledger.lock.united import Attempts, Purchase
from storyboard.ledger.record import State, Submission, TakeRecord
from storyboard.ledger.rows import added, is_take, noted, row_of, sealed, stamp

NOTE = "storyboard.lock has it"

Queue = Callable[[str, str], Submission]  # endpoint, request id → where it is asked for


class Admission:
    """The door of one ledger."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def attempts(self) -> Attempts:
        """Every attempt that this ledger's events name."""
        events = schema.events.c
        asked = select(events.digest, events.at, events.state, events.request_id)
        rows = self._database.read(lambda connection: connection.execute(asked).all())
        requests = frozenset(row.request_id for row in rows if row.request_id)
        sent = frozenset((row.digest, row.at) for row in rows if row.state == State.SENDING.value)
        return Attempts(requests, sent)

    def admit(self, purchases: Sequence[Purchase], queue: Queue) -> tuple[TakeRecord, ...]:
        """Makes the ledger hold these takes, in one transaction; returns those that were new or changed."""
        changed = [purchase for purchase in purchases if purchase.changed]
        if not changed:
            return ()

        def admitted(connection: Connection) -> tuple[TakeRecord, ...]:
            for purchase in changed:
                _parked(connection, purchase.row)
            return tuple(self._taken_in(connection, purchase, queue) for purchase in changed)

        try:
            return self._database.write(admitted)
        except IntegrityError as failure:
            raise LedgerError(
                "storyboard.lock and the ledger contradict each other: two takes have one request id. Nothing was "
                "changed or sent. Put storyboard.lock back from git, then run the same command again."
            ) from failure

    def _taken_in(self, connection: Connection, purchase: Purchase, queue: Queue) -> TakeRecord:
        take, row = _asked_at(purchase.take, queue), purchase.row
        values = row_of(take)
        if row is None:
            after = added(connection, values)
        else:
            ours = schema.takes.c.number == row.number
            connection.execute(update(schema.takes).where(ours).values(values))
            after = sealed(connection, take.key)
        renamed = f"; take {row.take} until now" if row is not None and row.take != take.take else ""
        if take.request_id is None and take.sent_at:  # when it is given up, its line must be known for it
            noted(connection, replace(after, state=State.SENDING), None, NOTE, take.sent_at)
        noted(connection, after, row.state if row else None, NOTE + renamed, stamp(self._now()))
        return after


def _parked(connection: Connection, row: TakeRecord | None) -> None:
    """Frees the number of a row that may get another one."""
    if row is not None:
        connection.execute(update(schema.takes).where(is_take(row.key)).values(take=-row.take))


def _asked_at(take: TakeRecord, queue: Queue) -> TakeRecord:
    if take.request_id is None or take.submission is not None:
        return take
    found = queue(take.endpoint, take.request_id)
    return replace(
        take, status_url=found.status_url, response_url=found.response_url, cancel_url=found.cancel_url
    )
