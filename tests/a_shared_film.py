"""A film that was bought of fal on one machine, and the machine of a colleague who has cloned it."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from a_shared_store import machine, stored
from asked_here import asked_here
from bought_film import requests_of, take_of
from made_clips import make_clip

from storyboard.ledger.bucket import bucket_of
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.keep import keep_lock
from storyboard.ledger.place import Place
from storyboard.ledger.store import Store

SCENES = ("dawn", "noon", "dusk", "night")
FILM = """\
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false, duration: 3}
scenes:
  - {id: dawn, prompt: a potter at dawn}
  - {id: noon, prompt: a potter at noon}
  - {id: dusk, prompt: a potter at dusk}
  - {id: night, prompt: an empty studio}
cut: {order: [noon, dawn, dusk]}
"""


@dataclass
class Machine:
    """One person's: a clone, and a home of its own. `clips` by scene."""

    project: Path
    place: Place
    home: Path
    clips: dict[str, str]

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        bucket_of.cache_clear()  # as a process of its own, which knows nothing of the store
        there = {"XDG_STATE_HOME": str(self.home), **environment}
        return asked_here(*arguments, cwd=self.project, environment=there)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storyboard", *arguments],
            cwd=self.project,
            env={**os.environ, "XDG_STATE_HOME": str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def decisions(self) -> dict[str, tuple[str, str]]:
        code, out, err = self.run("plan", ".", "--format", "json")
        assert code == 0, err
        return {step["scene"]: (step["decision"], step["reason"]) for step in json.loads(out)["steps"]}

    def here(self) -> set[str]:
        """The scenes whose clips are here."""
        names = Store(self.place).names()
        return {scene for scene, clip in self.clips.items() if clip in names}


@pytest.fixture(scope="session")
def four_clips(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    folder = tmp_path_factory.mktemp("four")
    clips = [make_clip(folder / f"{n}.mp4", n, frames=73, size=(96, 54), sound=False) for n in range(4)]
    return [clip.read_bytes() for clip in clips]


def as_large_as(data: bytes, size: int) -> bytes:
    """The same clip with room at its end, which players skip."""
    return data + struct.pack(">I4s", size - len(data), b"free") + bytes(size - len(data) - 8)


@pytest.fixture
def bought(tmp_path: Path, four_clips: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine that bought all four scenes; the lock says so."""
    return a_bought_film(tmp_path, four_clips, monkeypatch)


def a_bought_film(tmp_path: Path, clips_of_it: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Machine:
    project, home = tmp_path / "project", tmp_path / "home"
    project.mkdir()
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    (project / "storyboard.toml").write_text("", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(home))
    place = machine(project)
    ledger, clips = Ledger.open(place), {}
    for request, data in zip(requests_of(project), clips_of_it, strict=True):
        clip = clips[request.scene] = stored(place, data)
        url = f"https://v3b.fal.media/files/{request.scene}.mp4"
        ledger.admit(take_of(request, clip=clip, clip_url=url), "by a test")
    keep_lock(place, ledger)
    return Machine(project, place, home, clips)


@pytest.fixture
def colleague(bought: Machine, tmp_path: Path) -> Machine:
    return cloned(bought, tmp_path / "colleague")


def cloned(bought: Machine, folder: Path) -> Machine:
    """By git, with what is committed and nothing else."""
    run = ["git", "-c", "user.name=mara", "-c", "user.email=mara@example.org"]
    if not (bought.project / ".git").exists():
        for words in ("init -q", "add storyboard.yaml storyboard.toml storyboard.lock", "commit -qm ."):
            subprocess.run([*run, *words.split()], cwd=bought.project, check=True)
    subprocess.run([*run, "clone", "-q", str(bought.project), str(folder / "project")], check=True)
    return Machine(folder / "project", machine(folder / "project"), folder / "home", bought.clips)
