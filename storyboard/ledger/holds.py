"""Scenes that `storyboard cancel` keeps from being sent, until a render that began later lifts the hold.

A hold is a durable fact, looked at within the transaction that makes a take `sending`: whichever is first decides, and
there is no moment between the two. A render lifts those holds alone that were there when it made its plan.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from storyboard.errors import Refused
from storyboard.ledger import schema
from storyboard.ledger.database import Database
from storyboard.ledger.record import TakeRecord

PREFIX = "hold:"
HELD = select(schema.facts.c.name, schema.facts.c.value).where(schema.facts.c.name.startswith(PREFIX))


class Holds:
    """The holds of one place."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hold(self, scenes: Iterable[str], digests: Iterable[str]) -> None:
        """Nothing of these scenes, nor of these requests, is sent from the moment that this returns. Scenes are held
        by name, too: a render at work may have been begun with another text of them."""
        value = json.dumps({"scenes": sorted(set(scenes)), "digests": sorted(set(digests))})
        held = insert(schema.facts).values(name=PREFIX + secrets.token_hex(8), value=value)
        self._database.write(lambda connection: connection.execute(held))

    def names(self) -> frozenset[str]:
        """The holds that there are."""
        return frozenset(name for name, _ in self._database.read(_rows))

    def lift(self, names: Collection[str]) -> None:
        if names:
            gone = delete(schema.facts).where(schema.facts.c.name.in_(sorted(names)))
            self._database.write(lambda connection: connection.execute(gone))


def refuse_held(connection: Connection, take: TakeRecord) -> None:
    """Raises Refused when the take is held. To be called in the transaction that would let it be sent."""
    for _, value in _rows(connection):
        held = _parsed(value)
        if take.scene in held.get("scenes", ()) or take.digest in held.get("digests", ()):
            raise Refused(
                f"Scene {take.scene} was not sent: `storyboard cancel` was called meanwhile. Nothing was bought "
                "for it. `storyboard render` sends it."
            )


def _rows(connection: Connection) -> list[tuple[str, str]]:
    return [(row.name, row.value) for row in connection.execute(HELD)]


def _parsed(value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
