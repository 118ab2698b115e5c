"""Which saved plans were begun and carried out to their end: each once. A plan is known by its seal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import Connection, insert, select

from storyboard.ledger import schema
from storyboard.ledger.database import Database
from storyboard.ledger.rows import stamp

BEGUN, ENDED = "plan begun ", "plan ended "  # names of facts, before the seal


class Carried(Struct, frozen=True):
    """When a plan was begun and when it was carried out to its end; ISO 8601 in UTC, None while it was not."""

    begun: str | None = None
    ended: str | None = None


class Plans:
    """The saved plans of one place."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def find(self, seal: str) -> Carried:
        names = (BEGUN + seal, ENDED + seal)
        asked = select(schema.facts).where(schema.facts.c.name.in_(names))
        rows = self._database.read(lambda connection: connection.execute(asked).all())
        values = {row.name: row.value for row in rows}
        return Carried(*(values.get(name) for name in names))

    def begin(self, seal: str) -> Carried:
        """Durable before anything is sent. Returns how the plan stood before."""
        return self._once(seal, BEGUN)

    def end(self, seal: str) -> Carried:
        return self._once(seal, ENDED)

    def _once(self, seal: str, name: str) -> Carried:
        before = self.find(seal)

        def kept(connection: Connection) -> None:
            known = select(schema.facts.c.name).where(schema.facts.c.name == name + seal)
            if connection.execute(known).first() is None:
                connection.execute(insert(schema.facts).values(name=name + seal, value=stamp(self._now())))

        self._database.write(kept)
        return before
