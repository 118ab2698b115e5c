"""Orders for `failing.py`: command lines as forked processes, struck at a call of one's choice or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from a_film import Film


@dataclass(frozen=True)
class Strike:
    """When and how a child is struck."""

    at: int = 0
    error: int | None = None
    lasting: bool = False


@dataclass(frozen=True)
class Felt:
    """What a child felt: how many calls it made, which was struck, whether it sent a submit after the ledger failed."""

    code: int
    out: str
    err: str
    count: int
    struck: str
    posted: bool


@dataclass
class Nursery:
    process: subprocess.Popen[str]

    def run(self, film: Film, *arguments: str, strike: Strike | None = None) -> Felt:
        strike = strike or Strike()
        folder = film.aside
        order = {
            "folder": str(film.project),
            "environment": film.environment,
            "arguments": list(arguments),
            "roots": [str(film.project), film.environment["XDG_STATE_HOME"]],
            "port": int(film.base_url.rpartition(":")[2]),
            "at": strike.at,
            "error": strike.error,
            "lasting": strike.lasting,
            **{name: str(folder / name) for name in ("out", "err", "report")},
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        code = int(self.process.stdout.readline())
        out, err = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
        rows = [json.loads(line) for line in (folder / "report").read_text(encoding="utf-8").splitlines()]
        last = rows[-1] if rows else {"count": 0, "struck": ""}
        return Felt(code, out, err, last["count"], last["struck"], any(row["posted"] for row in rows))

    def plainly(self, film: Film, *arguments: str) -> tuple[int, str, str]:
        """As people run it, nothing struck."""
        felt = self.run(film, *arguments)
        return felt.code, felt.out, felt.err


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    with nursed() as found:
        yield found


@contextmanager
def nursed() -> Iterator[Nursery]:
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("failing.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()
