"""Renders against a fal that fails one time in five, while ledgers are lost, put back from backups and begun in clones.

Only the lock goes from one to the next, and nothing is bought twice."""

from __future__ import annotations

import contextlib
import random
import shutil
from collections import Counter
from pathlib import Path

import pytest
from a_plan import Bench, request
from both_engines import bench, engine, own_bench, postgres
from bought import FalItself, fal_itself, real, rendered
from scripted_fal import bodies

from storyboard.catalog.prices import price_book
from storyboard.cli.lock_words import bring_in_step
from storyboard.fal.errors import FalError
from storyboard.ledger.facts import known_takes
from storyboard.ledger.record import State
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.plan.make import make_plan

__all__ = ["bench", "engine", "own_bench", "postgres"]

SCENES = 12
ROUNDS = 8
LATER = 20 * 3600  # seconds: longer than the history has ever lagged


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


def one_round(here: Bench, fal: FalItself, scenes: list[int]) -> None:
    requests = [request(here.project, f"s{n}", f"prompt {n}", start=None) for n in scenes]
    book = price_book("observed-2026-10")
    assert book is not None
    planned = make_plan(requests, *known_takes(here.project, place=here.place), book)
    if any(step.decision != "reuse" for step in planned.steps):
        rendered(here, planned, fal)
    bring_in_step(here.place)


def mishap(here: Bench, dice: random.Random, backups: list[bytes], number: int) -> Bench:
    """What may happen to a project between two renders."""
    match dice.randrange(4):
        case 0:  # a clone
            there = real(here.project.parent / f"clone-{number}")
            if here.place.lock_file.exists():
                shutil.copy(here.place.lock_file, there.place.lock_file)
            backups.clear()
            return there
        case 1 if backups:  # a backup put back
            here.place.ledger.write_bytes(dice.choice(backups))
        case 2:  # git clean -fdX
            shutil.rmtree(here.place.folder)
            backups.clear()
            here.place.ready()
        case _:
            here.place.lock_file.unlink(missing_ok=True)
    return here


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 40))]
)
def test_only_the_lock_goes_on(bench: Bench, tmp_path: Path, clip: bytes, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a seed to play again, not a secret
    here, fal = real(tmp_path / "first"), fal_itself(clip, seed)
    fal.rate = 0.2
    backups: list[bytes] = []
    for number in range(ROUNDS):
        with contextlib.suppress(FalError):
            one_round(here, fal, dice.sample(range(SCENES), 5))
        backups.append(here.place.ledger.read_bytes())
        here = mishap(here, dice, backups, number)
        fal.clock.seconds += dice.choice([60, 3600, 3 * 24 * 3600, 8 * 24 * 3600])
    fal.rate = 0.0
    fal.clock.seconds += LATER
    one_round(here, fal, list(range(SCENES)))
    paid = Counter(bodies(fal))
    states = Counter(take.state.value for take in here.ledger.takes())
    print(f"seed {seed}: {fal.posts} POSTs, {len(fal.jobs)} paid, {dict(states)}")  # noqa: T201
    assert max(paid.values()) == 1, "bought twice"
    for take in here.ledger.takes():
        taken = f"prompt {take.scene[1:]}" in paid
        assert take.state is (State.VERIFIED if taken else State.UNKNOWN), take
