"""A film of two scenes rendered by real processes, against a sandbox behind a gate that can strike them. What only asks
is asked here."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import still
from asked_here import asked_here
from kept_rows import witness_of
from msgspec.structs import replace
from rude_server import Asked
from toll_gate import Gate, toll_gate

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

# Two takes of one request: equal bodies, so the sandbox draws one clip, and a lost answer has two candidates.
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

SENDING = ("render", "take", "voice", "reconcile")  # after a kill they begin as late as people do


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
        """What may send is a process of its own."""
        if arguments[0] not in SENDING:
            here = {"STORYBOARD_FAL_URL": self.gate.base_url, **environment}
            return asked_here(*arguments, cwd=self.project, environment=here)
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


@cache  # once a process, however many modules ask
def _drawn(folder: Path) -> Path:
    folder.mkdir()
    with filmed(folder) as film:
        code, _, err = film.render()
        assert code == 0, err
    return folder / "state" / "clips"


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clips that the sandbox has drawn for TWO: drawing them again for every test would take minutes."""
    return _drawn(tmp_path_factory.getbasetemp() / "drawn")


@contextmanager
def filmed(folder: Path, clips: Path | None = None, **settings: Any) -> Iterator[Film]:
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
        server.sandbox.settings = replace(server.sandbox.settings, watched_ledger=witness_of(place))
        yield Film(project, gate, place)


@pytest.fixture
def film(tmp_path: Path, drawn: Path) -> Iterator[Film]:
    with filmed(tmp_path, drawn) as made:
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
