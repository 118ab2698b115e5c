"""A studio's decades in minutes: 200,000 takes, 5 % of the POSTs go wrong, fal's history stands still for 15 hours.

CI does a quarter of them."""

# ruff: noqa: T201 - proofs print their figures
from __future__ import annotations

import time
from pathlib import Path

import pytest
from depth import either
from many_takes import FILM, films

SOME = 250  # takes
LANES, LANE = either(2, 8), either(7_000, 25_000)  # takes, on as many cores as there are
DEALT = [pytest.param(n * LANE, LANE, marks=pytest.mark.long, id=f"from-{n * LANE}") for n in range(LANES)]


@pytest.mark.parametrize(("first", "takes"), [pytest.param(0, SOME, id="some"), *DEALT])
def test_no_take_is_paid_twice_and_all_that_was_taken_comes_home(
    tmp_path: Path, first: int, takes: int
) -> None:
    began = time.monotonic()
    tally = films(first // FILM, takes // FILM, tmp_path)
    parked = tally["unknown"]
    print(f"\n{dict(tally)}; {parked / tally['takes']:.2%} parked; {time.monotonic() - began:.0f} s")
    assert tally["takes"] >= takes
    assert tally["paid twice"] == 0
    assert tally["taken and not brought home"] == 0
    assert tally["one job for two takes"] == 0
    assert tally["completed"] + parked == tally["takes"]
    if takes > SOME:
        assert parked <= 0.02 * tally["takes"]
