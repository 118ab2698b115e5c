"""Scenes that go on from the last frame of the clip before: one plan, in order, paid for once whatever happens."""

from __future__ import annotations

import asyncio
import json
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import Bench
from both_engines import bench, engine, own_bench, postgres
from in_memory import compiled
from scripted_fal import BASE, Clock, ScriptedFal, bodies

from storyboard.catalog.prices import price_book
from storyboard.cli.work import verdict
from storyboard.compile.digest import frame_name
from storyboard.errors import Interrupted
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State
from storyboard.media.decode import decodes
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.pipeline import plan
from storyboard.plan.steps import Plan
from storyboard.render.observer import Progress, Unseen
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out
from storyboard.render.stage import Patience

__all__ = ["bench", "engine", "own_bench", "postgres"]

# It stands in no order, `dusk` and `night` turn out to be one request, and `rain` waits for nobody.
FILM = """
storyboard: 1
endpoint: kling-v3-standard
defaults: {duration: 3, generate_audio: false}
scenes:
  - {id: dusk, continues: noon, prompt: a heron sleeps}
  - {id: noon, continues: dawn, prompt: a heron lands}
  - {id: dawn, start_image: https://example.org/a.png, prompt: a heron lifts off}
  - {id: rain, endpoint: kling-v3-standard-text, prompt: rain}
  - {id: night, continues: noon, prompt: a heron sleeps}
"""
PROMPTS = ("a heron lifts off", "a heron lands", "a heron sleeps", "rain")
LATER = 20 * 3600  # seconds: longer than the history has ever lagged


@dataclass
class Fal(ScriptedFal):
    """It stores uploads, too. `refuses` are prompts that it never takes."""

    stored: dict[str, bytes] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()

    async def _told(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path == "/storage/upload/initiate":
            name = json.loads(await request.aread())["file_name"]
            url = f"{BASE}/files/b/{name}"
            return httpx.Response(200, json={"file_url": url, "upload_url": url})
        if request.method == "PUT":
            self.stored[Path(path).name] = await request.aread()
            return httpx.Response(200)
        return await super()._told(request)

    def _submit(self, body: dict[str, Any]) -> httpx.Response:
        if body["prompt"] in self.refuses:
            return httpx.Response(
                422, json={"detail": [{"loc": ["body", "prompt"], "msg": "no", "type": "value_error"}]}
            )
        return super()._submit(body)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


def quiet(clip: bytes, **more: Any) -> Fal:
    return Fal(Clock(), random.Random(1), clip, rate=0.0, **more)  # noqa: S311 - a seed to play again


def planned(bench: Bench, text: str = FILM, *scenes: str) -> Plan:
    found = compiled(text)
    book = price_book("seeds")
    assert found.requests, found.diagnostics
    assert book is not None
    asked = [request for request in found.requests if not scenes or request.scene in scenes]
    return plan(asked, book, bench.project, bench.place, film=found.requests)[0]


def shot(bench: Bench, fal: Fal, plan: Plan | None = None, **more: Any) -> RenderResult:
    clock = fal.clock
    return asyncio.run(
        carry_out(
            plan or planned(bench),
            project=bench.project,
            ledger=Ledger.open(bench.place, clock.now),
            store=bench.store,
            account=account_from({}, BASE),
            world=World(clock.now, clock.elapsed, clock.sleep, fal.dice, lambda: fal),
            patience=Patience(),
            concurrency=4,
            **more,
        )
    )


def begins(fal: Fal) -> dict[str, str]:
    return {job.body["prompt"]: Path(job.body.get("start_image_url", "")).stem for job in fal.jobs.values()}


def test_one_plan_buys_the_chain_in_its_order(bench: Bench, clip: bytes) -> None:
    fal, first = quiet(clip), planned(bench)
    assert (first.total, first.unpriced) == (Decimal("0.168") * 9, ("rain",))
    assert [(s.scene, s.request.after, s.twin) for s in first.steps if s.request.is_pending] == [
        ("dusk", "noon", None),
        ("noon", "dawn", None),
        ("night", "noon", "dusk"),
    ]
    assert {s.request.digest for s in first.steps if s.request.is_pending} == {None}
    result = shot(bench, fal, first)
    assert (result.complete, result.sent, len(result.takes)) == (True, 4, 5)
    sent = list(bodies(fal))
    assert [each for each in sent if each != "rain"] == list(PROMPTS[:3])
    name = frame_name(bench.takes()["dawn"].clip or "")
    assert begins(fal)["a heron lands"] == name
    picture = bench.project / "sent.png"
    picture.write_bytes(fal.stored[f"{name}.png"])
    assert decodes(picture, "png") is None
    assert sum((take.estimate or Decimal(0) for take in bench.takes().values()), Decimal(0)) == first.total


def test_afterwards_nothing_is_to_be_done(bench: Bench, clip: bytes) -> None:
    fal = quiet(clip)
    shot(bench, fal)
    again = planned(bench)
    assert {step.decision for step in again.steps} == {"reuse"}
    assert all(step.request.digest for step in again.steps)
    shot(bench, fal, again)
    assert len(fal.jobs) == 4


@pytest.mark.parametrize(
    "seed", [*range(2), *(pytest.param(n, marks=pytest.mark.long) for n in range(2, 40))]
)
def test_no_fault_buys_twice(bench: Bench, clip: bytes, seed: int) -> None:
    clock, dice = Clock(), random.Random(seed)  # noqa: S311 - a seed to play again
    fal = Fal(clock, dice, clip)
    for _ in range(4):
        shot(bench, fal)
        clock.seconds += dice.choice([60, 3600, 8 * 3600])
    fal.rate = 0.0
    for _ in range(4):
        clock.seconds += LATER
        result = shot(bench, fal)
    paid = Counter(bodies(fal))
    assert max(paid.values()) == 1, "bought twice"
    states = {take.scene: take.state for take in bench.ledger.takes()}
    if State.UNKNOWN not in states.values():
        assert set(paid) == set(PROMPTS)
        assert result.complete
    for scene, state in states.items():
        assert state is (State.VERIFIED if _prompt(scene) in paid else State.UNKNOWN), (scene, state)


def _prompt(scene: str) -> str:
    return {"dawn": PROMPTS[0], "noon": PROMPTS[1], "dusk": PROMPTS[2], "night": PROMPTS[2], "rain": "rain"}[
        scene
    ]


def test_what_is_refused_keeps_those_behind_it_from_being_sent(bench: Bench, clip: bytes) -> None:
    fal = quiet(clip, refuses=("a heron lands",))
    result = shot(bench, fal)
    assert sorted(bodies(fal)) == ["a heron lifts off", "rain"]
    told = {problem.scene: str(problem.error) for problem in result.problems}
    assert set(told) == {"noon", "dusk"}
    assert "Scene dusk was not sent: it begins with the last frame of noon" in told["dusk"]
    assert "Nothing was bought for it." in told["dusk"]
    failure = verdict(result)
    assert failure is not None
    assert failure.exit_code == 4, "it is fal that failed, whichever scene stands first"
    fal.refuses = ()
    assert "changed" not in {step.why for step in planned(bench).steps}


def test_what_may_be_paid_keeps_those_behind_it_waiting(bench: Bench, clip: bytes) -> None:
    fal = quiet(clip)

    def silence(body: dict[str, Any]) -> httpx.Response:
        del body
        raise httpx.ReadTimeout("silence")

    fal._submit = silence  # type: ignore[method-assign]
    result = shot(bench, fal)
    assert {take.scene for take in result.unknown} == {"dawn", "rain"}
    assert {problem.scene for problem in result.problems} == {"noon", "dusk"}
    failure = verdict(result)
    assert failure is not None
    assert failure.exit_code == 3
    assert "Scene noon was not sent" in str(failure)
    assert [s.decision for s in planned(bench).steps] == ["send", "send", "ask", "ask", "reuse"]


class _Stopping(Unseen):
    """Interrupts as soon as a scene has its clip."""

    def __init__(self, scene: str) -> None:
        self.scene, self.stop = scene, asyncio.Event()

    def saw(self, progress: Progress) -> None:
        if progress.scene == self.scene and progress.activity == "verified":
            self.stop.set()


@pytest.mark.parametrize("scene", ["dawn", "noon"])
def test_an_interrupt_between_two_of_them_is_gone_on_from(bench: Bench, clip: bytes, scene: str) -> None:
    fal, stopping = quiet(clip), _Stopping(scene)
    with pytest.raises(Interrupted):
        shot(bench, fal, observer=stopping, stop=stopping.stop)
    known = next(step for step in planned(bench).steps if step.request.after == scene)
    assert known.request.digest is not None
    assert shot(bench, fal).complete
    assert Counter(bodies(fal)) == dict.fromkeys(PROMPTS, 1)


def test_a_clip_that_went_meanwhile_is_needed_again(bench: Bench, clip: bytes) -> None:
    fal = quiet(clip)
    shot(bench, fal, planned(bench, FILM, "dawn"))
    bench.store.path_of(bench.takes()["dawn"].clip or "").unlink()
    alone = planned(bench, FILM, "noon")
    assert [(step.scene, step.decision) for step in alone.steps] == [("noon", "send")]
    (problem,) = shot(bench, fal, alone).problems
    assert "--scene dawn --scene noon" in str(problem.error)
    both = planned(bench, FILM, "dawn", "noon")
    assert [(step.scene, step.decision) for step in both.steps] == [("noon", "send"), ("dawn", "resume")]
    assert shot(bench, fal, both).complete
    assert Counter(bodies(fal)) == {"a heron lifts off": 1, "a heron lands": 1}


def test_two_that_turn_out_to_be_one_request_are_bought_once(bench: Bench, clip: bytes) -> None:
    text = FILM[: FILM.index("  - ")] + "".join(
        f"  - {{id: {first}, start_image: https://example.org/a.png, prompt: a heron lifts off}}\n"
        f"  - {{id: {then}, continues: {first}, prompt: a heron lands}}\n"
        f"  - {{id: {last}, continues: {then}, prompt: a heron sleeps}}\n"
        for first, then, last in (("a", "b", "c"), ("x", "y", "z"))
    )
    fal = quiet(clip)
    result = shot(bench, fal, planned(bench, text))
    assert result.complete, result.problems
    assert Counter(bodies(fal)) == dict.fromkeys(PROMPTS[:3], 1)
    assert {step.decision for step in planned(bench, text).steps} == {"reuse"}


def test_a_lost_ledger_finds_the_whole_chain_in_the_history(own_bench: Bench, clip: bytes) -> None:
    fal = quiet(clip)
    shot(own_bench, fal)
    shutil.rmtree(own_bench.place.folder)
    own_bench.place.ready()
    assert {step.decision for step in planned(own_bench).steps} == {"send", "reuse"}  # the twin's alone
    assert shot(own_bench, fal).complete
    assert Counter(bodies(fal)) == dict.fromkeys(PROMPTS, 1)
