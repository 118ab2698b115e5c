"""Several renders of one project at the same moment: they wait for each other, take over from each other, and buy each
clip once between them."""

from __future__ import annotations

import contextlib
import re
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from a_film import Film, Prepared, filmed, prepared, settled, whole
from msgspec.structs import replace
from nursery import Nursery, nursery
from sandboxes import until

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, and runs that are forked")


POLLED = re.compile(r"/requests/([0-9a-f-]+)/status")


@pytest.mark.long
@pytest.mark.parametrize("number", [5, 20])
def test_many_starts_at_once_all_end_well(tmp_path: Path, prepared: Prepared, number: int) -> None:
    with filmed(tmp_path, prepared) as film:
        processes = [film.start("render", ".", "--yes") for _ in range(number)]
        ends = [process.communicate(timeout=200) for process in processes]
        codes = [process.returncode for process in processes]
        assert codes == [0] * number, [err for _, err in ends if err]
        whole(film, prepared)
        waited = sum("waiting for it to end" in err for _, err in ends)
    print(f"{number} at once: {waited} waited, 3 bought")  # noqa: T201


def stopped(film: Film) -> subprocess.Popen[str]:
    """A render that was stopped while it held the lock and had two requests at fal, both recorded, none done."""
    process = film.start("render", ".", "--yes")
    log = film.sandbox.settings.log
    assert log is not None
    until(lambda: log.exists() and len(set(POLLED.findall(log.read_text(encoding="utf-8")))) == 2)
    until(lambda: _stopped_outside_a_transaction(film, process))
    assert process.poll() is None
    film.sandbox.settings = replace(film.sandbox.settings, latency=0.0)  # for what is sent from now on
    return process


def _stopped_outside_a_transaction(film: Film, process: subprocess.Popen[str]) -> bool:
    """Who is stopped within one keeps everybody from the ledger for good: that is another story."""
    process.send_signal(signal.SIGSTOP)
    with contextlib.closing(sqlite3.connect(film.place.ledger, timeout=0, isolation_level=None)) as ledger:
        try:
            ledger.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            process.send_signal(signal.SIGCONT)
            return False
        ledger.execute("ROLLBACK")
    return True


def waiting(film: Film, holder: subprocess.Popen[str]) -> subprocess.Popen[str]:
    """Another one, as soon as it says that it waits for the first."""
    process = film.start("render", ".", "--yes")
    assert process.stderr is not None
    line = next(line for line in process.stderr if "waiting" in line)
    assert f"pid {holder.pid}" in line
    return process


@pytest.mark.long
def test_one_that_waits_takes_over_from_one_that_is_killed(
    tmp_path: Path, prepared: Prepared, nursery: Nursery
) -> None:
    with filmed(tmp_path, prepared, latency=5.0, log=tmp_path / "log") as film:
        first = stopped(film)
        second = waiting(film, first)
        first.kill()
        first.communicate(timeout=60)
        second.communicate(timeout=60)
        assert second.returncode in {0, 3}  # 3: the kill struck between intent and POST of another scene
        film.way = nursery.plainly
        settled(film, prepared)


@pytest.mark.long
def test_one_that_is_stopped_for_a_while_goes_on(tmp_path: Path, prepared: Prepared) -> None:
    with filmed(tmp_path, prepared, latency=5.0, log=tmp_path / "log") as film:
        first = stopped(film)
        second = waiting(film, first)
        first.send_signal(signal.SIGCONT)
        for process in (first, second):
            _, err = process.communicate(timeout=60)
            assert process.returncode == 0, err
        whole(film, prepared)
