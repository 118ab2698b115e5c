"""What was uploaded already, by content: each file once, as long as fal keeps it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from storyboard.ledger import schema
from storyboard.ledger.database import Database
from storyboard.ledger.rows import stamp


class Uploads:
    """The uploads of one place."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def url(self, sha256: str, needed: timedelta = timedelta(0)) -> str | None:
        """The URL of an upload of that content, when it lives for as long as it is needed."""
        asked = select(schema.uploads.c.url, schema.uploads.c.expires_at).where(
            schema.uploads.c.sha256 == sha256
        )
        row = self._database.read(lambda connection: connection.execute(asked).first())
        return row.url if row is not None and row.expires_at > stamp(self._now() + needed) else None

    def living(self) -> dict[str, str]:
        """SHA-256 → until when fal keeps it, of every upload that is still to be had."""
        columns = (schema.uploads.c.sha256, schema.uploads.c.expires_at)
        alive = schema.uploads.c.expires_at > stamp(self._now())
        rows = self._database.read(lambda connection: connection.execute(select(*columns).where(alive)).all())
        return {row.sha256: row.expires_at for row in rows}

    def remember(self, sha256: str, url: str, lives: timedelta) -> None:
        now = self._now()
        values = {"url": url, "uploaded_at": stamp(now), "expires_at": stamp(now + lives)}

        def kept(connection: Connection) -> None:
            changed = connection.execute(
                update(schema.uploads).where(schema.uploads.c.sha256 == sha256).values(**values)
            )
            if changed.rowcount == 0:
                connection.execute(insert(schema.uploads).values(sha256=sha256, **values))

        self._database.write(kept)

    def forget(self, hashes: Sequence[str]) -> None:
        gone = delete(schema.uploads).where(schema.uploads.c.sha256.in_(hashes))
        self._database.write(lambda connection: connection.execute(gone))
