"""What the plan has to know of the ledger and the store, for whoever only looks."""

from __future__ import annotations

import os
from pathlib import Path

from storyboard.ledger.ledger import read_takes
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord
from storyboard.ledger.store import Store


def place_in_force(project: Path, *, sandbox: bool = False) -> Place:
    """The place that a render would use: fal's own, the built-in sandbox's, or that of STORYBOARD_FAL_URL."""
    return place_of(project, os.environ.get("STORYBOARD_FAL_URL") or None, builtin=sandbox)


def known_takes(project: Path, *, sandbox: bool = False) -> tuple[tuple[TakeRecord, ...], frozenset[str]]:
    """The takes, and the clips that the store holds. Raises LedgerError."""
    place = place_in_force(project, sandbox=sandbox)
    return read_takes(place), Store(place).names()
