"""What a local media file is, from its first bytes: kind, size, digest. Opens nothing but the file itself.

Neither PyAV nor Pillow is imported here: `check` must start fast, and a stranger's picture must not reach a
decoder before it is known to be a picture. Every length in a file is a claim, never believed beyond the bytes
that are there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from msgspec.structs import replace

from storyboard.errors import WorldError
from storyboard.media.boxes import movie
from storyboard.media.fact import MediaFact, Problem
from storyboard.media.opening import NotAFileError, file_opened
from storyboard.media.stills import DamagedError, still

CHUNK = 1 << 20
HASHED = 512 << 20  # bytes; above what any endpoint takes
OF_THE_MACHINE = {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE}
OUTSIDE = "a path leads from the project folder into it, nowhere else"
LFS = b"version https://git-lfs.github.com/spec/"


def inspect(project: Path, path: str) -> MediaFact:
    """The facts of one file. `path` is as authored, from the project folder, with forward slashes. Raises WorldError
    when this machine can't read what may well be a file."""
    blank = MediaFact(path)
    if leaves(path):
        return replace(blank, problem="outside", detail=OUTSIDE)
    try:
        return _inspect(project, path, blank)
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links in a circle, before 3.13
        problem, detail = _refusal(path, error)
        return replace(blank, problem=problem, detail=detail)


def leaves(path: str) -> bool:
    """Does the path, as written, lead out of its folder on any system?"""
    pure, windows = PurePosixPath(path), PureWindowsPath(path)
    return pure.is_absolute() or bool(windows.drive or windows.root) or ".." in {*pure.parts, *windows.parts}


def _inspect(project: Path, path: str, blank: MediaFact) -> MediaFact:
    root = project.resolve(strict=True)
    target = (root / path).resolve(strict=True)
    if not target.is_relative_to(root):
        return replace(blank, problem="outside", detail=f"it is a link to {target}")
    if not stat.S_ISREG(target.stat().st_mode):
        return replace(
            blank, problem="not a file", detail="a folder" if target.is_dir() else "a device or a pipe"
        )
    return _read(target, blank)


def _read(target: Path, blank: MediaFact) -> MediaFact:
    with file_opened(target) as file:
        return fact_of(file, os.fstat(file.fileno()).st_size, blank)


def fact_of(file: IO[bytes], size: int, blank: MediaFact) -> MediaFact:
    """What is in an open file of `size` bytes; `blank` has its path."""
    head = file.read(64)
    if not head:
        return replace(blank, problem="empty")
    if head.startswith(LFS):
        return replace(blank, problem="git-lfs pointer", detail="run `git lfs pull` to fetch the file itself")
    try:
        fact = _measured(file, head, size, blank)
    except DamagedError as error:
        return replace(blank, problem="damaged", detail=str(error))
    if fact.kind == "other" or size > HASHED:
        return replace(fact, size=size)  # refused whatever is in it: not worth reading
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return replace(fact, size=size, sha256=digest.hexdigest())


def _measured(file: IO[bytes], head: bytes, size: int, blank: MediaFact) -> MediaFact:
    if head[4:8] == b"ftyp":
        seen = movie(file, size)
        return replace(
            blank,
            kind="mp4",
            width=seen.width,
            height=seen.height,
            seconds=seen.seconds,
            frame_rate=seen.frame_rate,
        )
    found = still(file, head, size)
    if found is None:
        return blank
    return replace(
        blank, kind=found.kind, width=found.width, height=found.height, orientation=found.orientation
    )


def _refusal(path: str, error: OSError | ValueError | RuntimeError) -> tuple[Problem, str]:
    if isinstance(error, ValueError):  # a zero byte in the name
        return "missing", "no file can have this name"
    if not isinstance(error, OSError) or error.errno == errno.ELOOP:
        return "unreadable", "its links lead in a circle"
    if isinstance(error, NotAFileError):
        return "not a file", str(error)
    if error.errno in OF_THE_MACHINE:
        raise WorldError(
            f"{path} can't be read ({error.strerror}): this machine fails, not the storyboard. Nothing was sent. "
            "See to its disk and its limits, then run the same command again."
        ) from error
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
        return "missing", "there is no such file"
    return "unreadable", error.strerror or type(error).__name__
