"""Real renders as processes against a real sandbox: killed, doubled, interrupted, and gone on with."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest
from a_gated_film import POINTS, TWO, Film, drawn, film, filmed, settled
from both_engines import either_engine, engine, postgres
from sandboxes import until
from toll_gate import Gate, toll_gate

from storyboard.ledger.place import place_of
from storyboard.ledger.record import State
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["drawn", "either_engine", "engine", "film", "postgres"]

pytestmark = pytest.mark.usefixtures("either_engine")

SHORT_LIST = [("submit", "after")]
LONG_LIST = [
    (name, when) for name in POINTS for when in ("before", "after") if (name, when) not in SHORT_LIST
]


@pytest.mark.parametrize(
    ("point", "when"), [*SHORT_LIST, *(pytest.param(*p, marks=pytest.mark.long) for p in LONG_LIST)]
)
def test_killed_at_any_request_nothing_is_bought_twice(film: Film, point: str, when: str) -> None:
    process = film.start("render", ".", "--yes")
    film.gate.strikes = lambda asked: when if POINTS[point](asked) else None
    film.gate.strike = process.kill
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    settled(film)


def test_two_at_once_buy_each_clip_once(film: Film) -> None:
    with film.start("render", ".", "--yes") as first, film.start("render", ".", "--yes") as second:
        ends = [process.communicate(timeout=60) for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 0), ends
    assert film.sandbox()["submits"] == 2
    settled(film)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.long)])
def test_an_interrupt_ends_soon_and_resumes(tmp_path: Path, drawn: Path, number: int) -> None:
    with filmed(tmp_path, drawn) as film:
        process = film.start("render", ".", "--yes", STORYBOARD_CONCURRENCY="1")
        moment: list[float] = []

        def interrupt() -> None:
            moment.append(time.monotonic())
            process.send_signal(number)

        film.gate.strike = interrupt
        film.gate.strikes = lambda asked: "after" if POINTS["status"](asked) else None
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - moment[0] < 2
        assert process.returncode == 130, err
        assert "run the same command again" in err
        assert film.gate.submits == 1  # none began after the signal
        assert film.takes()["one"].state is State.SENT
        settled(film)


@pytest.mark.long
def test_an_interrupt_in_the_middle_of_a_submit_keeps_its_answer(film: Film) -> None:
    process = film.start("render", ".", "--yes", STORYBOARD_CONCURRENCY="1")
    film.gate.strike = lambda: process.send_signal(signal.SIGINT)
    film.gate.strikes = lambda asked: "during" if POINTS["submit"](asked) else None
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert film.gate.submits == 1
    assert film.takes()["one"].state is State.SENT
    settled(film)


@pytest.mark.long
def test_a_lost_answer_is_adopted_or_parked_and_counts_as_spent(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn, faults={"drop-after-accept": 1.0}, history_outage=True) as film:
        code, _, err = film.render()
        assert code == 3
        assert "storyboard reconcile" in err
        assert "1.01 USD may have been spent" in err
        (film.project / "storyboard.yaml").write_text(TWO + "  - id: three\n    take: 3\n", encoding="utf-8")
        code, _, err = film.render("--max-cost", "1.5")
        assert (code, film.sandbox()["submits"]) == (3, 2)
        assert "may have been spent" in err
    (tmp_path / "project" / "storyboard.yaml").write_text(TWO, encoding="utf-8")
    with running(SandboxSettings(state=tmp_path / "state", latency=0.0)) as server:
        again = Film(film.project, Gate(server.base_url, server.base_url), film.place)
        film.place.folder.rename(place_of(film.project, server.base_url).folder)
        code, _, err = again.run("reconcile", ".")
        assert code == 0, err
        assert again.render()[0] == 0
        assert again.sandbox()["submits"] == 2


@pytest.mark.long
def test_a_look_alike_on_another_port_is_another_world(film: Film) -> None:
    assert film.render()[0] == 0
    assert film.place.folder.parent.name == "sandbox"
    code, out, _ = film.run("plan", ".", "--format", "json", STORYBOARD_FAL_URL="")
    assert code == 0
    assert {step["decision"] for step in json.loads(out)["steps"]} == {"send"}


def test_a_lost_clip_is_fetched_and_not_bought(film: Film) -> None:
    assert film.render()[0] == 0
    for clip in film.place.clips.glob("*/*.mp4"):
        clip.unlink()
    assert film.render()[0] == 0
    assert film.sandbox()["submits"] == 2
    assert len(list(film.place.clips.glob("*/*.mp4"))) == 1  # both takes have the same bytes


@pytest.mark.long
def test_what_no_scene_asks_for_any_more_is_still_fetched(film: Film) -> None:
    process = film.start("render", ".", "--yes", "--scene", "one")
    film.gate.strikes = lambda asked: "after" if POINTS["status"](asked) else None
    film.gate.strike = process.kill
    process.communicate(timeout=60)
    changed = TWO.replace("static", "slow push")
    (film.project / "storyboard.yaml").write_text(changed, encoding="utf-8")
    code, _, err = film.run("render", ".")
    assert code == 3, err
    code, out, err = film.run("reconcile", ".")
    assert code == 0, err
    assert "one, take 1: verified" in out
    assert film.sandbox()["submits"] == 1
    assert len(list(film.place.clips.glob("*/*.mp4"))) == 1


@pytest.mark.long
def test_cancel_says_what_may_be_charged(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn) as film:
        assert film.run("cancel", ".")[0] == 0
    slow = SandboxSettings(state=tmp_path / "slow", latency=30.0, concurrency=1)
    with running(slow) as server, toll_gate(server.base_url) as gate:
        film = Film(film.project, gate, place_of(film.project, gate.base_url))
        process = film.start("render", ".", "--yes")
        until(lambda: gate.submits == 2 and len([a for a in gate.asked if "/status" in a.path]) >= 2)
        process.kill()
        process.communicate(timeout=30)
        assert film.run("cancel", ".", "nobody")[0] == 2
        code, out, err = film.run("cancel", ".")
        assert code == 0, err
        assert film.run("render", ".", "--yes", "--max-cost", "0.01")[0] == 3
        assert "not charged" in out
        assert "may still be charged" in out
        states = {take.state for take in film.takes().values()}
        assert states <= {State.CANCELLED, State.SENT}
        assert State.CANCELLED in states


@pytest.mark.long
def test_json_is_one_document(film: Film) -> None:
    code, out, _ = film.render("--format", "json")
    assert code == 0
    document = json.loads(out)
    assert [take["state"] for take in document["takes"]] == ["verified", "verified"]
    assert Path(document["cut"]).name == "cut.mp4"
    assert all(Path(take["clip"]).is_file() for take in document["takes"])
    assert sum("initiate" in asked.path for asked in film.gate.asked) == 1  # one still, one upload
    code, out, _ = film.run("takes", ".", "--format", "json")
    assert json.loads(out)["takes"] == document["takes"]


def test_the_built_in_sandbox_needs_nothing(tmp_path: Path, drawn: Path) -> None:
    with filmed(tmp_path, drawn) as film:
        server = place_of(film.project, builtin=True).server
        shutil.copytree(drawn, server / "clips")
        code, out, err = film.run("render", ".", "--sandbox", STORYBOARD_FAL_URL="", CI="1")
        assert code == 0, err
        assert out.strip().endswith("cut.sandbox.mp4")
        assert not film.gate.asked
        assert not (film.project / ".storyboard" / "ledger.sqlite").exists()
        assert film.run("render", ".", "--sandbox", STORYBOARD_FAL_URL="")[0] == 0
