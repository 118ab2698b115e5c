# ruff: noqa: T201 - a benchmark prints what it found
"""How many takes a second a ledger lets begin (claimed, and moved to `sending`: two durable transactions): in this
machine's file, on a PostgreSQL of this machine by one writer, and by several at once.

Run with `pytest -m long -s tests/benchmarks/test_ledger.py`.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from a_postgres import Server, postgres
from a_take import INTENT
from both_engines import shared
from msgspec.structs import replace

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of

__all__ = ["postgres"]

pytestmark = pytest.mark.long

TAKES = 300
WRITERS = 4


def begun(place: Place, first: int, number: int) -> int:
    ledger = Ledger.open(place)
    count = 0
    for take in range(first, first + number):
        ledger.claim(replace(INTENT, take=take))
        count += ledger.begin_sending((INTENT.digest, take), "{}", None, "seeds") is not None
    return count


def a_second(place: Place, writers: int = 1) -> float:
    """Takes begun a second, all writers together."""
    Ledger.open(place)
    each = TAKES // writers
    since = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        count = sum(pool.map(lambda n: begun(place, 1 + n * each, each), range(writers)))
    assert count == TAKES, "each is begun, by one"
    return count / (time.perf_counter() - since)


def test_takes_that_begin_a_second(tmp_path: Path, postgres: Server) -> None:
    file = a_second(place_of(tmp_path / "own", builtin=True))
    there = place_of(tmp_path / "shared", builtin=True)
    server = a_second(shared(there, postgres))
    several = a_second(shared(there, postgres), WRITERS)
    print(
        f"\n{file:,.0f} takes begun a second in the file, {server:,.0f} on PostgreSQL ({server / file:.2f} of it), "
        f"{several:,.0f} by {WRITERS} writers at once ({several / file:.2f})"
    )
