"""Who may do what with a project's `.storyboard/`, and what in it is a link. Where a system has no such permissions,
nothing is found."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.inventory import files_in
from storyboard.ledger.place import FOLDER, Place
from storyboard.report.counted import counted

ANY_WRITE = 0o222


def links_in(project: Path) -> tuple[Finding, ...]:
    """Symbolic links where we write. None is ever followed, and none is removed unasked."""
    top = project / FOLDER
    found = [top] if top.is_symlink() else [path for path in files_in(top) if path.is_symlink()]
    return tuple(
        Finding(
            "miss",
            "link",
            f"{path} is a symbolic link (to {_target(path)}), as a stranger's repository might plant",
            "remove it; nothing is written through it",
        )
        for path in found
    )


def permissions_of(place: Place) -> tuple[Finding, ...]:
    """What keeps us from working, and what lets others meddle."""
    found = [*_kept_out(place), *_strangers(place), *_open_to_others(place), *_open_clips(place)]
    return tuple(found)


def set_permissions(place: Place) -> tuple[str, ...]:
    """Sets what `permissions_of` finds wrong and is ours to set; what was done, in words."""
    done = [_set(path, stat.S_IWOTH) for path in _open(place)]
    done += [_set(path, ANY_WRITE) for path in _writable_clips(place)]
    return tuple(text for text in done if text)


def _kept_out(place: Place) -> Iterator[Finding]:
    for folder in (place.folder, place.clips, place.incoming):
        if folder.is_dir() and not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            yield _no(folder, "folder")
    for file in (place.ledger, place.lock):
        if file.is_file() and not os.access(file, os.R_OK | os.W_OK):
            yield _no(file, "file")


def _no(path: Path, kind: str) -> Finding:
    rights = "u+rwx" if kind == "folder" else "u+rw"
    return Finding(
        "miss", "access", f"the {kind} {path} can't be read and written by you", f"`chmod {rights} {path}`"
    )


def _strangers(place: Place) -> Iterator[Finding]:
    if not hasattr(os, "getuid"):
        return
    ours = (place.folder, place.clips, place.ledger)
    foreign = [path for path in ours if path.exists() and path.lstat().st_uid != os.getuid()]
    if foreign and os.getuid() != 0:
        text = f"{', '.join(map(str, foreign))}: belongs to another user (a run as root, perhaps)"
        yield Finding("warn", "access", text, f"`sudo chown -R $USER {place.folder}`")


def _open_to_others(place: Place) -> Iterator[Finding]:
    for path in _open(place):
        text = f"{path} may be changed by other users of this machine"
        yield Finding("warn", "access", text, f"`chmod o-w {path}`, which --repair does")


def _open_clips(place: Place) -> Iterator[Finding]:
    found = _writable_clips(place)
    if found:
        text = f"{counted(len(found), 'clip')} can be overwritten by mistake; a clip is read-only"
        yield Finding("warn", "access", text, "--repair sets them so")


def _open(place: Place) -> list[Path]:
    """Folders and ledger that everybody may write to."""
    paths = (place.folder, place.clips, place.incoming, place.odd, place.ledger)
    return [path for path in paths if _mode(path) & stat.S_IWOTH] if _has_permissions() else []


def _writable_clips(place: Place) -> list[Path]:
    clips = [path for path in place.clips.glob("??/*.mp4") if not path.is_symlink()]
    return [path for path in clips if _mode(path) & ANY_WRITE] if _has_permissions() else []


def _has_permissions() -> bool:
    return os.name != "nt"


def _mode(path: Path) -> int:
    """0 for what is not there, or is a link."""
    try:
        found = path.lstat().st_mode
    except OSError:
        return 0
    return 0 if stat.S_ISLNK(found) else stat.S_IMODE(found)


def _set(path: Path, without: int) -> str:
    try:
        path.chmod(_mode(path) & ~without)
    except OSError as failure:
        return f"{path}: its permissions can't be set ({failure.strerror or failure})"
    return f"{path}: permissions set"


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return "somewhere"
