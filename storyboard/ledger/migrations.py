"""How an older ledger becomes one of today: a step a version, each within the transaction of all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from sqlalchemy import Connection, insert

from storyboard.errors import LedgerError
from storyboard.ledger import schema
from storyboard.ledger.given_up import gives_up
from storyboard.ledger.record import Event, State
from storyboard.ledger.rows import Key, seal_of


def _with_new_columns(connection: Connection) -> None:
    """The takes with the columns that they lack, empty.

    The table is made anew, so that it reads as one that was never older; each row's seal is looked at before it is
    set again.
    """
    rows = [dict(row) for row in connection.exec_driver_sql("SELECT * FROM takes ORDER BY number").mappings()]
    for row in rows:
        row["maybe_billed"] = bool(row["maybe_billed"])  # SQLite's own numbers, as they were sealed
        if row.pop("seal") != seal_of(row):
            raise LedgerError(
                f"The ledger's take {row.get('number')} can't be read: the file is damaged. Nothing was changed or "
                "sent. Put it back from a backup, then run the same command again."
            )
    connection.exec_driver_sql("DROP TABLE takes")
    schema.takes.create(connection)
    empty = dict.fromkeys(name for name in schema.takes.c.keys() if name != "seal")  # noqa: SIM118 - columns, by name
    for row in rows:
        values = empty | row
        connection.execute(insert(schema.takes).values(**values, seal=seal_of(values)))


CHARGED = re.compile(
    r"charged (\d+(?:\.\d+)?) USD \((billing events|billable units)(?:, (\d+(?:\.\d+)?) USD a unit)?\)"
)


def _with_attempts(connection: Connection) -> None:
    """2 → 3: events keep what an attempt cost that was given up.

    What was charged stood in words, and is taken from them. What the attempt had been estimated at was overwritten as
    the next was sent: the estimate of that one, of the same request, is the nearest that is known, and stays from now
    on.
    """
    rows = [
        dict(row) for row in connection.exec_driver_sql("SELECT * FROM events ORDER BY number").mappings()
    ]
    priced = "SELECT digest, take, price_book, estimate FROM takes"
    prices: dict[object, dict[str, str]] = {}
    for digest, take, book, estimate in connection.exec_driver_sql(priced):
        prices[digest] = prices[digest, take] = {"price_book": book, "estimate": estimate}
    connection.exec_driver_sql("DROP TABLE events")
    schema.events.create(connection)
    sent: dict[Key, str] = {}
    charges: dict[Key, dict[str, str]] = {}
    for row in rows:
        key, more = (row["digest"], row["take"]), {}
        if row["state"] == State.SENDING.value:
            sent[key] = row["at"]
            charges.pop(key, None)
        elif charged := CHARGED.match(row["note"] or ""):
            charges[key] = more = dict(
                zip(("charge", "charged_by", "unit_price"), charged.groups(), strict=True)
            )
        elif gives_up(Event(**row)):
            more = {"sent_at": sent.get(key, row["at"]), **_price(prices, key), **charges.pop(key, {})}
        connection.execute(insert(schema.events).values(**row, **more))


def _price(prices: Mapping[object, dict[str, str]], key: Key) -> dict[str, str]:
    """Of the take, or of one of its request: it may have got another number since."""
    return prices.get(key) or prices.get(key[0], {})


def _with_runs(connection: Connection) -> None:
    """4 → 5: who is at work. What has a slot at fal, the takes of before say as well."""
    schema.runs.create(connection)


# From version n to n + 1, at position n - 1. A new file is made at the newest version at once.
MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _with_new_columns,  # where a take came from, when it ended, what fal charged
    _with_attempts,
    _with_new_columns,  # the voice that it yielded
    _with_runs,
)
