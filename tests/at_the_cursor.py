"""Texts with a `|` where the cursor is, and sheets without an editor: for tests of what an editor is told."""

from __future__ import annotations

from pathlib import Path

from storyboard.editor.desk import Desk
from storyboard.editor.sheet import Sheet
from storyboard.read.source import Source

MARK = "|"
HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\n"


def placed(text: str, mark: str = MARK) -> tuple[Source, int]:
    """The text without its mark, and the mark's index."""
    index = text.index(mark)
    return Source("/film/storyboard.yaml", text[:index] + text[index + len(mark) :]), index


def sheet_of(text: str, folder: Path = Path("/nowhere/film"), desk: Desk | None = None) -> tuple[Desk, Sheet]:
    """An open storyboard; with its folder nowhere, none of its files are there."""
    desk = desk or Desk()
    path = folder / "storyboard.yaml"
    return desk, desk.open(path.as_uri(), path, text, 1, "yaml")
