"""`cancel` keeps a render that is at work from sending more; the next render sends it. And what a budget counts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from msgspec.structs import replace
from sandboxes import Visitor, until, visiting

from storyboard.errors import Refused
from storyboard.ledger.facts import known_holds
from storyboard.ledger.ledger import Ledger, utc_now
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State
from storyboard.plan.budget import Budget
from storyboard.plan.policy import Caps
from storyboard.render.budget import check_caps

__all__ = ["bench", "engine", "own_bench", "postgres"]

FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
defaults: {generate_audio: false, duration: 3}
scenes:
  - {id: one, prompt: a potter at the wheel}
  - {id: two, prompt: the potter rests}
  - {id: three, prompt: the cat looks on}
"""


@dataclass
class Set:
    """A film and a sandbox; its commands are real processes."""

    project: Path
    visitor: Visitor

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storyboard", *arguments],
            cwd=self.project,
            env={**os.environ, "STORYBOARD_FAL_URL": self.visitor.base, "STORYBOARD_CONCURRENCY": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=100)
        return process.returncode, out + err

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(place_of(self.project, self.visitor.base))


@contextmanager
def film(folder: Path, **settings: Any) -> Iterator[Set]:
    project = folder / "project"
    project.mkdir()
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    with visiting(folder / "state", prices="observed-2026-10", **settings) as visitor:
        yield Set(project, visitor)


@pytest.mark.parametrize("names", [(), pytest.param(("two",), marks=pytest.mark.long)])
def test_a_render_at_work_sends_no_more_of_what_is_cancelled(tmp_path: Path, names: tuple[str, ...]) -> None:
    with film(tmp_path, latency=300) as made:
        render = made.start("render", ".", "--yes")
        until(lambda: len(made.visitor.sandbox.state.requests) == 1)
        code, said = made.run("cancel", ".", *names)
        assert code == 0, said
        assert "is at work here" in said
        assert f"sends nothing more of {', '.join(names) or 'one, two, three'}" in said
        if names:  # the first one ends by other means, and the slot is free for what is not held
            made.visitor.sandbox.settings = replace(made.visitor.sandbox.settings, latency=0)
            [first] = made.visitor.sandbox.state.requests.values()
            assert made.visitor.http.put(f"/{first.app}/requests/{first.id}/cancel").status_code == 202
        out, err = render.communicate(timeout=100)
        assert render.returncode in {3, 4}, out + err
        assert "Scene two was not sent: `storyboard cancel` was called meanwhile" in err
        sent = [take.scene for take in made.ledger.takes() if take.request_id]
        assert sorted(sent) == (["one", "three"] if names else ["one"])
        if not names:
            assert "storyboard reconcile . --resend one" in said, "it had begun, and may be billed"
            return
        assert made.run("reconcile", ".", "--resend", "one")[0] == 0
        code, said = made.run("render", ".", "--yes")
        assert code == 0, said
        assert {take.state for take in made.ledger.takes()} == {State.VERIFIED}
        assert not known_holds(place_of(made.project, made.visitor.base)), "the next render lifted it"


def intent(scene: str, digest: str = "a") -> Intent:
    return Intent(digest * 64, 1, scene, "a/b/c", 3, "seeds", Decimal(1))


def test_a_hold_and_a_sending_decide_between_them(bench: Bench) -> None:
    """However close they come: a take is sent, or held, and what is held has not been sent."""
    outcomes = set()
    for number in range(15):
        scene = f"s{number}"
        key = (f"{number:064x}", 1)
        bench.ledger.claim(Intent(*key, scene, "a/b/c", 3, "seeds", Decimal(1)))
        gate, refused = threading.Barrier(2), []

        def send(key: Any = key, gate: Any = gate, refused: list[str] = refused) -> None:
            ledger = bench.ledger
            gate.wait(60)
            try:
                ledger.begin_sending(key, "{}", Decimal(1), "seeds")
            except Refused as failure:
                refused.append(str(failure))

        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        holding = bench.ledger
        gate.wait(60)
        holding.holds.hold([scene], [key[0]])
        after = bench.ledger.get(key).state  # as `cancel` looks: once the hold is durable
        sender.join(60)
        final = bench.ledger.get(key).state
        assert final is after, "it was sent after the hold was durable"
        assert final is (State.INTENDED if refused else State.SENDING)
        outcomes.add(final)
    assert outcomes <= {State.INTENDED, State.SENDING}


def test_a_hold_of_now_is_not_lifted_by_a_render_of_before(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(intent("dawn"))
    ledger.holds.hold(["dawn"], [])
    planned_with = known_holds(bench.place)
    ledger.holds.hold([], ["a" * 64])
    ledger.holds.lift(planned_with)
    with pytest.raises(Refused, match="Nothing was bought"):
        ledger.begin_sending(("a" * 64, 1), "{}", None, "seeds")
    ledger.begin_sending(("a" * 64, 1), "{}", None, "seeds", bought=True)
    assert ledger.get(("a" * 64, 1)).state is State.SENDING, "what fal has is adopted"


def test_a_name_that_means_nothing_holds_nothing(tmp_path: Path) -> None:
    with film(tmp_path) as made:
        made.ledger.claim(intent("one"))
        code, said = made.run("cancel", ".", "tow")
        assert (code, "did you mean `two`" in said) == (2, True)
        assert not known_holds(place_of(made.project, made.visitor.base))


@pytest.mark.long
def test_a_budget_counts_what_an_earlier_run_lost(tmp_path: Path) -> None:
    lost = {"faults": {"drop-after-accept": 1.0}, "history_outage": True, "latency": 0}
    with film(tmp_path, **lost) as made:
        code, said = made.run("render", ".", "--yes", "--scene", "one", "--max-cost", "0.30")
        assert code == 3, said
        assert {take.state for take in made.ledger.takes()} == {State.UNKNOWN}
        before = made.visitor.ledger()["submits"]
        for command in (("render", ".", "--yes", "--scene", "two"), ("plan", ".", "--scene", "two")):
            code, said = made.run(*command, "--max-cost", "0.40")  # 0.252 lost, 0.252 to send
            assert (code, "Nothing was sent." in said) == (3, True), said
            assert "may have been spent on takes whose answer was lost" in said
        assert made.visitor.ledger()["submits"] == before
        assert made.run("plan", ".", "--scene", "two", "--max-cost", "0.51")[0] == 0


def test_no_amount_counts_twice_in_a_budget(bench: Bench) -> None:
    """A plan that waited for another run, which lost the answer of one of its takes."""
    made = request(bench.project, start=None)
    planned = plan(made, request(bench.project, "noon", "another", start=None))
    key = (made.digest or "", 1)
    bench.ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", Decimal("0.504")))
    bench.ledger.begin_sending(key, "{}", Decimal("0.504"), "seeds")
    check_caps(planned, bench.ledger, Caps(Budget(Decimal("1.01"), "--max-cost")), utc_now())
    with pytest.raises(Refused, match=r"0\.504 USD may have been spent"):
        check_caps(planned, bench.ledger, Caps(Budget(Decimal("1.00"), "--max-cost")), utc_now())


def test_a_refusal_says_what_to_run_next(tmp_path: Path) -> None:
    with film(tmp_path, faults={"422": 1.0}, latency=0) as made:
        code, said = made.run("render", ".", "--yes", "--scene", "one")
        assert code == 4
        assert "--resend one` send this one again, at its full price" in said


@pytest.mark.parametrize("command", ["check", "plan", "expand", "reconcile"])
def test_a_variable_that_nothing_asks_for_is_pointed_out(
    command: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    text = FILM.replace("endpoint:", "vars: {light: dawn}\nendpoint:").replace(
        "the potter rests", "'{{ light }}'"
    )
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    if command == "reconcile":
        Ledger.open(place_of(tmp_path)).claim(intent("one"))
    ended = run(command, tmp_path, "--var", "lihgt=noon")
    assert ended.code == 0, ended.err
    assert "--var lihgt=…" in ended.err
    assert "did you mean `light`?" in ended.err
    assert "--var" not in run(command, tmp_path, "--var", "light=noon").err
