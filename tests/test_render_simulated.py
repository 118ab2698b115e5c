"""Hundreds of takes against a fal that fails one time in five: none is bought twice, none that was taken
is lost."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from pathlib import Path

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from scripted_fal import BASE, Clock, ScriptedFal, bodies

from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.plan.steps import Plan
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out
from storyboard.render.stage import Patience

__all__ = ["bench", "engine", "own_bench", "postgres"]

SCENES = 25
LATER = 20 * 3600  # seconds: longer than the history has ever lagged


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


def once(bench: Bench, planned: Plan, fal: ScriptedFal) -> RenderResult:
    clock = fal.clock
    world = World(clock.now, clock.elapsed, clock.sleep, fal.dice, lambda: fal)
    return asyncio.run(
        carry_out(
            planned,
            project=bench.project,
            ledger=Ledger.open(bench.place, clock.now),
            store=bench.store,
            account=account_from({}, BASE),
            world=world,
            patience=Patience(),
            concurrency=4,
        )
    )


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 40))]
)
def test_no_fault_buys_twice_or_loses_what_was_bought(bench: Bench, clip: bytes, seed: int) -> None:
    clock, dice = Clock(), random.Random(seed)  # noqa: S311 - a seed to play again, not a secret
    fal = ScriptedFal(clock, dice, clip)
    planned = plan(*(request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(SCENES)))
    for _ in range(3):
        once(bench, planned, fal)
        clock.seconds += dice.choice([60, 3600, 8 * 3600])
    fal.rate = 0.0
    clock.seconds += LATER
    result = once(bench, planned, fal)
    paid = Counter(bodies(fal))
    print(  # noqa: T201
        f"seed {seed}: {SCENES} takes, {fal.posts} POSTs, {len(fal.jobs)} paid, {len(result.unknown)} parked"
    )
    assert max(paid.values()) == 1, "bought twice"
    states = {take.scene: take.state for take in bench.ledger.takes()}
    assert len(states) == SCENES
    for scene, state in states.items():
        taken = f"prompt {scene[1:]}" in paid
        assert state is (State.VERIFIED if taken else State.UNKNOWN), (scene, state)
    before = fal.posts
    assert once(bench, planned, fal).unknown == result.unknown
    assert fal.posts == before


def test_the_same_clip_for_another_request_is_pointed_out(bench: Bench, clip: bytes) -> None:
    fal = ScriptedFal(Clock(), random.Random(1), clip, rate=0.0)  # noqa: S311 - a seed to play again
    planned = plan(*(request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(2)))
    assert once(bench, planned, fal).complete
    warnings = [warning for take in bench.ledger.takes() for warning in take.warnings]
    assert sum("byte for byte" in warning for warning in warnings) == 1


def test_the_clip_is_real(clip: bytes, tmp_path: Path) -> None:
    from storyboard.media.probe import probe

    (tmp_path / "x.mp4").write_bytes(clip)
    assert probe(tmp_path / "x.mp4").video.frames == 73
