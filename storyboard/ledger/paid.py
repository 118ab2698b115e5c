"""What a ledger holds of a calendar month, read within the transaction that may add to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, select

from storyboard.ledger import schema
from storyboard.ledger.given_up import ENDED, given_up
from storyboard.ledger.known import EVENTS, TAKES
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.rows import event_of, record_of

MONTH = len("2026-11")
DAY = timedelta(days=1)  # more than any offset from UTC, in which a time of another ledger's may be written
takes, events = schema.takes.c, schema.events.c


def paid_around(connection: Connection, moment: datetime) -> tuple[TakeRecord, ...]:
    """All that may count in the month of a moment, and some that does not: takes, and attempts that were given up for
    another. A project grows for years, a month does not."""
    months = sorted({(moment + days * DAY).isoformat()[:MONTH] for days in (-1, 0, 1)})
    sent = func.substr(func.coalesce(takes.sent_at, takes.created_at), 1, MONTH)
    return (*_takes(connection, sent.in_(months)), *_given_up(connection, months))


def _given_up(connection: Connection, months: Sequence[str]) -> tuple[TakeRecord, ...]:
    again = events.was.in_(sorted(ENDED)) & (events.state == State.INTENDED.value)
    of_then = func.substr(func.coalesce(events.sent_at, events.at), 1, MONTH).in_(months)
    opened = connection.execute(select(events.digest, events.request_id).where(again, of_then)).all()
    if not opened:
        return ()
    digests, ids = ({row[column] for row in opened} for column in (0, 1))
    found = _takes(connection, takes.digest.in_(digests) | takes.request_id.in_(ids))
    told = connection.execute(EVENTS.where(events.digest.in_(digests))).mappings()
    return given_up(found, (event_of(dict(row)) for row in told))


def _takes(connection: Connection, which: ColumnElement[bool]) -> tuple[TakeRecord, ...]:
    return tuple(record_of(dict(row)) for row in connection.execute(TAKES.where(which)).mappings())
