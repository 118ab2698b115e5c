"""Which clips somebody names: `storyboard.lock`, and the storyboards themselves. Nothing that is named is ever moved.

Both are read for names alone, whatever else is in them, and a text that can't be read names everything.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from storyboard.errors import LedgerError
from storyboard.ledger.inventory import is_name
from storyboard.ledger.place import FOLDER, LOCK_FILE
from storyboard.location import read_file

SUFFIXES = {".yaml", ".yml"}
ELSEWHERE = {".git", FOLDER, ".venv", "node_modules", "__pycache__"}
HEX = re.compile(r"(?<![0-9a-f])[0-9a-f]{12,64}(?![0-9a-f])")
MOST = 32 << 20  # bytes of one file


def named_by_lock(project: Path) -> frozenset[str]:
    """The clips that the project's lock file names. Raises LedgerError for a line that can't be read."""
    lock = project / LOCK_FILE
    if not lock.exists() and not lock.is_symlink():
        return frozenset()
    found: set[str] = set()
    for number, line in enumerate(_text(lock).splitlines(), 1):
        if line.strip():
            clip = _line(lock, number, line).get("clip")
            found |= {clip} if isinstance(clip, str) and is_name(clip) else set()
    return frozenset(found)


def named_by_storyboards(project: Path) -> frozenset[str]:
    """What may stand for a clip in a YAML file of the project: 12 to 64 hexadecimal digits. Raises LedgerError."""
    return frozenset(word for path in _storyboards(project) for word in HEX.findall(_text(path)))


def is_named(clip: str, whole: frozenset[str], beginnings: frozenset[str]) -> bool:
    return clip in whole or any(clip.startswith(word) for word in beginnings)


def _line(lock: Path, number: int, line: str) -> dict[str, object]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    raise LedgerError(
        f"{lock}, line {number} can't be read (a merge that stopped half way, perhaps), so it can't be told which "
        "clips it names. Mend that line, then run the same command again."
    )


def _storyboards(project: Path) -> Iterator[Path]:
    for top, folders, names in os.walk(project, onerror=_unreadable):
        folders[:] = [name for name in folders if name not in ELSEWHERE]
        yield from (Path(top) / name for name in names if Path(name).suffix.lower() in SUFFIXES)


def _unreadable(failure: OSError) -> None:
    raise LedgerError(
        f"{failure.filename} can't be read ({failure.strerror}), and a storyboard may lie in it."
    )


def _text(path: Path) -> str:
    """A broken link names nothing; anything else has to be readable, and whole."""
    if path.is_symlink() and not path.exists():
        return ""
    data = read_file(path, MOST + 1)
    if len(data) > MOST:
        raise LedgerError(
            f"{path} is larger than {MOST >> 20} MiB, so it can't be told which clips it names."
        )
    return data.decode("utf-8", "replace")
