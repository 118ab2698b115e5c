"""What this person said on this machine, outside every project: which ledgers and servers they believe."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal

from storyboard.errors import LedgerError

Kind = Literal["ledgers", "shared"]


def state_folder() -> Path:
    """The person's folder for what programs remember: XDG_STATE_HOME where set, else the platform's own."""
    chosen = os.environ.get("XDG_STATE_HOME")
    if chosen:
        return Path(chosen) / "storyboard"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "storyboard"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "storyboard"
    return Path.home() / ".local" / "state" / "storyboard"


def remember(kind: Kind, name: str, project: Path, what: str) -> None:
    """Writes it down; `what` it records, in words. Raises LedgerError."""
    marker = _marker(kind, name)
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.write_text(f"{project}\n", encoding="utf-8", errors="surrogateescape")
    except OSError as failure:
        raise LedgerError(
            f"{marker} can't be written ({failure.strerror or failure}); it records that {what} is yours. Nothing was "
            "sent. Set XDG_STATE_HOME to a folder that can be written, then run this again."
        ) from failure


def is_remembered(kind: Kind, name: str) -> bool:
    return _marker(kind, name).is_file()


def _marker(kind: Kind, name: str) -> Path:
    return state_folder() / kind / name
