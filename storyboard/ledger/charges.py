"""What fal charged, of takes and of attempts that were given up. A charge that fal corrects is corrected here; the
events keep what it was before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace
from sqlalchemy import Connection

from storyboard.ledger.database import Database
from storyboard.ledger.record import Evidence, TakeRecord
from storyboard.ledger.rows import CHARGE, Key, changed, exact, expected_take, noted, stamp


class Charges:
    """The charges of one ledger."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def note(self, key: Key, unit_price: Decimal | None, charge: Decimal, by: Evidence) -> TakeRecord:
        """Of a take, in whichever state. What the billing events said gives way to other billing events alone."""

        def charged(connection: Connection) -> TakeRecord:
            found = expected_take(connection, key)
            if _stays(found, charge, by):
                return found
            values = {"unit_price": exact(unit_price), "charge": exact(charge), "charged_by": by}
            take = changed(connection, found, values)
            noted(connection, take, found.state, _words(found, take), stamp(self._now()), known=CHARGE)
            return take

        return self._database.write(charged)

    def note_given_up(
        self, attempt: TakeRecord, unit_price: Decimal | None, charge: Decimal, by: Evidence
    ) -> None:
        """Of an attempt as the ledger tells of it: the take is another's by now, so only the events keep it."""
        if _stays(attempt, charge, by):
            return
        told = replace(attempt, unit_price=unit_price, charge=charge, charged_by=by)

        def charged(connection: Connection) -> None:
            take = replace(expected_take(connection, attempt.key), request_id=None)
            words = f"{_words(attempt, told)}, for an attempt that was given up"
            noted(connection, take, take.state, words, stamp(self._now()), told, CHARGE)

        self._database.write(charged)


def _stays(found: TakeRecord, charge: Decimal, by: Evidence) -> bool:
    if found.charged_by == "billing events" and by != "billing events":
        return True
    return (found.charge, found.charged_by) == (charge, by)


def _words(before: TakeRecord, after: TakeRecord) -> str:
    price = f", {exact(after.unit_price)} USD a unit" if after.unit_price is not None else ""
    told = f"{exact(after.charge)} USD ({after.charged_by}{price})"
    if before.charge is None:
        return f"charged {told}"
    return f"charge corrected from {exact(before.charge)} USD to {told}"
