"""A film whose first scene was shot, by commands in this process; and how it is looked at afterwards."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import pytest
from a_gated_film import Film
from a_plan import still
from kept_rows import witness_of
from msgspec.structs import replace
from toll_gate import toll_gate

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

ONE = """# the film
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false, duration: 3, start_image: still.png}
scenes:
  - id: one  # the first
    prompt: a potter at the wheel, static
  - {id: two, prompt: "a potter at the wheel, static", take: 7}
"""


@dataclass
class Here(Film):
    """A project whose commands run in this process, where starting one is not what is looked at."""

    command: Callable[..., Any] = field(default=lambda *_: None)
    watch: Callable[[Place], None] = field(default=lambda _: None)  # whose ledger the sandbox looks into

    def run(self, *arguments: str, **environment: str) -> tuple[int, str, str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.project)
            for name, value in {"STORYBOARD_FAL_URL": self.gate.base_url, **environment}.items():
                patch.setenv(name, value)
            ran = self.command(*arguments)
        assert "bug of ours" not in ran.err, ran.err
        return ran.code, ran.out, ran.err


@pytest.fixture
def film(tmp_path: Path, drawn: Path, run: Callable[..., Any]) -> Iterator[Here]:
    """A film of which scene one was shot; the sandbox has drawn its clip before."""
    project = tmp_path / "project"
    project.mkdir()
    still(project)
    (project / "storyboard.yaml").write_text(ONE, encoding="utf-8")
    shutil.copytree(drawn, tmp_path / "state" / "clips")
    settings = SandboxSettings(state=tmp_path / "state", latency=0.0)
    with running(settings) as server, toll_gate(server.base_url) as gate:
        place = place_of(project, gate.base_url)

        def watch(place: Place) -> None:
            server.sandbox.settings = replace(server.sandbox.settings, watched_ledger=witness_of(place))

        watch(place)
        made = Here(project, gate, place, run, watch)
        code, _, err = made.render("--scene", "one")
        assert code == 0, err
        yield made
        assert not server.sandbox.state.unannounced, "a submit arrived whose intent was not on the disk"


def text(film: Here) -> str:
    return (film.project / "storyboard.yaml").read_bytes().decode()


def rewrite(film: Here, old: str, new: str) -> None:
    assert old in text(film)
    (film.project / "storyboard.yaml").write_bytes(text(film).replace(old, new).encode())


def known(film: Here) -> list[TakeRecord]:
    return list(Ledger.open(film.place).takes())


def bought(film: Here) -> int:
    return film.sandbox()["submits"]


def plan(film: Here, *more: str) -> dict[str, Any]:
    code, out, err = film.run("plan", ".", "--format", "json", "--scene", "one", *more)
    assert code == 0, err
    return json.loads(out)["steps"][0]


def cut(film: Here) -> Path:
    code, _, err = film.run("cut", ".", "--scene", "one")
    assert code == 0, err
    return film.project / "cut.one.mp4"


def colour(path: Path) -> tuple[int, ...]:
    """The mean colour of a film's first frame."""
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="rgb24")
    return tuple(int(value) for value in frame.mean(axis=(0, 1)))
