"""What a ledger holds of a calendar month, read within the transaction that may add to it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from storyboard.ledger import schema
from storyboard.ledger.given_up import ENDED, given_up
from storyboard.ledger.known import EVENTS, TAKES
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.rows import event_of, record_of

MONTH = len("2026-11")
DAY = timedelta(days=1)  # more than any offset from UTC, in which a time of another ledger's may be written


def paid_around(connection: Connection, moment: datetime) -> tuple[TakeRecord, ...]:
    """All that may count in the month of a moment, and some that does not: takes, and attempts that were given up for
    another. A project grows for years, a month does not."""
    takes, events = schema.takes.c, schema.events.c
    months = sorted({(moment + days * DAY).isoformat()[:MONTH] for days in (-1, 0, 1)})
    sent = func.substr(func.coalesce(takes.sent_at, takes.created_at), 1, MONTH)
    found = [record_of(dict(row)) for row in connection.execute(TAKES.where(sent.in_(months))).mappings()]
    again = events.was.in_(sorted(ENDED)) & (events.state == State.INTENDED.value)
    of_then = func.substr(func.coalesce(events.sent_at, events.at), 1, MONTH).in_(months)
    if connection.execute(select(events.number).where(again, of_then).limit(1)).first() is None:
        return tuple(found)
    every = tuple(record_of(dict(row)) for row in connection.execute(TAKES).mappings())
    return (*found, *given_up(every, (event_of(dict(row)) for row in connection.execute(EVENTS).mappings())))
