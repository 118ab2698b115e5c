"""Files that a command writes where the person asked for them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from storyboard.errors import UsageError, WorldError
from storyboard.secret import without_key


def write_document(path: Path, text: str, mark: str) -> None:
    """Writes a JSON document aside and puts it in place at once. A file that is there already is only replaced when it
    is a document with the same key `mark`. Raises UsageError and WorldError."""
    try:
        if path.exists() and not _is_ours(path, mark):
            raise UsageError(f"{path} is there and was not written by this command: it was left alone.")
        _put_in_place(path, text)
    except OSError as error:
        raise WorldError(f"{path} can't be written: {error.strerror or error}.") from None


def write_text(path: Path, text: str, *, force: bool, ours: Callable[[str], bool]) -> bool:
    """Writes a text aside and puts it in place at once; False when it is there already, to the letter. A file that says
    something else is only replaced by force, and when what it says is `ours`. Raises UsageError and WorldError."""
    data = without_key(text).encode()
    try:
        if path.is_file() and path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
        if path.exists() or path.is_symlink():
            _replaceable(path, force=force, ours=ours)
        _put_in_place(path, text)
    except OSError as error:
        raise WorldError(f"{path} can't be written: {error.strerror or error}.") from None
    return True


def _replaceable(path: Path, *, force: bool, ours: Callable[[str], bool]) -> None:
    if not path.is_file() or not ours(path.read_text(encoding="utf-8", errors="replace")):
        raise UsageError(f"{path} is there and is nothing that this command writes: it was left alone.")
    if not force:
        raise UsageError(f"{path} is there and says something else: it was left alone. --force replaces it.")


def _put_in_place(path: Path, text: str) -> None:
    """Raises OSError; nothing is left aside then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name[:40]}.{os.urandom(4).hex()}")
    try:
        with aside.open("x", encoding="utf-8", newline="\n") as file:
            file.write(without_key(text))
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise


def _is_ours(path: Path, mark: str) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and mark in found
