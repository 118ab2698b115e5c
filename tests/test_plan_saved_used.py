"""A saved plan carried out against a real sandbox: interrupted it goes on, and it is used once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from toll_gate import Gate, toll_gate

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

ALIKE = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false, duration: 3, prompt: a potter at the wheel}
scenes: [{id: one}, {id: two, take: 2}]
"""


@contextmanager
def place(folder: Path, clips: Path | None = None) -> Iterator[tuple[Path, Gate]]:
    """A film of two takes of one request, and a sandbox behind a gate."""
    import shutil

    project = folder / "project"
    project.mkdir(parents=True)
    (project / "storyboard.yaml").write_text(ALIKE, encoding="utf-8")
    if clips is not None:
        shutil.copytree(clips, folder / "state" / "clips")
    with (
        running(SandboxSettings(state=folder / "state", latency=0.0)) as server,
        toll_gate(server.base_url) as gate,
    ):
        yield project, gate


def started(project: Path, gate: Gate, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "storyboard", *arguments],
        cwd=project,
        env={**os.environ, "STORYBOARD_FAL_URL": gate.base_url, "STORYBOARD_CONCURRENCY": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(project: Path, gate: Gate, *arguments: str) -> tuple[int, str]:
    with started(project, gate, *arguments) as process:
        _, err = process.communicate(timeout=90)
    assert process.returncode != 70, err
    return process.returncode, err


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip, drawn once."""
    folder = tmp_path_factory.mktemp("drawn")
    with place(folder) as (project, gate):
        only = ALIKE.replace(", {id: two, take: 2}", "")
        (project / "storyboard.yaml").write_text(only, encoding="utf-8")
        code, err = ended(project, gate, "render", ".", "--yes")
        assert code == 0, err
    return folder / "state" / "clips"


@pytest.mark.long
def test_interrupted_it_goes_on_and_carried_out_it_is_used(
    tmp_path: Path, drawn: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, drawn) as (project, gate):
        monkeypatch.setenv("STORYBOARD_FAL_URL", gate.base_url)
        plan = project / "p.json"
        assert run("plan", project, "-o", plan).code == 0
        process = started(project, gate, "render", "p.json", "--yes")
        gate.strike = process.kill
        gate.strikes = lambda asked: "after" if "/status" in asked.path else None
        process.communicate(timeout=90)
        assert process.returncode == -signal.SIGKILL
        assert gate.submits == 1
        # The same storyboard, changed in the middle: refused, and what was begun waits.
        text = (project / "storyboard.yaml").read_text(encoding="utf-8")
        (project / "storyboard.yaml").write_text(text.replace("potter", "cat"), encoding="utf-8")
        assert run("render", plan, "--yes").code == 3
        assert gate.submits == 1
        (project / "storyboard.yaml").write_text(text, encoding="utf-8")
        code, err = ended(project, gate, "render", "p.json", "--yes")
        assert code == 0, err
        assert gate.submits == 2
        assert (project / "cut.mp4").is_file()
        asked = len(gate.asked)
        again = run("render", plan, "--yes")
        assert again.code == 3
        assert "was carried out to its end at 20" in again.err
        assert len(gate.asked) == asked
        server = httpx.get(f"{gate.sandbox}/_sandbox/ledger", trust_env=False).json()
        assert server["submits"] == 2


@pytest.mark.long
def test_two_who_carry_out_one_plan_buy_each_clip_once(tmp_path: Path, drawn: Path) -> None:
    with place(tmp_path, drawn) as (project, gate):
        assert ended(project, gate, "plan", ".", "-o", "p.json")[0] == 0
        both = [started(project, gate, "render", "p.json", "--yes") for _ in range(2)]
        said = [process.communicate(timeout=90)[1] for process in both]
        assert {process.returncode for process in both} <= {0, 3}, said
        assert 0 in {process.returncode for process in both}, said
        assert gate.submits == 2


def test_what_another_run_bought_stops_a_plan_that_was_not_begun(
    tmp_path: Path, drawn: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, drawn) as (project, gate):
        monkeypatch.setenv("STORYBOARD_FAL_URL", gate.base_url)
        plan, nothing = project / "p.json", project / "nothing.json"
        assert run("plan", project, "-o", plan).code == 0
        code, err = ended(project, gate, "render", ".", "--yes", "--select", "scene:two")
        assert code == 0, err
        assert "shown from stills: one" in err, "the cut is of the whole film"
        refused = run("render", plan, "--yes")
        assert refused.code == 3
        assert "take 2 of two was bought meanwhile" in refused.err
        # A plan that buys nothing may be carried out again and again.
        assert run("plan", project, "--scene", "two", "-o", nothing).code == 0
        for _ in range(2):
            assert run("render", nothing).code == 0
        assert gate.submits == 1
    ledger = Ledger.open(place_of(project, gate.base_url))
    assert [take.scene for take in ledger.takes()] == ["two"]
