"""A studio's decade in minutes: 40,000 takes, 5 % of the POSTs go wrong, fal's history stands still for 15 hours."""

# ruff: noqa: T201 - proofs print their figures
from __future__ import annotations

import multiprocessing
import os
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from many_takes import FILM, films

ALL = 40_000
SOME = 250
PART = 40  # films at a time


@pytest.mark.parametrize("takes", [SOME, pytest.param(ALL, marks=pytest.mark.long)])
def test_no_take_is_paid_twice_and_all_that_was_taken_comes_home(tmp_path: Path, takes: int) -> None:
    began = time.monotonic()
    tally: Counter[str] = Counter()
    firsts = range(0, takes // FILM, PART)
    if takes > SOME:
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(os.cpu_count() or 1, mp_context=spawn) as pool:
            for part in pool.map(partial(films, count=PART, project=tmp_path), firsts):
                tally += part
    else:
        tally = films(0, takes // FILM, tmp_path)
    parked = tally["unknown"]
    print(f"\n{dict(tally)}; {parked / tally['takes']:.2%} parked; {time.monotonic() - began:.0f} s")
    assert tally["takes"] >= takes
    assert tally["paid twice"] == 0
    assert tally["taken and not brought home"] == 0
    assert tally["one job for two takes"] == 0
    assert tally["completed"] + parked == tally["takes"]
    if takes > SOME:
        assert parked <= 0.02 * tally["takes"]
