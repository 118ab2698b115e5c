"""`.storyboard/trash/DATE/`: what nobody names, before it is gone for good. A move there is a rename."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from storyboard.durable import sync_folder
from storyboard.errors import LedgerError
from storyboard.ledger.garbage.unnamed import Names, Removable
from storyboard.ledger.inventory import files_in, is_name, size_of
from storyboard.ledger.place import FOLDER

LENGTH = 64  # characters of a clip's name


def trash_of(project: Path) -> Path:
    return project / FOLDER / "trash"


def throw_away(project: Path, things: Sequence[Removable], today: date) -> Path:
    """Moves things to the trash of today; returns its folder. Raises LedgerError."""
    top, folder = project / FOLDER, trash_of(project) / today.isoformat()
    for thing in things:
        target = _free(folder / thing.path.relative_to(top))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            thing.path.rename(target)
            for changed in (target.parent, thing.path.parent):
                sync_folder(changed)
        except OSError as failure:
            raise LedgerError(
                f"{thing.path} can't be moved to {target.parent} ({failure.strerror or failure}). What was moved "
                "before lies in the trash, everything else where it was."
            ) from failure
    return folder


def old_trash(project: Path, today: date, age: timedelta) -> tuple[Path, ...]:
    """The trash's folders that are at least so old, oldest first."""
    trash = trash_of(project)
    if not trash.is_dir():
        return ()
    return tuple(path for path in sorted(trash.iterdir()) if (day := _day(path)) and today - day >= age)


def named_again(folders: Sequence[Path], names: Names) -> tuple[Path, ...]:
    """Clips in these folders that somebody names by now: they are not to go."""
    clips = [
        (path, path.name[:LENGTH]) for path in _files(folders)
    ]  # a second of that name has a number at its end
    return tuple(path for path, clip in clips if is_name(clip) and names.has(clip))


def emptied(folders: Sequence[Path], kept: Sequence[Path]) -> int:
    """Removes all files in these folders but those kept; returns how many bytes that was. Raises LedgerError."""
    size, staying = 0, set(kept)
    try:
        for folder in folders:
            if staying.isdisjoint(files_in(folder)):
                size += size_in([folder])
                shutil.rmtree(folder)
                continue
            for path in set(files_in(folder)) - staying:
                size += size_of(path)
                path.unlink()
    except OSError as failure:
        raise LedgerError(
            f"{failure.filename} can't be removed ({failure.strerror or failure}). The rest of the trash is where "
            "it was."
        ) from failure
    return size


def size_in(folders: Sequence[Path]) -> int:
    return sum(size_of(path) for path in _files(folders))


def _files(folders: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(path for folder in folders for path in files_in(folder))


def _free(path: Path) -> Path:
    """A name that is not taken: the same clip may go twice in a day."""
    number = 0
    found = path
    while found.exists() or found.is_symlink():
        number += 1
        found = path.with_name(f"{path.name}.{number}")
    return found


def _day(path: Path) -> date | None:
    try:
        return date.fromisoformat(path.name) if path.is_dir() and not path.is_symlink() else None
    except ValueError:
        return None
