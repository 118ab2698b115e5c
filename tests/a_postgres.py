"""A real PostgreSQL of one test run: its own cluster in a folder of its own, fsync on, on a socket of that folder; it
can be stopped as a power failure stops it, and started again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest

INSTALLED = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
PORT = 5432  # of the socket's name alone: nothing listens on the network unless it is told to
DATABASES = count(1)


@dataclass(frozen=True)
class Server:
    """A cluster. `bin` holds its programs, `data` what it keeps; `socket` is the folder of its socket."""

    bin: Path
    data: Path
    socket: Path

    def start(self) -> None:
        self._control("start", "-w", "-o", f"-k {self.socket} -p {PORT} -c listen_addresses=''")

    def stop(self, how: str = "immediate") -> None:
        self._control("stop", "-w", "-m", how)

    def _control(self, *words: str) -> None:
        log = str(self.data / "server.log")
        _as_nobody(str(self.bin / "pg_ctl"), "-D", str(self.data), "-l", log, "-s", *words)

    def url(self, database: str, user: str = "postgres") -> str:
        return f"postgresql://{user}@/{database}?host={self.socket}&port={PORT}"

    @property
    def common(self) -> str:
        """The URL of a database in which each test has a schema of its own."""
        return self.url("postgres")

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"film_{os.getpid()}_{next(DATABASES)}"
        self.do(f"CREATE DATABASE {name}")
        return self.url(name)

    def do(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def _as_nobody(*command: str) -> None:
    """PostgreSQL refuses to be root."""
    who = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups") if os.getuid() == 0 else ()
    environment = {**os.environ, "HOME": "/", "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(
        [*who, *command], env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=100
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def _open_folder() -> str:
    """Where somebody else's program may go as well: the run's own folder may be for root alone."""
    for name in (tempfile.gettempdir(), "/dev/shm", "/tmp"):  # noqa: S108 - a folder of its own is made in it
        folder = Path(name)
        if folder.is_dir() and all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents)):
            return name
    return tempfile.gettempdir()


@contextmanager
def served() -> Iterator[Server]:
    """A new cluster that runs, in a short path: a socket's may have a hundred characters."""
    if not INSTALLED:
        pytest.skip("no PostgreSQL here (Debian's package is `postgresql`)")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_open_folder()))
    server = Server(INSTALLED[-1].parent, folder / "data", folder)
    try:
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")
        folder.chmod(0o755)
        _as_nobody(
            str(server.bin / "initdb"), "-D", str(server.data), "-U", "postgres", "-A", "trust", "-E", "UTF8"
        )
        server.start()
        yield server
    finally:
        if (server.data / "postmaster.pid").exists():
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with served() as server:
        yield server
        from storyboard.ledger.postgres_engine import close_all

        close_all()
