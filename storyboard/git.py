"""The git program, asked and never obeyed: no shell, no pager, no hook, no fetching, nothing that a repository's own
settings could run, and no key in its environment. Only reads.

A stranger's repository may have settings that run programs (`core.fsmonitor`), and a partial clone fetches what it
lacks by whatever program its remote names. Both are turned off, for git itself and for what it would start.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from msgspec import Struct

from storyboard.errors import WorldError
from storyboard.secret import SECRET_VARIABLES

PATIENCE = 60  # seconds for one answer
LONGEST = 180  # seconds for all that is read of one revision
MOST = 4 << 30  # bytes of all that is read of one revision
CHUNK = 1 << 20
HEAD = 4096  # bytes of a line before an object
SAFE = (
    *("--no-pager", "--no-optional-locks", "--no-replace-objects"),
    *("-c", "core.fsmonitor=false", "-c", "core.hooksPath=", "-c", "core.untrackedCache=false"),
    *("-c", "protocol.allow=never"),
)
# Of git's own variables: where its programs and a person's settings are. The others say which repository to look at,
# and a hook that runs us has them set to its own.
KEPT = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "GIT_EXEC_PATH")
SETTLED = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": ":",  # no protocol at all; older versions know no other way to keep git from fetching
    "LC_ALL": "C",
}


class TooMuchError(Exception):
    """More than MOST bytes of one revision."""


class Said(Struct, frozen=True):
    """What git answered. `words` are its own for people, a line each."""

    code: int
    out: bytes
    words: tuple[str, ...]


def in_repository(folder: Path) -> bool:
    """Whether git would find a working copy above a folder; where it would not, no program need be started."""
    return any((above / ".git").exists() for above in (folder, *folder.parents))


def ask(folder: Path, *words: str) -> Said | None:
    """Git's answer, asked in a folder; None where there is no git, or it takes too long."""
    git = _program(folder)
    if git is None:
        return None
    try:
        ended = subprocess.run(
            [git, *SAFE, *words],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    said = ended.stderr.decode("utf-8", "replace").splitlines()
    return Said(ended.returncode, ended.stdout, tuple(line for line in said if line.strip()))


def told(folder: Path, most: int, *words: str) -> bytes | None:
    """Git's answer where it may be long: at most so many bytes of it. None where there is no git, it says no, takes too
    long or says more."""
    git = _program(folder)
    if git is None:
        return None
    try:
        with subprocess.Popen(
            [git, *SAFE, *words],
            cwd=folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            late = threading.Timer(PATIENCE, process.kill)
            late.daemon = True
            late.start()
            data = process.stdout.read(most + 1) if process.stdout is not None else b""
            if len(data) > most:
                process.kill()
            code = process.wait()
            late.cancel()
    except OSError:
        return None
    return data if code == 0 and len(data) <= most else None


def _program(folder: Path) -> str | None:
    """Git itself; never a program of that name in the folder or where we stand, which Windows would take first."""
    found = shutil.which("git")
    if found is None:
        return None
    home = Path(found).resolve().parent
    return None if home == Path.cwd() or home.is_relative_to(folder.resolve()) else found


def _environment() -> Mapping[str, str]:
    known = {
        name: value
        for name, value in os.environ.items()
        if name not in SECRET_VARIABLES and (not name.startswith("GIT_") or name.startswith(KEPT))
    }
    return known | SETTLED


class Object(Struct, frozen=True):
    """One object of a repository: its kind (commit, tree, blob, tag), its name there, its size in bytes."""

    kind: str
    name: str
    size: int


class Objects:
    """The objects of the repository that a folder is in, read through one `git cat-file`, within bounds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._timer = threading.Timer(LONGEST, self._give_up)
        self._timer.daemon = True
        self._late = False
        self._left = MOST

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._stop()

    def copy(self, name: str, to: IO[bytes], limit: int, *, partly: bool = False) -> Object | None:
        """The object of that name, written to `to`; None when the repository does not hold it. Of one that is larger
        than `limit` bytes nothing is written, or only so much. Raises TooMuchError beyond what is read in all, and
        WorldError when it takes too long."""
        head = self._asked(name)
        words = head.split()
        if not head.endswith(b"\n") or len(words) != 3 or not words[2].isdigit():  # noqa: PLR2004 - name, kind, size
            if not head.endswith(b" missing\n"):
                self._stop()  # it ended over this object, or says what we do not know
            return None
        found = Object(words[1].decode(), words[0].decode(), int(words[2]))
        if found.size <= limit:
            self._copied(to, found.size)
            self._read(1)  # the line's end behind it
            return found
        if partly:
            self._copied(to, limit)
        self._stop()  # the rest is not worth reading
        return found

    def _asked(self, name: str) -> bytes:
        process = self._running()
        try:
            if process.stdin is None or process.stdout is None:
                return b""
            process.stdin.write(f"{name}\n".encode())
            process.stdin.flush()
            return process.stdout.readline(HEAD)
        except OSError:  # it ended
            return b""
        finally:
            self._in_time()

    def _copied(self, to: IO[bytes], size: int) -> None:
        self._left -= size
        if self._left < 0:
            self._stop()
            raise TooMuchError
        while size:
            chunk = self._read(min(size, CHUNK))
            to.write(chunk)
            size -= len(chunk)

    def _read(self, size: int) -> bytes:
        stream = self._process.stdout if self._process is not None else None
        data = stream.read(size) if stream is not None else b""
        self._in_time()
        if not data:
            raise WorldError("git ended while it was read from. Run the same command again.")
        return data

    def _running(self) -> subprocess.Popen[bytes]:
        self._in_time()
        git = _program(self._folder)
        if git is None:
            raise WorldError("there is no git program any more. Run the same command again.")
        if self._process is None:
            self._process = subprocess.Popen(
                [git, *SAFE, "cat-file", "--batch"],
                cwd=self._folder,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _in_time(self) -> None:
        if self._late:
            raise WorldError(f"git takes longer than {LONGEST} s to read that revision: it was not compared.")

    def _give_up(self) -> None:
        self._late = True
        if self._process is not None:
            self._process.kill()

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
