"""Whatever fal, or who stands in its place, answers: words instead of a traceback, little memory, no other host asked,
and what may have been taken is not sent again."""

# ruff: noqa: T201 - proofs print their figures
from __future__ import annotations

import asyncio
import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, bench, plan, request
from hostile_server import CALLS, CERTAIN, SHAPES, Hostile, hostile
from rude_server import Asked
from test_fal_submit import _from_here, _memory
from virtual_time import HastyLoop

from storyboard.errors import StoryboardError
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.record import State
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out
from storyboard.render.stage import SHORT

__all__ = ["bench"]

KEY = "canaryid:canarysecret"
HASTE = 100.0  # the program's deadlines pass a hundred times as fast
MOST_MEMORY = 200 << 20
MOST_SECONDS = 90.0
ALL = [(call, shape) for call in CALLS for shape in SHAPES]
SOME = random.Random(5).sample(ALL, 18)  # noqa: S311 - the same ones every time
AT_A_TIME = 6  # nearly all of their time is waiting: some last as long as the program's patience
DRIPS = ("silence", "dripping")  # these last as long as the program's patience


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


def rendered(bench: Bench, server: Hostile) -> RenderResult | StoryboardError:
    """One run, with everything that a person would be told."""
    loop = HastyLoop(HASTE)
    world = World(elapsed=loop.time, sleep=asyncio.sleep, dice=random.Random(1))  # noqa: S311
    work = carry_out(
        plan(request(bench.project, start=None)),
        project=bench.project,
        ledger=bench.ledger,
        store=bench.store,
        account=account_from({"STORYBOARD_SANDBOX_KEY": KEY}, server.base_url),
        world=world,
        patience=SHORT,
    )
    try:
        return loop.run_until_complete(work)
    except StoryboardError as failure:
        return failure
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


def told(result: RenderResult | StoryboardError) -> str:
    if isinstance(result, StoryboardError):
        assert result.exit_code != 70
        return str(result)
    return "\n".join([*(str(p.error) for p in result.problems), *(str(t) for t in result.takes)])


def _submits(server: Hostile) -> list[Asked]:
    """What was to be bought; to ask for a clip's signed address costs nothing."""
    return [asked for asked in server.posts if "/storage/" not in asked.path]


def braved(bench: Bench, clip: bytes, call: str, shape: str) -> None:
    before, began = _from_here(), time.monotonic()
    with hostile(clip, call, shape) as (server, caught):
        said = told(rendered(bench, server))
        posts = len(_submits(server))
        state = bench.takes()["dawn"].state
        said += told(rendered(bench, server))
    assert caught == [], "another host was asked"
    assert not [asked for asked in server.clips if "authorization" in asked.headers], (
        "the key went where clips lie"
    )
    refused = (
        call == "submit" and server.statuses <= {str(code).encode() for code in CERTAIN} and server.statuses
    )
    if not refused:
        assert posts == 1
        assert len(_submits(server)) == 1, "what may have been taken was sent again"
        assert state not in {State.INTENDED, State.SENDING}
        assert bench.takes()["dawn"].maybe_billed
    assert "canary" not in said
    assert _memory() - before < MOST_MEMORY
    assert time.monotonic() - began < MOST_SECONDS


@pytest.mark.parametrize(
    ("call", "shape"), [found for found in SOME if not any(d in found[1] for d in DRIPS)]
)
def test_a_hostile_answer(bench: Bench, clip: bytes, call: str, shape: str) -> None:
    braved(bench, clip, call, shape)


@pytest.mark.long
@pytest.mark.parametrize("call", CALLS)
def test_all_hostile_answers(tmp_path: Path, clip: bytes, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from storyboard.ledger.place import place_of

    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    before, began = _from_here(), time.monotonic()
    shapes = list(SHAPES)

    def failure_of(number: int) -> str | None:
        project = tmp_path / str(number)
        project.mkdir()
        try:
            braved(Bench(project, place_of(project, builtin=True)), clip, call, shapes[number])
        except Exception as failure:  # noqa: BLE001 - all of them are told together
            return repr(failure)[:300]
        return None

    with ThreadPoolExecutor(AT_A_TIME) as pool:
        ends = zip(shapes, pool.map(failure_of, range(len(shapes))), strict=True)
        failed = {shape: why for shape, why in ends if why is not None}
    grown = (_memory() - before) >> 20
    print(
        f"\n{len(shapes)} shapes of {call}: {len(failed)} failed, {grown} MiB more, {time.monotonic() - began:.0f} s"
    )
    assert len(shapes) >= 120
    assert not failed, failed


TERMINAL = [("result", "complaints in control characters"), ("submit", "complaints in control characters")]


@pytest.mark.parametrize(("call", "shape"), TERMINAL)
def test_a_terminal_is_safe_from_it(tmp_path: Path, clip: bytes, process: Any, call: str, shape: str) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - id: one\n    duration: 3\n"
        "    generate_audio: false\n    prompt: a potter\n",
        encoding="utf-8",
    )
    with hostile(clip, call, shape) as (server, caught):
        env = {"STORYBOARD_FAL_URL": server.base_url, "STORYBOARD_SANDBOX_KEY": KEY}
        ended = process("render", ".", "--yes", cwd=tmp_path, env=env)
    assert ended.code == 4, ended.err
    assert caught == []
    printed = ended.out + ended.err
    assert "Traceback" not in printed
    assert "canary" not in printed
    assert not [
        c for c in printed if (ord(c) < 32 and c != "\n") or 0x7F <= ord(c) <= 0x9F or c in "\u202e\u2066"
    ]
