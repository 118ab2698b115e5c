"""A real disk that is full, and downloads that break off: one paragraph, nothing lost, and the next run finishes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from a_film import Prepared, filmed, plainly_said, prepared, settled
from nursery import Nursery, nursery
from small_disk import small_disk

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="mount and fork")

# KiB: from no room for the ledger to room for all but the cut.
SIZES = [
    4,
    12,
    20,
    28,
    36,
    44,
    52,
    60,
    68,
    76,
    84,
    100,
    120,
    150,
    180,
    220,
    260,
    300,
    400,
    500,
    540,
]
SHORT = {150}


@pytest.mark.parametrize(
    "size", [pytest.param(n, marks=[] if n in SHORT else pytest.mark.long) for n in SIZES]
)
def test_a_full_disk(tmp_path: Path, prepared: Prepared, nursery: Nursery, size: int) -> None:
    with (
        small_disk(tmp_path / "disk", size) as disk,
        filmed(tmp_path / "else", prepared, project=disk / "film") as film,
    ):
        film.way = nursery.plainly
        submits = []
        for _ in range(2):
            code, _, err = film.render()
            plainly_said(code, err)
            assert code == 4, err
            submits.append(film.sandbox.state.count("submits"))
        subprocess.run(["mount", "-o", "remount,size=16m", str(disk)], check=True)
        assert settled(film, prepared).resent == 0
    last = err.strip().splitlines()[-1]
    print(f"{size} KiB: {submits} submits in all after each try, 3 in the end: {last[:160]}")  # noqa: T201


@pytest.mark.long
@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_downloads_that_break_off(tmp_path: Path, prepared: Prepared, nursery: Nursery, rate: float) -> None:
    with filmed(tmp_path, prepared, faults={"truncated-download": rate}) as film:
        film.way = nursery.plainly
        code, _, err = film.render()
        plainly_said(code, err)
        assert code == (4 if rate == 1 else 0), err
        assert (rate < 1) or "fetched, not bought, again" in err
        assert len(film.bought()) == 3
        assert settled(film, prepared).resent == 0
