"""`cut`, `join` and `animatic` as a person runs them: files, words, exit codes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from asked_here import asked_here
from made_clips import make_clip, pictures
from PIL import Image

STORYBOARD = """\
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false}
scenes:
  - id: dawn
    start_image: dawn.png
    duration: 3
    prompt: {camera: static, subject_motion: the potter sits}
  - id: noon
    start_image: dawn.png
    duration: 3
    prompt: {camera: slow push, subject_motion: the cat looks up}
"""


def storyboard(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(arguments, *asked_here(*arguments))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    Image.new("RGB", (640, 360), (220, 120, 60)).save(folder / "dawn.png")
    (folder / "storyboard.yaml").write_text(STORYBOARD, encoding="utf-8")
    return folder


def test_join_writes_what_it_says(tmp_path: Path) -> None:
    clips = [make_clip(tmp_path / f"{n}.mp4", n, frames=25) for n in range(2)]
    done = storyboard("join", *clips, "-o", tmp_path / "film.mp4")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith("film.mp4: 2.08 s, 50 frames, 320x180, with sound")
    assert "copied without loss: 2 of 2" in done.stdout
    assert pictures(tmp_path / "film.mp4")[-1] == (1, 24)
    again = storyboard("join", *clips, "-o", tmp_path / "film.mp4", "--format", "json")
    document = json.loads(again.stdout)
    assert (document["written"], document["frames"], document["seconds"]) == (False, 50, "2.083")


def test_join_tells_why_it_encoded(tmp_path: Path) -> None:
    clips = [
        make_clip(tmp_path / "a.mp4", frames=25),
        make_clip(tmp_path / "b.mp4", 1, frames=25, size=(160, 90)),
    ]
    done = storyboard("join", *clips, "-o", tmp_path / "film.mp4", "--format", "json")
    reasons = {each["name"]: each["reason"] for each in json.loads(done.stdout)["encoded"]}
    assert reasons["b.mp4"] == "it is 160x90, the cut 320x180"


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"<html>", "web page"), (b"", "empty"), (None, "is not there"), (b"x" * 99, "not an MP4")],
)
def test_join_refuses_in_one_paragraph(content: bytes | None, told: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "b.mp4").write_bytes(content)
    clip = make_clip(tmp_path / "a.mp4", frames=25)
    done = storyboard("join", clip, tmp_path / "b.mp4", "-o", tmp_path / "film.mp4")
    assert done.returncode == 4
    assert done.stdout == ""
    assert "b.mp4" in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "film.mp4").exists()


def test_join_without_output_is_a_usage_error(tmp_path: Path) -> None:
    assert storyboard("join", make_clip(tmp_path / "a.mp4", frames=5)).returncode == 2


def test_animatic_and_cut_lie_beside_the_storyboard(project: Path) -> None:
    done = storyboard("animatic", project, "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert Path(document["output"]) == project / "animatic.mp4"
    assert (document["frames"], document["width"], document["height"], document["audio"]) == (
        144,
        1280,
        720,
        False,
    )
    cut = storyboard("cut", project)
    assert cut.returncode == 0, cut.stderr
    assert "no clip here, shown from stills: dawn, noon" in cut.stderr
    assert (project / "cut.mp4").stat().st_size > 10_000
    assert "unchanged" in storyboard("cut", project).stdout


def test_another_name_gives_another_name(project: Path) -> None:
    (project / "storyboard.yaml").rename(project / "teaser.yaml")
    assert storyboard("animatic", project / "teaser.yaml", "--scene", "noon").returncode == 0
    assert (project / "teaser.animatic.noon.mp4").exists()
    assert storyboard("animatic", project / "teaser.yaml").returncode == 0
    assert (project / "teaser.animatic.mp4").exists()


def test_a_film_of_the_person_is_not_overwritten(project: Path) -> None:
    make_clip(project / "animatic.mp4", frames=5)
    before = (project / "animatic.mp4").read_bytes()
    done = storyboard("animatic", project)
    assert done.returncode == 4
    assert "--force" in done.stderr
    assert (project / "animatic.mp4").read_bytes() == before
    assert storyboard("animatic", project, "--force").returncode == 0


def test_a_missing_still_is_a_card_in_the_animatic(project: Path) -> None:
    (project / "dawn.png").unlink()
    done = storyboard("animatic", project)
    assert done.returncode == 0, done.stderr
    assert "dawn.png" in done.stderr
