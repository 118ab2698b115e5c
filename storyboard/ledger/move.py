"""One ledger copied into another, empty one, and proven to be the same there; the first stays as it was."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from storyboard.errors import LedgerError
from storyboard.ledger import owner, schema
from storyboard.ledger.database import database_of
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place
from storyboard.ledger.rows import record_of

Rows = Mapping[str, Sequence[Mapping[str, Any]]]  # by table


class Proof(Struct, frozen=True):
    """What a ledger comes to. `rows` counts by table; `digest` is the SHA-256 of every column of every row."""

    rows: Mapping[str, int]
    charges: Decimal
    estimates: Decimal
    digest: str


def moved(source: Place, target: Place) -> Proof:
    """Copies the ledger of one place to where another's is, in one transaction; for whoever holds the lease. Raises
    LedgerError: then nothing is there."""
    rows = Ledger.open(source)._database.still(_rows)  # noqa: SLF001 - opened: checked, and brought up to date
    meant, database = _proof(rows), database_of(target)
    target.ready()

    def copied(connection: Connection) -> None:
        for table in schema.LASTING:
            if rows[table.name]:
                connection.execute(insert(table), rows[table.name])
        _refuse_another(meant, _proof(_rows(connection)), database.at)

    database.fill(copied)
    _refuse_another(meant, _proof(database.read(_rows)), database.at)
    owner.accept(Ledger(target, database).id, target.project)
    _signpost(source, target)
    return meant


def _signpost(source: Place, target: Place) -> None:
    """A file that is no longer the ledger says where that is."""
    try:
        if target.shared is None:
            target.moved.unlink(missing_ok=True)
        elif source.shared is None:
            source.moved.write_text(f"{target.shared}\n", encoding="utf-8")
    except OSError as failure:
        raise LedgerError(
            f"The ledger was copied to {target.ledger_shown} and proven, but {target.moved} can't be written "
            f"({failure.strerror or failure}): see that {source.ledger_shown} is not used any more."
        ) from failure


def _rows(connection: Connection) -> Rows:
    """All of it, in an order that no engine has a say in."""
    found: dict[str, Sequence[Mapping[str, Any]]] = {}
    for table in schema.LASTING:
        [key] = table.primary_key
        rows = [dict(row) for row in connection.execute(select(table)).mappings()]
        found[table.name] = sorted(rows, key=lambda row: row[key.name])
    return found


def _proof(rows: Rows) -> Proof:
    takes = [record_of(row) for row in rows["takes"]]  # raises for a take whose seal is broken
    text = json.dumps(rows, sort_keys=True, ensure_ascii=True)
    return Proof(
        rows={name: len(found) for name, found in rows.items()},
        charges=_total(take.charge for take in takes),
        estimates=_total(take.estimate for take in takes),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _refuse_another(meant: Proof, found: Proof, at: str) -> None:
    if found != meant:
        raise LedgerError(
            f"What {at} holds is not what was copied ({found.digest[:12]}… in place of {meant.digest[:12]}…). Use the "
            "ledger that you had: it is as it was."
        )
