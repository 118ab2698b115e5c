"""A real Dask cluster on loopback: a scheduler and workers, each a process with an environment of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from film_judge import decoded

from storyboard.secret import SECRET_VARIABLES

PATIENCE = 60  # seconds
QUIET = {"DASK_DISTRIBUTED__COMM__COMPRESSION": "null"}  # what goes by on the wire can be read

STEP = 1.0  # of 255, the mean of a frame: less is what two threads of one coder may differ by


def same_film(one: Path, other: Path) -> bool:
    """Are all frames at the same times and the same, but for what a coder's own threads leave to chance? Is the sound
    the same to the sample?"""
    first, second = decoded(one), decoded(other)
    assert (first.times, first.size) == (second.times, second.size)
    apart = (np.abs(a.astype(int) - b).mean() for a, b in zip(first.pixels, second.pixels, strict=True))
    assert max(apart) < STEP
    assert np.array_equal(first.wave, second.wave)
    return True


@dataclass
class RealCluster:
    """`folder` holds what its processes say."""

    folder: Path
    port: int
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self.port}"

    def worker(self, *, inside: tuple[str, ...] = (), **environment: str) -> subprocess.Popen[bytes]:
        """One more worker of one thread, there when this returns; `inside` are words before its own."""
        name = f"worker-{len(self.workers)}"
        words = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", name, "--local-directory")
        program = (sys.executable, "-m", "distributed.cli.dask_worker", self.address)
        process = self._begun(name, *inside, *program, *words, str(self.folder), **environment)
        self.workers.append(process)
        self._waited(name, "Registered to", process)
        return process

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text("utf-8", "replace")

    def _begun(self, name: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        return _begun(self.folder / f"{name}.log", *words, **environment)

    def _waited(self, name: str, what: str, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + PATIENCE
        while what not in self.said(name):
            assert process.poll() is None, self.said(name)
            assert time.monotonic() < deadline, self.said(name)
            time.sleep(0.02)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()


def _begun(log: Path, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    inherited = {name: text for name, text in os.environ.items() if name not in SECRET_VARIABLES}
    with log.open("wb") as said:
        return subprocess.Popen(
            words, env={**inherited, **QUIET, **environment}, stdout=said, stderr=said, start_new_session=True
        )


@contextmanager
def a_cluster(folder: Path, workers: int = 0, **environment: str) -> Iterator[RealCluster]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = (sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard")
    words = ("--host", "127.0.0.1", "--port", str(port))
    scheduler = _begun(folder / "scheduler.log", *program, *words, **environment)
    cluster = RealCluster(folder, port, scheduler)
    try:
        cluster._waited("scheduler", "Scheduler at:", cluster.scheduler)
        for _ in range(workers):
            cluster.worker()
        yield cluster
    finally:
        cluster.end()
