"""The file storyboard.lock: read whole or refused with the place of the damage; written whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from storyboard.diagnostics import Diagnostic, Span
from storyboard.durable import sync_folder
from storyboard.errors import LedgerError
from storyboard.findings import Report
from storyboard.ledger.lock.line import LONGEST, BadLine, Line, line_of, text_of
from storyboard.ledger.place import Place
from storyboard.report.counted import counted

LARGEST = 256 << 20  # bytes
MARKERS = (b"<<<<<<<", b"|||||||", b"=======", b">>>>>>>")
MOST = 20  # diagnostics of one file
FROM_GIT = (
    "put the file back from git, or delete the line: what this machine bought is written anew from its ledger"
)


class LockFile(Struct, frozen=True):
    """What a lock's bytes hold: its takes, in the order of their lines, and what is wrong."""

    lines: tuple[Line, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    data: bytes = b""


def read_lock(place: Place) -> LockFile:
    """The lock of a place, whole. A rehearsal's, and one that is not there, is empty. Raises LedgerError."""
    if place.rehearsal:
        return LockFile()
    found = examined(place.lock_file, str(place.lock_file))
    if found.diagnostics:
        raise damaged(found.diagnostics)
    return found


def examined(path: Path, shown: str) -> LockFile:
    """The lock with its mistakes as diagnostics; `shown` is its name in them."""
    report = Report()
    try:
        data = _bytes(path)
    except (OSError, ValueError) as failure:
        problem = getattr(failure, "strerror", None) or str(failure)
        cure = "put the file back from git, or move it away: the next render writes it anew from the ledger"
        report.add("SB505", Span(shown, 1, 1, 1, 1), problem=problem, cure=cure)
        return LockFile((), report.diagnostics())
    lines = []
    for number, row in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if report.errors >= MOST:
            break
        line = _line(row.rstrip(b"\r"), number, shown, report)
        if line is not None:
            lines.append(line)
    return LockFile(tuple(lines), report.diagnostics(), data)


def damaged(diagnostics: Iterable[Diagnostic]) -> LedgerError:
    """The diagnostics as one failure, for commands that can't go on."""
    first, *others = diagnostics
    span = first.span
    more = f" {counted(len(others), 'more problem')}: `storyboard check` shows them." if others else ""
    return LedgerError(
        f"{span.path}:{span.line}:{span.column}: {first.message}. The file says which clips were bought: nothing is "
        f"sent while it can't be read whole. To mend it: {first.hint}.{more}"
    )


def bytes_of(lines: Iterable[Line]) -> bytes:
    """What is in the file: a line a take, sorted, each once. What could not be read back is left out: one odd take of
    the ledger must not keep all the others from being read."""
    rows = sorted({(_order(line), text) for line in lines if _readable(text := text_of(line))})
    return "".join(f"{text}\n" for _, text in rows).encode()


def same(data: bytes, other: bytes) -> bool:
    """Do two files hold the same lines, however they end and are ordered?"""
    return sorted(_rows(data)) == sorted(_rows(other))


def write_lock(path: Path, data: bytes) -> None:
    """Puts the bytes in the file's place, durably and at once: the old file stays whole until then. Raises
    LedgerError."""
    temporary = path.with_name(f"{path.name}.part")
    try:
        _refuse_link(path)
        temporary.unlink(missing_ok=True)  # a killed run's, or a link that somebody planted
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with os.fdopen(os.open(temporary, flags, 0o666), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as failure:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise LedgerError(
            f"{path} can't be written ({failure.strerror or failure}). What was bought is recorded in the ledger of "
            "this machine, and nothing is lost. Check space and permissions, then run the same command again: it "
            "writes the file."
        ) from failure


def _refuse_link(path: Path) -> None:
    if path.is_symlink():
        raise OSError(errno.ELOOP, "it is a symbolic link, as a stranger's repository might plant")


def _bytes(path: Path) -> bytes:
    """The file's bytes; none when there is no file. Raises OSError or ValueError; never waits for a pipe."""
    if path.is_symlink():
        raise ValueError("it is a symbolic link, as a stranger's repository might plant")
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    )
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return b""
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no regular file")
        if found.st_size > LARGEST:
            raise ValueError(f"it is larger than {LARGEST >> 20} MiB")
        return stream.read(LARGEST + 1)


def _line(row: bytes, number: int, shown: str, report: Report) -> Line | None:
    if not row.strip():
        return None
    try:
        _plain(row, number)
        return line_of(row.decode())
    except UnicodeDecodeError as failure:
        bad = BadLine("SB502", failure.start + 1, problem="it is not UTF-8")
    except BadLine as found:
        bad = found
    values: dict[str, Any] = {"line": number, "cure": FROM_GIT} | bad.values
    report.add(bad.code, Span(shown, number, bad.column, number, bad.column + 1), **values)
    return None


def _plain(row: bytes, number: int) -> None:
    if row.startswith(MARKERS):
        raise BadLine("SB501", 1, line=number)
    if len(row) > LONGEST:
        raise BadLine("SB502", 1, problem=f"it is longer than {LONGEST >> 20} MiB")


def _order(line: Line) -> tuple[str, str, str, int]:
    take = line.take
    return (take.scene, take.sent_at or take.created_at, take.digest, take.take)


@lru_cache(maxsize=4096)
def _readable(text: str) -> bool:
    try:
        line_of(text)
    except BadLine:
        return False
    return len(text.encode()) <= LONGEST


def _rows(data: bytes) -> list[bytes]:
    return [row for row in (row.rstrip(b"\r") for row in data.split(b"\n")) if row.strip()]
