"""How an older ledger becomes one of today: a step a version, each within the transaction of all of them."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, insert

from storyboard.errors import LedgerError
from storyboard.ledger import schema
from storyboard.ledger.rows import seal_of


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


# From version n to n + 1, at position n - 1. A new file is made at the newest version at once.
MIGRATIONS: tuple[Callable[[Connection], None], ...] = (
    _with_new_columns,  # where a take came from, when it ended, what fal charged
    _with_new_columns,  # the voice that it yielded
)
