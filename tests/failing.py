"""The program with a seam under every call by which it touches the disk, the ledger and the network: the N-th of
them kills the process, or fails as a full or broken disk fails.

`python tests/failing.py` is a nursery: it has loaded the program, and for each order on its standard input (a JSON
line) it forks a child that carries out one command line. The seam lies below the program, at Python's audit hooks
and under `os`, `io`, `sqlite3` and `socket`; no line of the program knows of it.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
AUDITED = {
    "os.rename": "rename",
    "os.remove": "unlink",
    "os.mkdir": "mkdir",
    "os.chmod": "chmod",
    "os.truncate": "truncate",
}
WRITES = ("BEGIN", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "COMMIT")
NETWORK = frozenset({"connect", "send", "recv"})
SUBMIT = b"POST /fal-ai/kling-video"
SAID_BY_SQLITE = {
    errno.ENOSPC: "database or disk is full",
    errno.EIO: "disk I/O error",
    errno.EMFILE: "unable to open database file",
}
# Which calls can fail so. Descriptors run out where one is made.
FAILS = {
    errno.ENOSPC: frozenset({"open", "write", "fsync", "rename", "mkdir", "truncate", "execute", "commit"}),
    errno.EIO: frozenset(
        {
            "open",
            "read",
            "write",
            "fsync",
            "rename",
            "unlink",
            "mkdir",
            "chmod",
            "truncate",
            "execute",
            "commit",
        }
    ),
    errno.EMFILE: frozenset({"open", "read", "connect", "database", "execute"}),
}
KILLS = frozenset({*FAILS[errno.EIO], *NETWORK}) - {"read"}


@dataclass
class Seam:
    """Counts the calls of one child and strikes at the one numbered `at`; 0 never strikes. `error` is an errno, None
    to kill; `lasting` fails every call from there on."""

    roots: tuple[str, ...]
    port: int
    at: int
    error: int | None
    lasting: bool
    report: int  # a descriptor
    count: int = 0
    struck: str = ""
    refused: bool = False  # a write of the ledger failed
    lock: Any = None

    def inside(self, path: Any) -> bool:
        if isinstance(path, int) or path is None:
            return False
        text = os.path.abspath(os.fsdecode(path))  # noqa: PTH100
        return text.startswith(self.roots)

    def point(self, kind: str, what: Any) -> None:
        if kind not in (KILLS if self.error is None else FAILS[self.error]):
            return
        with self.lock:
            self.count += 1
            now = self.count == self.at or (self.lasting and 0 < self.at < self.count)
        if now:
            self.strike(kind, what)

    def strike(self, kind: str, what: Any) -> None:
        name = Path(os.fsdecode(what)).name if isinstance(what, str | bytes | os.PathLike) else str(what)
        self.struck = self.struck or f"{kind} {name}"
        if self.error is None:
            self.tell()
            os.kill(os.getpid(), signal.SIGKILL)
        if kind in {"execute", "commit", "database"}:
            self.refused = self.refused or kind != "database"
            raise sqlite3.OperationalError(SAID_BY_SQLITE[self.error])
        raise OSError(self.error, os.strerror(self.error), name)

    def tell(self, posted: bool = False) -> None:
        told = {"count": self.count, "struck": self.struck, "posted": posted}
        PLAIN_WRITE(self.report, json.dumps(told).encode() + b"\n")


PLAIN_WRITE = os.write


def install(seam: Seam) -> None:
    seam.lock = threading.Lock()
    sys.addaudithook(_audit(seam))
    _files(seam)
    _ledger(seam)
    _network(seam)


def _audit(seam: Seam) -> Callable[[str, tuple[Any, ...]], None]:
    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = values
            if seam.inside(path):
                seam.point("open" if flags & WRITING else "read", path)
        elif event in AUDITED and seam.inside(values[0]):
            seam.point(AUDITED[event], values[0])
        elif event == "socket.connect" and values[1][1:2] == (seam.port,):
            seam.point("connect", "the sandbox")
        elif event == "sqlite3.connect" and seam.inside(values[0]):
            seam.point("database", values[0])

    return hook


def _files(seam: Seam) -> None:
    class Counted(io.FileIO):
        def write(self, data: Any) -> int:
            seam.point("write", self.name)
            return super().write(data)

        def truncate(self, size: int | None = None) -> int:
            seam.point("truncate", self.name)
            return super().truncate(size)

    plain_open, plain_fsync = io.open, os.fsync

    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if not set(mode) & set("wax+") or not seam.inside(file):
            return plain_open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = Counted(os.fspath(file), mode.replace("t", "").replace("b", ""), closefd, opener)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if seam.inside(path):
            seam.point("fsync", path)
        plain_fsync(descriptor)

    io.open = builtins.open = opened  # type: ignore[assignment]
    os.fsync = fsync


def _ledger(seam: Seam) -> None:
    def executed(statement: str) -> None:
        if statement.lstrip()[:6].upper().startswith(WRITES):
            seam.point("execute", statement[:40])

    class Cursor(sqlite3.Cursor):
        def execute(self, statement: str, *more: Any) -> Any:
            executed(statement)
            return super().execute(statement, *more)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def commit(self) -> None:
            if self.in_transaction:
                seam.point("commit", "ledger")
            super().commit()

    plain = sqlite3.dbapi2.connect

    def connect(*values: Any, **named: Any) -> Any:
        return plain(*values, **{"factory": Connection, **named})

    sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]


def _network(seam: Seam) -> None:
    plain = socket.socket.__mro__[1]

    def counted(kind: str, name: str) -> Any:
        method = getattr(plain, name)

        def call(self: socket.socket, *values: Any) -> Any:
            if self.family == socket.AF_INET:
                seam.point(kind, "the sandbox")
                if kind == "send" and seam.refused and bytes(values[0][:40]).startswith(SUBMIT):
                    seam.tell(posted=True)
            return method(self, *values)

        return call

    for name in ("send", "sendall", "recv", "recv_into"):
        setattr(socket.socket, name, counted(name[:4], name))


def child(order: dict[str, Any]) -> None:
    """One command line, in this process, to its end."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    for number, path in enumerate((os.devnull, order["out"], order["err"])):
        descriptor = os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, number)
    report = os.open(order["report"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    seam = Seam(tuple(order["roots"]), order["port"], order["at"], order["error"], order["lasting"], report)
    install(seam)
    from storyboard.cli.app import run

    code = run(order["arguments"])
    sys.stdout.flush()
    sys.stderr.flush()
    seam.tell()
    os._exit(code)


def nursery() -> None:
    import gc
    import importlib

    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        born = os.fork()
        if born == 0:
            try:
                child(order)
            finally:
                os._exit(99)
        _, status = os.waitpid(born, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201


# What a render loads, so that a child begins with it.
LOADED = (
    "anyio._backends._asyncio",
    "httpcore",
    "httpx",
    "sqlalchemy.dialects.sqlite.pysqlite",
    "storyboard.cli.app",
    "storyboard.cli.cut",
    "storyboard.cli.progress",
    "storyboard.cli.reconcile",
    "storyboard.cli.render",
    "storyboard.cut.make",
    "storyboard.fal.submit",
    "storyboard.ledger.ledger",
    "storyboard.ledger.store",
    "storyboard.media.encode",
    "storyboard.media.probe",
    "storyboard.media.upload",
    "storyboard.render.runner",
    "storyboard.render.settle",
)


if __name__ == "__main__":
    nursery()
