"""Between the ledger's rows and the values that the rest of the program knows."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from storyboard.errors import LedgerError, Overtaken
from storyboard.ledger import schema
from storyboard.ledger.record import Event, Intent, State, Submission, TakeRecord
from storyboard.log import listened
from storyboard.secret import redact

Key = tuple[str, int]  # digest, take
MONEY = ("estimate", "billable_units", "unit_price", "charge")
CHARGE = ("unit_price", "charge", "charged_by")
NOTED = "noted"  # among a connection's own facts: what happened to takes in its transaction
ATTEMPT = ("sent_at", "price_book", "estimate", *CHARGE)  # what an event keeps of an attempt


# Made once: to make a statement takes longer than to carry it out.
WHICH = (schema.takes.c.digest == bindparam("of_digest")) & (schema.takes.c.take == bindparam("of_take"))
TAKE = select(schema.takes).where(WHICH)
NEW_TAKE = insert(schema.takes)
CHANGE = update(schema.takes).where(WHICH)
NEW_EVENT = insert(schema.events)
OLD_ID = select(schema.events.c.number).where(schema.events.c.request_id == bindparam("id")).limit(1)


def is_take(key: Key) -> Any:
    return (schema.takes.c.digest == key[0]) & (schema.takes.c.take == key[1])


def found_take(connection: Connection, key: Key) -> TakeRecord | None:
    row = connection.execute(TAKE, _which(key)).mappings().first()
    return record_of(dict(row)) if row is not None else None


def expected_take(connection: Connection, key: Key) -> TakeRecord:
    found = found_take(connection, key)
    if found is None:
        raise missing(key)
    return found


def record_of(row: Mapping[str, Any]) -> TakeRecord:
    values = dict(row)
    if values.pop("seal") != seal_of(values):
        raise _damaged(values)
    try:
        values["state"] = State(values["state"])
        for name in MONEY:
            values[name] = _decimal(values[name])
    except (ValueError, ArithmeticError) as failure:
        raise _damaged(values) from failure
    values["warnings"] = tuple(values["warnings"].split("\n")) if values["warnings"] else ()
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


def row_of_new(intent: Intent, at: str) -> dict[str, Any]:
    """A take that nothing was done for yet, as such a row."""
    return {
        "digest": intent.digest,
        "take": intent.take,
        "scene": intent.scene,
        "endpoint": intent.endpoint,
        "state": State.INTENDED.value,
        "seconds": intent.seconds,
        "created_at": at,
        "intent": secrets.token_hex(16),
        "price_book": intent.price_book,
        "estimate": exact(intent.estimate),
        "maybe_billed": False,
    }


def _damaged(values: Mapping[str, Any]) -> LedgerError:
    return LedgerError(
        f"The ledger's take {values.get('number')} can't be read: the file is damaged. Nothing was sent. "
        "Put it back from a backup, then run the same command again."
    )


def seal_of(values: Mapping[str, Any]) -> str:
    """The hash of a take's columns, whatever their order."""
    text = json.dumps({name: values[name] for name in values if name != "seal"}, sort_keys=True, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def added(connection: Connection, row: Mapping[str, Any]) -> TakeRecord:
    """A new take, of a row without number and seal. Raises IntegrityError when another is in its way."""
    connection.execute(NEW_TAKE, row)
    return sealed(connection, (row["digest"], row["take"]))


def changed(connection: Connection, found: TakeRecord, values: Mapping[str, Any]) -> TakeRecord:
    """The take with other columns. To be called in the transaction that found it."""
    row = {**row_of(found), "number": found.number, **values}
    row["seal"] = seal_of(row)
    connection.execute(CHANGE, {**_which(found.key), **values, "seal": row["seal"]})
    return record_of(row)


def sealed(connection: Connection, key: Key) -> TakeRecord:
    """To be called after a take was written otherwise, in the same transaction."""
    row = dict(connection.execute(TAKE, _which(key)).mappings().one())
    row["seal"] = seal_of(row)
    connection.execute(CHANGE, {**_which(key), "seal": row["seal"]})
    return record_of(row)


def _which(key: Key) -> dict[str, Any]:
    return {"of_digest": key[0], "of_take": key[1]}


def noted(
    connection: Connection,
    take: TakeRecord,
    was: State | None,
    note: str,
    at: str,
    gone: TakeRecord | None = None,
    known: Iterable[str] = (),
) -> None:
    """Appends what happened to a take. `gone` is the take as it was in an attempt that ended; of that attempt the
    columns `known` are noted, else of the take's own."""
    row = {"digest": take.digest, "take": take.take, "state": take.state.value, "note": note or None}
    row |= {"at": at, "was": was.value if was else None}
    row["request_id"] = take.request_id or (gone.request_id if gone is not None else None)
    row |= dict.fromkeys(ATTEMPT) | {name: _text(gone or take, name) for name in known}
    connection.execute(NEW_EVENT, row)
    if listened():
        told = {name: row[name] for name in ("take", "was", "state", "request_id", "digest", "note")}
        connection.info.setdefault(NOTED, []).append({"scene": take.scene, **told})


def _text(take: TakeRecord, name: str) -> str | None:
    value = getattr(take, name)
    return exact(value) if name in MONEY else value


def event_of(row: Mapping[str, Any]) -> Event:
    try:
        return Event(**{**row, **{name: _decimal(row[name]) for name in MONEY if name in row}})
    except ArithmeticError as failure:
        raise LedgerError(
            f"The ledger's event {row.get('number')} can't be read: the file is damaged. Nothing was sent. "
            "Put it back from a backup, then run the same command again."
        ) from failure


def is_old(connection: Connection, request_id: str) -> bool:
    """Was it the id of an attempt before? Then no new one can have it, whatever an answer says."""
    return connection.execute(OLD_ID, {"id": request_id}).first() is not None


def missing(key: Key) -> LedgerError:
    return LedgerError(
        f"The ledger has no take {key[1]} of the request {key[0][:12]}…: something else changed it "
        "meanwhile. Run the same command again."
    )


def overtaken(found: TakeRecord, state: State) -> Overtaken:
    return Overtaken(
        f"Take {found.take} of {found.subject} is {found.state.value} and can't become {state.value}: "
        "another process moved it on. Nothing is lost; run the same command again."
    )


def not_its_own(submission: Submission) -> LedgerError:
    return LedgerError(
        f"fal named request {submission.request_id} for this take, which another take has or had. "
        "Nothing more was sent. Run the same command again: it looks the take up in fal's history."
    )


def plain(text: str) -> str:
    """A text as every engine can keep it: without secrets, and without what is no letter."""
    return redact(text).encode("utf-8", "replace").decode().replace("\0", "\ufffd")


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def exact(amount: Decimal | None) -> str | None:
    """Money as text, without an exponent."""
    return None if amount is None else format(amount, "f")


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
