"""Which ledger and store a command works on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storyboard.ledger.place import Place


def chosen_place(project: Path, *, sandbox: bool) -> Place:
    """The place that the environment names, or the built-in sandbox's."""
    from storyboard.fal.account import base_url_from
    from storyboard.ledger.place import place_of

    return place_of(project, None if sandbox else base_url_from(), builtin=sandbox)


def place_name(*, sandbox: bool) -> str:
    """The same place in a word: "fal", "sandbox", or the base URL of a look-alike."""
    from storyboard.fal.account import base_url_from

    return "sandbox" if sandbox else base_url_from() or "fal"
