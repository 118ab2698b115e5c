"""Files that a command writes where the person asked for them."""

from __future__ import annotations

from pathlib import Path

from storyboard.errors import WorldError


def write(path: Path, text: str) -> None:
    """Writes a text file, making its folder. Raises WorldError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise WorldError(f"{path} can't be written: {error.strerror or error}.") from None
