"""Real renders as processes against a real sandbox: killed, doubled, interrupted, without money, without a
key."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import bench, still
from rude_server import Asked
from sandboxes import until
from toll_gate import Gate, toll_gate

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

# Two takes of one request: equal bodies, so the sandbox draws one clip, and a lost answer has two candidates.
__all__ = ["bench"]

TWO = """
storyboard: 1
endpoint: kling-v3-standard
defaults:
  generate_audio: false
  duration: 3
  start_image: still.png
  prompt: a potter at the wheel, static
scenes:
  - id: one
  - id: two
    take: 2
"""


@dataclass
class Film:
    """A project, and a sandbox behind a gate to render it against."""

    project: Path
    gate: Gate
    place: Place

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storyboard", *arguments],
            cwd=self.project,
            env={**os.environ, "STORYBOARD_FAL_URL": self.gate.base_url, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        assert process.returncode != 70, err
        return process.returncode, out, err

    def render(self, *more: str, **environment: str) -> tuple[int, str, str]:
        return self.run("render", ".", "--yes", *more, **environment)

    def sandbox(self) -> dict[str, Any]:
        return httpx.get(f"{self.gate.sandbox}/_sandbox/ledger", trust_env=False).json()

    def takes(self) -> dict[str, TakeRecord]:
        return {take.scene: take for take in Ledger.open(self.place).takes()}


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clips that the sandbox has drawn for TWO: drawing them again for every test would take minutes."""
    folder = tmp_path_factory.mktemp("drawn")
    with _film(folder) as film:
        code, _, err = film.render()
        assert code == 0, err
    return folder / "state" / "clips"


@contextmanager
def _film(folder: Path, clips: Path | None = None, **settings: Any) -> Iterator[Film]:
    project = folder / "project"
    project.mkdir()
    still(project)
    (project / "storyboard.yaml").write_text(TWO, encoding="utf-8")
    state = folder / "state"
    if clips is not None:
        shutil.copytree(clips, state / "clips")
    with (
        running(SandboxSettings(state=state, latency=0.0, **settings)) as server,
        toll_gate(server.base_url) as gate,
    ):
        place = place_of(project, gate.base_url)
        server.sandbox.settings = replace(server.sandbox.settings, watched_ledger=place.ledger)
        yield Film(project, gate, place)


@pytest.fixture
def film(tmp_path: Path, drawn: Path) -> Iterator[Film]:
    with _film(tmp_path, drawn) as made:
        yield made
        assert made.sandbox()["unannounced"] == [], "a submit arrived whose intent was not on the disk"


def settled(film: Film) -> None:
    """Run after run until all is done; a person settles what nobody can know. Nothing is ever bought
    twice."""
    for _ in range(4):
        code, _, err = film.render()
        if code == 0:
            break
        assert code == 3, err
        lost = [scene for scene, take in film.takes().items() if take.state is State.UNKNOWN]
        assert len(film.sandbox()["requests"]) <= 2 - len(lost), (
            "an unknown take that the sandbox has was parked"
        )
        assert film.run("reconcile", ".", *(f"--resend={scene}" for scene in lost))[0] == 0
    bought = film.sandbox()["requests"]
    takes = film.takes()
    assert {take.state for take in takes.values()} == {State.VERIFIED}
    assert sorted(row["request_id"] for row in bought) == sorted(t.request_id or "" for t in takes.values())
    assert len(bought) == 2
    assert (film.project / "cut.mp4").stat().st_size > 10_000
    asked = len(film.gate.asked)
    assert film.render()[0] == 0
    assert len(film.gate.asked) == asked, "a finished film asked for something"


POINTS: dict[str, Callable[[Asked], bool]] = {
    "initiate": lambda asked: "initiate" in asked.path,
    "put": lambda asked: asked.method == "PUT",
    "submit": lambda asked: asked.method == "POST" and asked.path.endswith("image-to-video"),
    "status": lambda asked: "/status" in asked.path,
    "result": lambda asked: (
        asked.method == "GET" and "/requests/" in asked.path and "status" not in asked.path
    ),
    "clip": lambda asked: asked.method == "GET" and asked.path.endswith(".mp4"),
}
SHORT_LIST = [("submit", "before"), ("submit", "after"), ("result", "after"), ("clip", "after")]
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
    with _film(tmp_path, drawn) as film:
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


def test_an_interrupt_in_the_middle_of_a_submit_keeps_its_answer(film: Film) -> None:
    process = film.start("render", ".", "--yes", STORYBOARD_CONCURRENCY="1")
    film.gate.strike = lambda: process.send_signal(signal.SIGINT)
    film.gate.strikes = lambda asked: "during" if POINTS["submit"](asked) else None
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert film.gate.submits == 1
    assert film.takes()["one"].state is State.SENT
    settled(film)


def test_no_terminal_and_no_yes_is_refused(film: Film, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_FAL_URL", film.gate.base_url)
    ended = run("render", film.project)
    assert (ended.code, film.gate.asked) == (3, [])
    assert "--yes" in ended.err
    assert "1.01 USD" in ended.err  # 2 × 3 s × 0.168
    assert "1 file(s) to upload" in ended.err
    assert "still.png" in ended.err


@pytest.mark.parametrize(
    ("more", "environment", "code", "words"),
    [
        (["--max-cost", "1.00"], {}, 3, "1.00"),
        ([], {"STORYBOARD_MAX_COST": "0.5"}, 3, "0.5"),
        ([], {"CI": "true"}, 3, "--max-cost"),
        ([], {"TF_BUILD": "True"}, 3, "--max-cost"),
        ([], {"JENKINS_URL": "https://ci.example"}, 3, "--max-cost"),
        (["--max-cost", "many"], {}, 2, "--max-cost"),
        ([], {"STORYBOARD_CONCURRENCY": "0"}, 2, "STORYBOARD_CONCURRENCY"),
        ([], {"STORYBOARD_FAL_URL": "http://fal.example"}, 2, "STORYBOARD_FAL_URL"),
        ([], {"STORYBOARD_FAL_URL": ""}, 4, "https://fal.ai/dashboard/keys"),
        ([], {"STORYBOARD_FAL_URL": "", "FAL_KEY": "canary1234:x\n"}, 4, "line break at the end"),
    ],
)
def test_what_is_refused_asks_nothing(
    film: Film,
    run: Any,
    monkeypatch: pytest.MonkeyPatch,
    more: list[str],
    environment: dict[str, str],
    code: int,
    words: str,
) -> None:
    for name, value in ({"STORYBOARD_FAL_URL": film.gate.base_url} | environment).items():
        monkeypatch.setenv(name, value)
    ended = run("render", film.project, "--yes", *more)
    assert ended.code == code, ended.err
    assert words in ended.err
    assert "canary" not in ended.out + ended.err
    assert film.gate.asked == []


def test_ci_spends_what_it_was_given(film: Film) -> None:
    code, _, err = film.render("--max-cost", "2", "--scene", "one", CI="1")
    assert code == 0, err
    assert film.sandbox()["submits"] == 1


def test_a_wrong_key_stops_with_one_paragraph(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn, keys_refused=True) as film:
        code, _, err = film.render()
        assert code == 4
        assert "invalid key credentials" in err
        assert film.gate.submits == 0


def test_an_exhausted_balance_stops(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn, balance=Decimal(0)) as film:
        code, _, err = film.render()
        assert (code, film.sandbox()["requests"]) == (4, [])
        assert "Exhausted balance" in err


def test_a_lost_answer_is_adopted_or_parked_and_counts_as_spent(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn, faults={"drop-after-accept": 1.0}, history_outage=True) as film:
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


def test_a_refusal_of_the_model_points_at_the_author(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn, faults={"422": 1.0}) as film:
        code, _, err = film.render()
        assert code == 4
        assert "storyboard.yaml:8:" in err
        assert "content checker" in err
        assert "may have been billed" in err
        before = film.sandbox()["submits"]
        assert film.render()[0] == 3  # never by itself
        assert film.sandbox()["submits"] == before == 2


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


def test_cancel_says_what_may_be_charged(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn) as film:
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
    with _film(tmp_path, drawn) as film:
        server = place_of(film.project, builtin=True).server
        shutil.copytree(drawn, server / "clips")
        code, out, err = film.run("render", ".", "--sandbox", STORYBOARD_FAL_URL="", CI="1")
        assert code == 0, err
        assert out.strip().endswith("cut.sandbox.mp4")
        assert not film.gate.asked
        assert not (film.project / ".storyboard" / "ledger.sqlite").exists()
        assert film.run("render", ".", "--sandbox", STORYBOARD_FAL_URL="")[0] == 0


def test_a_still_that_changed_after_the_plan_is_not_sent(bench: Any) -> None:
    from a_plan import plan, request

    from storyboard.errors import MediaError, Refused

    path = still(bench.project)
    planned = plan(request(bench.project))
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(Refused, match="changed after the plan"):
        bench.carry_out(planned, "http://127.0.0.1:9")
    (bench.project / "text.png").write_text("not a picture", encoding="utf-8")
    with pytest.raises(MediaError, match=r"storyboard\.yaml:7:3"):
        bench.carry_out(plan(request(bench.project, start="text.png")), "http://127.0.0.1:9")


def test_the_key_is_in_no_byte(tmp_path: Path, drawn: Path) -> None:
    with _film(tmp_path, drawn, faults={"422": 0.5, "drop-after-accept": 0.3}, seed=3) as film:
        key = "canaryid99:canarysecret77"
        said = film.render(FAL_KEY=key, STORYBOARD_SANDBOX_KEY=key)
        said += film.run("takes", ".", FAL_KEY=key)
        assert b"canary" not in "".join(map(str, said)).encode()
        for path in (*film.project.rglob("*"), *(tmp_path / "state").rglob("*")):
            if path.is_file():
                assert b"canary" not in path.read_bytes(), path
        sent = {asked.headers.get("authorization") for asked in film.gate.asked if asked.method == "PUT"}
        assert sent <= {None}
