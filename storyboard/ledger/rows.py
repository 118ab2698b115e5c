"""Between the ledger's rows and the values that the rest of the program knows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from storyboard.errors import LedgerError
from storyboard.ledger import schema
from storyboard.ledger.record import State, TakeRecord

Key = tuple[str, int]  # digest, take
MONEY = ("estimate", "billable_units", "unit_price", "charge")


# Made once: to make a statement takes longer than to carry it out.
WHICH = (schema.takes.c.digest == bindparam("of_digest")) & (schema.takes.c.take == bindparam("of_take"))
TAKE = select(schema.takes).where(WHICH)
SEAL = update(schema.takes).where(WHICH).values(seal=bindparam("new_seal"))


def is_take(key: Key) -> Any:
    return (schema.takes.c.digest == key[0]) & (schema.takes.c.take == key[1])


def found_take(connection: Connection, key: Key) -> TakeRecord | None:
    row = connection.execute(TAKE, _which(key)).mappings().first()
    return record_of(row) if row is not None else None


def expected_take(connection: Connection, key: Key) -> TakeRecord:
    found = found_take(connection, key)
    if found is None:
        raise missing(key)
    return found


def record_of(row: RowMapping) -> TakeRecord:
    values = dict(row)
    if values.pop("seal") != seal_of(values):
        raise _damaged(values)
    try:
        values["state"] = State(values["state"])
        for name in MONEY:
            values[name] = _decimal(values[name])
    except (ValueError, ArithmeticError) as failure:
        raise _damaged(values) from failure
    values["warnings"] = tuple((values["warnings"] or "").splitlines())
    return TakeRecord(**values)


def row_of(take: TakeRecord) -> dict[str, Any]:
    """A take as a row, without its number, which the ledger gives, and its seal."""
    names = set(schema.takes.c.keys()) - {"number", "seal"}
    values = {name: getattr(take, name) for name in names}
    for name in MONEY:
        values[name] = exact(values[name])
    values["state"] = take.state.value
    values["warnings"] = "\n".join(take.warnings) or None
    return values


def _damaged(values: Mapping[str, Any]) -> LedgerError:
    return LedgerError(
        f"The ledger's take {values.get('number')} can't be read: the file is damaged. Nothing was sent. "
        "Put it back from a backup, then run the same command again."
    )


def seal_of(values: Mapping[str, Any]) -> str:
    """The hash of a take's columns, whatever their order."""
    text = json.dumps({name: values[name] for name in values if name != "seal"}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def seal(connection: Connection, key: Key) -> None:
    """To be called after every change of a take, in the same transaction."""
    row = connection.execute(TAKE, _which(key)).mappings().one()
    connection.execute(SEAL, {**_which(key), "new_seal": seal_of(dict(row))})


def _which(key: Key) -> dict[str, Any]:
    return {"of_digest": key[0], "of_take": key[1]}


def noted(
    connection: Connection, take: TakeRecord, was: State | None, note: str, at: str, gone: str | None = None
) -> None:
    """Appends what happened to a take; `gone` is the request id of the attempt that it gave up."""
    row = {"digest": take.digest, "take": take.take, "state": take.state.value, "note": note or None}
    row |= {"at": at, "was": was.value if was else None, "request_id": take.request_id or gone}
    connection.execute(insert(schema.events).values(**row))


def is_old(connection: Connection, request_id: str) -> bool:
    """Was it the id of an attempt before? Then no new one can have it, whatever an answer says."""
    known = select(schema.events.c.number).where(schema.events.c.request_id == request_id).limit(1)
    return connection.execute(known).first() is not None


def missing(key: Key) -> LedgerError:
    return LedgerError(
        f"The ledger has no take {key[1]} of the request {key[0][:12]}…: something else changed it "
        "meanwhile. Run the same command again."
    )


def overtaken(found: TakeRecord, state: State) -> LedgerError:
    return LedgerError(
        f"Take {found.take} of scene {found.scene} is {found.state.value} and can't become {state.value}: "
        "another process moved it on. Nothing is lost; run the same command again."
    )


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def exact(amount: Decimal | None) -> str | None:
    """Money as text, without an exponent."""
    return None if amount is None else format(amount, "f")


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
