"""What a ledger says. Nothing is changed by asking."""

from __future__ import annotations

from sqlalchemy import select

from storyboard.ledger import schema
from storyboard.ledger.database import Database, database_of
from storyboard.ledger.given_up import earlier, given_up
from storyboard.ledger.place import Place
from storyboard.ledger.record import Event, TakeRecord
from storyboard.ledger.rows import Key, event_of, found_take, is_old, missing, record_of

EVENTS = select(schema.events).order_by(schema.events.c.number)
TAKES = select(schema.takes).order_by(schema.takes.c.number)


class Known:
    """The takes and events of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def id(self) -> str:
        return self._database.fact("ledger") or ""

    def takes(self) -> tuple[TakeRecord, ...]:
        """All takes, in the order of their intents."""
        rows = self._database.read(lambda connection: connection.execute(TAKES).mappings().all())
        return tuple(record_of(dict(row)) for row in rows)

    def find(self, key: Key) -> TakeRecord | None:
        return self._database.read(lambda connection: found_take(connection, key))

    def get(self, key: Key) -> TakeRecord:
        found = self.find(key)
        if found is None:
            raise missing(key)
        return found

    def events(self) -> tuple[Event, ...]:
        rows = self._database.read(lambda connection: connection.execute(EVENTS).mappings().all())
        return tuple(event_of(dict(row)) for row in rows)

    def given_up(self) -> tuple[TakeRecord, ...]:
        """Attempts that may have been paid and that a person gave up for another, each as the take was then."""
        return given_up(self.takes(), self.events())

    def earlier(self) -> tuple[TakeRecord, ...]:
        """All attempts at takes but the latest, each as the take was then."""
        return earlier(self.takes(), self.events())

    def is_old(self, request_id: str) -> bool:
        """Was it the id of an attempt before?"""
        return self._database.read(lambda connection: is_old(connection, request_id))

    def scenes_with(self, clip: str, but: str) -> tuple[str, ...]:
        """The scenes of other requests than the one of digest `but` that have this clip."""
        takes = schema.takes.c
        asked = select(takes.scene).distinct().where(takes.clip == clip, takes.digest != but)
        found = self._database.read(lambda connection: connection.execute(asked).scalars().all())
        return tuple(sorted(found))  # here: each server has an order of letters of its own


def ledger_id(place: Place) -> str:
    """The id of a ledger, whoever made it."""
    return Known(database_of(place)).id
