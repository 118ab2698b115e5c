"""A film that was rendered against the built-in sandbox, to be damaged: made once, copied for every test."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import still

from storyboard.cli import app
from storyboard.ledger.known import ledger_id
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.owner import accept
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord
from storyboard.ledger.store import Store
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

TEXT = """
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false, duration: 3, start_image: still.png}
scenes:
  - {id: one, prompt: a potter at the wheel}
  - {id: two, prompt: a bowl on the shelf}
"""


@dataclass(frozen=True)
class Bought:
    """`run` is the command line in this process; `says` its findings of doctor as (level, name, text)."""

    project: Path
    place: Place
    run: Callable[..., Any]

    @property
    def store(self) -> Store:
        return Store(self.place)

    def clip(self, scene: str = "one") -> Path:
        return self.store.path_of(self.take(scene).clip or "")

    def take(self, scene: str = "one") -> TakeRecord:
        return next(take for take in Ledger.open(self.place).takes() if take.scene == scene)

    def doctor(self, *more: str) -> tuple[int, dict[str, Any]]:
        ended = self.run("doctor", self.project, "--format", "json", *more)
        assert ended.out.startswith("{"), ended.err
        return ended.code, json.loads(ended.out)

    def broken(self, *more: str) -> tuple[int, list[str]]:
        """Exit code, and what is broken."""
        code, said = self.doctor(*more)
        return code, [f"{f['name']}: {f['text']}" for f in said["findings"] if f["level"] == "miss"]

    def warnings(self) -> list[str]:
        code, said = self.doctor()
        assert code == 0, said
        return [f"{f['name']}: {f['text']}" for f in said["findings"] if f["level"] == "warn"]

    def posts(self) -> int:
        """How many submits the built-in sandbox has ever had."""
        with running(SandboxSettings(state=self.place.server, latency=0.0)) as server:
            return int(httpx.get(f"{server.base_url}/_sandbox/ledger", trust_env=False).json()["submits"])

    def cut(self) -> bytes:
        """The film, joined anew."""
        film = self.project / "cut.sandbox.mp4"
        film.unlink(missing_ok=True)
        shutil.rmtree(self.project / ".storyboard" / "segments", ignore_errors=True)
        ended = self.run("cut", self.project, "--sandbox")
        assert ended.code == 0, ended.err
        return film.read_bytes()


@cache  # once a process, however many modules ask
def _rendered(folder: Path) -> Path:
    project = folder / "film"
    project.mkdir(parents=True)
    still(project)
    (project / "storyboard.yaml").write_text(TEXT, encoding="utf-8")
    assert app.run(["render", str(project), "--sandbox", "--quiet"]) == 0
    return project


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _rendered(tmp_path_factory.getbasetemp() / "bought")


@pytest.fixture
def bought(original: Path, tmp_path: Path, run: Callable[..., Any]) -> Bought:
    project = tmp_path / "film"
    shutil.copytree(original, project, symlinks=True)
    place = place_of(project, builtin=True)
    accept(ledger_id(place), project)
    return Bought(project, place, run)


def flipped(path: Path, position: int, bit: int = 0) -> None:
    """One bit of a file, as a disk might turn it."""
    path.chmod(0o600)
    data = bytearray(path.read_bytes())
    data[position] ^= 1 << bit
    path.write_bytes(data)


@contextmanager
def as_it_was(path: Path) -> Iterator[None]:
    """Whatever happens to a file within the block, it is put back."""
    whole, mode = path.read_bytes(), path.stat().st_mode
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        path.write_bytes(whole)
        path.chmod(mode)
