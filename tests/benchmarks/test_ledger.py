# ruff: noqa: T201 - a benchmark prints what it found
"""How many takes a second a ledger lets begin (claimed, and moved to `sending`: two durable transactions): in this
machine's file and on a PostgreSQL of this machine, by one process and by several at once, each asking for a slot.

Run with `pytest -m long -s tests/benchmarks/test_ledger.py`.
"""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from a_postgres import Server, postgres
from a_take import INTENT
from msgspec.structs import replace

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.shared import shared_at
from storyboard.ledger.slots import Run

__all__ = ["postgres"]

pytestmark = pytest.mark.long

TAKES = 240
PROCESSES = 4


def place_at(folder: Path, url: str | None) -> Place:
    place = place_of(folder, builtin=True)
    return place if url is None else replace(place, shared=shared_at(url, "benchmark", "the test"))


def begun(folder: Path, url: str | None, number: int, first: int) -> int:
    """By one process: takes claimed, each with a slot that it asks for; never are all in use."""
    ledger = Ledger.open(place_at(folder, url))
    run = Run(f"run {first}", "film.yaml", "anna", f"/{first}", 10 * TAKES)
    count = 0
    for take in range(first, first + number):
        ledger.claim(replace(INTENT, take=take))
        ask = partial(ledger.runs.ask, run=run, given_up=(), judge=None)
        count += ledger.begin_sending((INTENT.digest, take), "{}", None, "seeds", ask=ask) is not None
    return count


def a_second(folder: Path, url: str | None, pool: ProcessPoolExecutor, processes: int, first: int) -> float:
    """Takes begun a second, all processes together."""
    each = TAKES // processes
    since = time.perf_counter()
    count = sum(pool.map(partial(begun, folder, url, each), range(first, first + TAKES, each)))
    assert count == TAKES, "each is begun, by one"
    return count / (time.perf_counter() - since)


def test_takes_that_begin_a_second(tmp_path: Path, postgres: Server) -> None:
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawned) as pool:
        list(pool.map(time.sleep, [0.5] * PROCESSES))  # all are there, and have loaded what they need
        for name, url in (("the file", None), ("PostgreSQL", postgres.new_database())):
            Ledger.open(place_at(folder := tmp_path / name, url))
            a_second(folder, url, pool, PROCESSES, 10_000)
            one, many = (a_second(folder, url, pool, number, 1 + number * TAKES) for number in (1, PROCESSES))
            print(
                f"\n{name}: {one:,.0f} takes begun a second by one process, {many:,.0f} by {PROCESSES} at once "
                f"({many / one:.2f} of it)"
            )
