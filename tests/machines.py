"""Machines that share an account and a ledger: each with a clone and a home of its own, and where that can be had, a
network in which there is nothing but fal and a clock that is wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from a_film import Film

APART = Path(__file__).with_name("apart.py")
HOUR = "+3600"


@dataclass
class Machine(Film):
    """`under` is what its programs are started by."""

    under: tuple[str, ...] = ()

    def start(self, *arguments: str, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return super().start(*arguments, under=(*self.under, *under))

    def set_wrong(self, clock: Path) -> None:
        """Its clock is an hour ahead from now on; monotonic time is as it was."""
        self.environment |= {"LD_PRELOAD": str(clock), "FAKETIME": HOUR, "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def machine(film: Film, folder: Path, under: tuple[str, ...] = ()) -> Machine:
    """Another machine: own clone, own home, the same account and server."""
    shutil.copytree(film.project, folder / "project", ignore=shutil.ignore_patterns(".storyboard"))
    environment = {**film.environment, "XDG_STATE_HOME": str(folder / "home"), "HOME": str(folder)}
    return Machine(folder / "project", film.sandbox, film.base_url, environment, folder, under=under)


def wrong_clock() -> Path | None:
    """The library that lies about the time (Debian's package `faketime`)."""
    return next(iter(sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)


def can_be_apart() -> bool:
    """May networks be made here?"""
    if sys.platform != "linux" or not shutil.which("unshare") or not shutil.which("ip"):
        return False
    tried = subprocess.run(
        ["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
    )
    return tried.returncode == 0


@contextmanager
def a_way_to(base_url: str) -> Iterator[tuple[str, ...]]:
    """What a program is started by to have a network of its own, from which there is this one way."""
    port = str(urlsplit(base_url).port)
    with tempfile.TemporaryDirectory(prefix="way-") as folder:
        way = os.path.join(folder, "s")  # noqa: PTH118 - a socket's name is short
        command = [sys.executable, str(APART), port, way]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
                yield ("unshare", "-n", *command, "--")
            finally:
                process.kill()
