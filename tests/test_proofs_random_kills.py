"""Renders killed at random moments while the sandbox misbehaves at random: afterwards nothing is bought twice, nothing
is lost, everything gets finished. `--runs N` makes hundreds of it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from a_film import Film, Prepared, filmed, prepared, repeated_by, settled
from nursery import Nursery, nursery
from sandboxes import until

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the runs after the kill are forked")

KILLS = 3  # in each run
SHORT = 1  # runs in the default suite
FAULTS = (
    "drop-after-accept",
    "cut-answer",
    "slow",
    "lost-request",
    "poll-503",
    "truncated-download",
    "429",
    "500",
    "503-nginx",
)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    only, runs = (metafunc.config.getoption(name) for name in ("--seed", "--runs"))
    seeds = [only] if only else range(1, max(runs, SHORT) + 1)
    later = [pytest.mark.long]
    rows = [pytest.param(seed, marks=later if seed > SHORT and not only else []) for seed in seeds]
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", rows)


def trouble(dice: random.Random) -> dict[str, Any]:
    """What goes wrong in a run."""
    return {
        "faults": {name: dice.uniform(0.1, 0.6) for name in dice.sample(FAULTS, dice.randint(1, 3))},
        "latency": dice.uniform(0.0, 0.3),
        "slow_seconds": 0.5,
        "history_outage": dice.random() < 0.2,
    }


def killed(film: Film, seconds: float) -> bool:
    """One render, killed so long after it began to talk to the sandbox; False when it had ended by itself."""
    log = film.aside / "log"
    before = asked(log)
    with film.start("render", ".", "--yes") as process:
        until(lambda: asked(log) > before or process.poll() is not None)
        try:
            _, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            _, err = process.communicate(timeout=60)
            if process.returncode == -signal.SIGKILL:
                return True  # otherwise it had just ended by itself
    assert process.returncode in {0, 3, 4}, err
    return False


def asked(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def test_killed_at_random_moments(tmp_path: Path, prepared: Prepared, nursery: Nursery, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seed to play again, not a secret
    wrong = trouble(dice)
    repeat = f"pytest -m '' tests/test_proofs_random_kills.py --seed {seed}"
    with filmed(tmp_path, prepared, seed=seed, log=tmp_path / "log", **wrong) as film, repeated_by(repeat):
        kills = sum(killed(film, dice.uniform(0.0, 0.8)) for _ in range(KILLS))
        film.way = nursery.plainly
        tally = settled(film, prepared)
        submits = film.sandbox.state.count("submits")
    print(  # noqa: T201
        f"seed {seed}: {kills} kills with {', '.join(wrong['faults'])}: {submits} submits, 3 bought, "
        f"{tally.resent} sent again by a person"
    )
