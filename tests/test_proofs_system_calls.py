"""Renders that are killed, or failed by the system, at one system call of their own, chosen by a seed: SQLite's and the
interpreter's calls among them, which no seam in Python sees."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from a_film import Film, Prepared, filmed, plainly_said, prepared, repeated_by, settled
from nursery import Nursery, nursery

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="strace is Linux's")

SEEDS = 64
SHORT = 0  # in the default suite
# Call → is it told apart by path? What has a path that is not known beforehand, or none, is counted as it comes.
CALLS = {
    "fsync": False,
    "fdatasync": True,
    "rename": False,
    "unlink": True,
    "pwrite64": True,
    "write": False,
    "sendto": False,
    "recvfrom": False,
    "connect": False,
    "openat": True,
    "close": True,
}
FAILING = ("fsync", "fdatasync", "rename", "unlink", "pwrite64", "openat")  # these also fail
SAME = {"rename": "?rename,?renameat,?renameat2", "unlink": "?unlink,?unlinkat"}
SEEN = re.compile(r"^\d+ +(\w+)\(", re.MULTILINE)


@cache
def tracing_forbidden() -> str | None:
    """Why no system call can be traced here; None where they can."""
    if shutil.which("strace") is None:
        return "strace is missing (Debian: apt install strace)"
    command = [
        "strace",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        "trace=close",
        "-e",
        "inject=close:error=EIO:when=999",
        "true",
    ]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"tracing is not allowed here: {tried.stderr.strip()}" if tried.returncode else None


@pytest.fixture(autouse=True)
def traced() -> None:
    why = tracing_forbidden()
    if why is not None:
        pytest.skip(f"NOT PROVEN: {why}")


def strace(film: Film, call: str, by_path: bool, *more: str, log: str = "/dev/null") -> tuple[str, ...]:
    """A command line prefix that traces this call alone; where told apart by path, under .storyboard alone."""
    names = SAME.get(call, call)
    place = film.place
    known = [
        place.ledger,
        Path(f"{place.ledger}-journal"),
        place.lock,
        place.clips,
        place.incoming,
        place.folder,
    ]
    paths = [word for path in known if by_path for word in ("-P", str(path))]
    return ("strace", "-f", "-qq", "-o", log, *paths, "-e", f"trace={names}", *more)


def rendered(film: Film, under: tuple[str, ...]) -> tuple[int, str]:
    with film.start("render", ".", "--yes", under=under) as process:
        _, err = process.communicate(timeout=120)
    return process.returncode, err


@pytest.fixture(scope="module")
def counted(prepared: Prepared, tmp_path_factory: pytest.TempPathFactory) -> Counter[str]:
    """How often an undisturbed render makes each of the calls."""
    found: Counter[str] = Counter()
    folder = tmp_path_factory.mktemp("counted")
    for by_path in (False, True):
        log = folder / f"{by_path}.log"
        calls = [SAME.get(call, call) for call, told in CALLS.items() if told == by_path]
        with filmed(folder / str(by_path), prepared) as film:
            code, err = rendered(film, strace(film, ",".join(calls), by_path, log=str(log)))
            assert code == 0, err
        found.update(
            re.sub(r"at2?$", "", name) if name != "openat" else name for name in SEEN.findall(log.read_text())
        )
    assert all(found[call] for call in CALLS), found
    return found


@pytest.mark.parametrize(
    "seed", [pytest.param(n, marks=pytest.mark.long if n > SHORT else []) for n in range(1, SEEDS + 1)]
)
def test_struck_at_a_system_call(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, counted: Counter[str], seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seed to play again, not a secret
    call = tuple(CALLS)[seed % len(CALLS)]
    ways = ["signal=SIGKILL", *(f"error={name}" for name in ("ENOSPC", "EIO") if call in FAILING)]
    way, when = dice.choice(ways), dice.randint(1, counted[call])
    repeat = f"pytest -m '' '{Path(__file__).name}::test_struck_at_a_system_call[{seed}]'"
    with filmed(tmp_path, prepared) as film, repeated_by(f"{repeat}  # {call}:{way}:when={when}"):
        inject = f"inject={SAME.get(call, call)}:{way}:when={when}"
        code, err = rendered(film, strace(film, call, CALLS[call], "-e", inject))
        if way.startswith("error"):
            plainly_said(code, err)
            assert code in {0, 4}, err
        else:
            assert code in {-9, 137, 0}, err  # threads count for themselves: the last calls may never come
        film.way = nursery.plainly
        tally = settled(film, prepared)
    print(f"seed {seed}: {call}:{way}:when={when} of {counted[call]}: {code}, {tally}")  # noqa: T201
