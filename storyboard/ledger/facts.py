"""What the plan needs to know of what was bought. Nothing is made or changed by looking."""

from __future__ import annotations

import os
from pathlib import Path

from storyboard.ledger.owner import refuse_to_forget
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord


def known_takes(
    project: Path, *, place: Place | None = None
) -> tuple[tuple[TakeRecord, ...], frozenset[str]]:
    """The takes of a project and the clips in its store, by sha256; of fal, or of the look-alike that
    STORYBOARD_FAL_URL names, unless another place is given."""
    place = place or place_here(project)
    if not place.ledger.exists():
        refuse_to_forget(place)
        return (), frozenset()
    from storyboard.ledger.ledger import read_takes  # the database is not loaded for a project without one
    from storyboard.ledger.store import Store

    return read_takes(place), Store(place).names()


def place_here(project: Path) -> Place:
    """Where the takes of a project are: of fal, or of the look-alike that STORYBOARD_FAL_URL names."""
    base_url = os.environ.get("STORYBOARD_FAL_URL", "").strip().rstrip("/")
    return place_of(project, base_url or None)
