"""The starters of `init`: without a warning, in the formatter's form, rehearsed to a film as long as they say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import pytest

from storyboard.cli.init import starters

FPS = 24


@dataclass(frozen=True)
class Starter:
    """`frames` are those of the rehearsed film: a clip of the sandbox has one more than its seconds."""

    total: str
    frames: int
    heard: bool = False


STARTERS = {
    "basic": Starter("1.68", (6 + 4) * FPS + 2),
    "blank": Starter("0.630", 5 * FPS + 1, heard=True),
    "dialogue": Starter("3.528", (9 + 5) * FPS + 2 - FPS // 2, heard=True),
    "product": Starter("3.108", (5 + 6 + 2) * FPS + 2),
    "music-video": Starter("2.856", 4 * 60 + 2 * 61, heard=True),
}


def test_none_is_forgotten() -> None:
    assert set(starters()) == set(STARTERS)


@pytest.fixture(params=STARTERS)
def project(request: pytest.FixtureRequest, tmp_path: Path, run: Callable) -> Path:
    assert run("init", tmp_path / "film", "--starter", request.param).code == 0
    return tmp_path / "film"


def test_nothing_is_wrong_with_it(project: Path, run: Callable, request: pytest.FixtureRequest) -> None:
    ran = run("check", project)
    assert (ran.code, ran.out) == (0, "")
    assert run("fmt", "--check", project).code == 0
    document = json.loads(run("estimate", project, "--format", "json").out)
    starter = STARTERS[request.node.callspec.params["project"]]
    assert (Fraction(document["total"]), document["unpriced"]) == (Fraction(starter.total), [])
    assert {".gitignore", ".gitattributes", "storyboard.schema.json"} <= {
        path.name for path in project.iterdir()
    }


@pytest.mark.long
def test_its_rehearsal(project: Path, run: Callable, request: pytest.FixtureRequest) -> None:
    starter = STARTERS[request.node.callspec.params["project"]]
    ran = run("render", project, "--sandbox")
    assert ran.code == 0, ran.err
    with av.open(str(project / "cut.sandbox.mp4"), format="mov") as film:
        assert sum(1 for _ in film.decode(video=0)) == starter.frames
        assert bool(film.streams.audio) == starter.heard


def test_a_starter_that_is_not_there_names_those_that_are(tmp_path: Path, run: Callable) -> None:
    ran = run("init", tmp_path, "--starter", "musicvideo")
    assert ran.code == 2
    assert "basic, blank, dialogue, music-video, product" in ran.err
