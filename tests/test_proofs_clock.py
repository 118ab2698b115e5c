"""A clock that was wrong when a take was sent, and is set right before its lost answer is looked for."""

from __future__ import annotations

import asyncio
import random

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from played_fal import BASE, PlayedFal
from virtual_time import Timeline, lived

from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.render.runner import carry_out

__all__ = ["bench", "engine", "own_bench", "postgres"]

DAY = 86400.0


class LosesTheAnswer(PlayedFal):
    """The first submit is taken, and its answer lost."""

    def _fault(self, call: str) -> str:
        return "reset after" if call == "submit" and not self.jobs else ""


@pytest.mark.parametrize("wrong", [-DAY, -1800.0, 1800.0, DAY])
def test_a_lost_take_is_found_when_the_clock_is_right_again(bench: Bench, wrong: float) -> None:
    path = bench.project / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    time = Timeline(wrong=wrong)
    fal = LosesTheAnswer(time, path.read_bytes(), rate=0.0)
    fal.outage = 3600.0  # nothing is recorded while the first run looks
    dice = random.Random(1)  # noqa: S311 - a seed to play again
    for state in (State.UNKNOWN, State.VERIFIED):
        work = carry_out(
            plan(request(bench.project, start=None)),
            project=bench.project,
            ledger=Ledger.open(bench.place, time.now),
            store=bench.store,
            account=account_from({}, BASE),
            world=World(time.now, time.elapsed, asyncio.sleep, dice, lambda: fal),
        )
        lived(work, time)
        assert bench.takes()["dawn"].state is state
        time.seconds, time.wrong = time.seconds + DAY, 0.0
    assert len(fal.jobs) == 1
