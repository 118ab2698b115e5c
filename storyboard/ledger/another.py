"""Which further take of a request was asked for and not yet handed over: a run that was killed goes on with it, also
when it died between the clip's arrival and the word about it."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert

from storyboard.ledger import schema
from storyboard.ledger.database import Database


class Another:
    """The wishes of one place, by request digest."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def wanted(self, digest: str) -> int | None:
        """The number of the take that was asked for."""
        found = self._database.fact(_name(digest))
        return int(found) if found is not None and found.isdecimal() else None

    def want(self, digest: str, take: int) -> None:

        def wished(connection: Connection) -> None:
            connection.execute(delete(schema.facts).where(schema.facts.c.name == _name(digest)))
            connection.execute(insert(schema.facts).values(name=_name(digest), value=str(take)))

        self._database.write(wished)

    def have(self, digest: str) -> None:
        """The person was told what came of it."""
        gone = delete(schema.facts).where(schema.facts.c.name == _name(digest))
        self._database.write(lambda connection: connection.execute(gone))


def _name(digest: str) -> str:
    return f"another take of {digest}"
