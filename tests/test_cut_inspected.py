"""What `cut`, `render`, `export` and `join` say about the clips, as a person runs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from films_with_cuts import Film, Take, hand, light, view
from made_clips import make_clip, pictures

FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 1, prompt: "the potter sits, static"}
      - {id: close, duration: 2, prompt: "her hands, slow push"}
  - {id: tea, duration: 3, prompt: "a cup fills, static"}
"""
SAID = (
    "dawn.close: begins at frame 27, 3 frames later than written",
    "dawn.close: is black from 00:00:01:22 to 00:00:02:12 of its clip",
    "dawn: has no sound, which was asked for",
)
Run = Callable[..., Any]


def shot_badly(path: Path) -> Path:
    """Of 73 frames, 46 to 59 black."""
    moving = hand(0.006)
    takes = (
        Take(view(1), 27, moving),
        Take(view(2), 19, moving),
        Take(view(2), 14, moving, [light(0)]),
        Take(view(2), 13, moving),
    )
    return Film(takes).write(path)


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    clip = shot_badly(tmp_path / "badly.mp4")
    ended = run("take", "add", tmp_path, "dawn", clip)
    assert ended.code == 0, ended.err
    return tmp_path


def test_a_cut_says_what_is_to_be_seen_in_its_clips(project: Path, run: Run) -> None:
    ended = run("cut", project)
    assert ended.code == 0, ended.err
    assert [line for line in ended.err.splitlines() if line in SAID] == list(SAID)
    again = run("cut", project)
    assert "unchanged" in again.out
    assert [line for line in again.err.splitlines() if line in SAID] == list(SAID)


def test_scripts_get_it_in_the_document_and_nothing_beside(project: Path, run: Run) -> None:
    ended = run("cut", project, "--format", "json")
    told = json.loads(ended.out)["remarks"]
    assert [(each["scene"], each["shot"], each["kind"], each["first"], each["end"]) for each in told] == [
        ("dawn", "close", "late", 24, 27),
        ("dawn", "close", "black", 46, 60),
        ("dawn", None, "silent", 0, 73),
    ]
    assert not any(line in ended.err for line in SAID)


def test_a_cut_that_is_not_to_look(project: Path, run: Run) -> None:
    ended = run("cut", project, "--no-inspect")
    assert not any(line in ended.err for line in SAID)
    quiet = run("cut", project, "--no-inspect", "--format", "json")
    assert json.loads(quiet.out)["remarks"] is None, "not looked for is not the same as nothing found"
    assert run("cut", project, "--no-inspect").out == run("cut", project).out, "the film is the same"


def test_the_hand_off_has_the_same_ranges_and_remarks(project: Path, run: Run) -> None:
    ended = run("export", project, "--format", "csv")
    assert [line for line in ended.err.splitlines() if line in SAID] == list(SAID)
    rows = (project / "cut.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(rows) == 4
    assert "00:00:01:03" in rows[1], "the first shot ends where the second really begins"


@pytest.mark.long
def test_a_render_says_it_too(tmp_path: Path, run: Run) -> None:
    """The look-alike draws both shots from one still, and does not move a static camera."""
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ended = run("render", tmp_path, "--sandbox")
    assert ended.code == 0, ended.err
    said = [
        line for line in ended.err.splitlines() if "stands still" in line or "no cut is to be seen" in line
    ]
    assert said, ended.err
    assert "these are remarks on what the look-alike drew" in ended.err
    told = json.loads(run("render", tmp_path, "--sandbox", "--format", "json").out)
    assert sorted(
        f"{each['scene']}.{each['shot'] or ''}".strip(".") + f": {each['words']}" for each in told["remarks"]
    ) == sorted(said)


def test_many_remarks_are_cut_short(tmp_path: Path, run: Run) -> None:
    scenes = "\n".join(f"  - {{id: s{n}, duration: 3, prompt: a cup}}" for n in range(14))
    (tmp_path / "storyboard.yaml").write_text(
        f"storyboard: 1\nendpoint: kling-v3-standard-text\ndefaults: {{generate_audio: false}}\nscenes:\n{scenes}\n",
        encoding="utf-8",
    )
    for number in range(14):
        clip = make_clip(tmp_path / f"{number}.mp4", number, frames=24, sound=False)
        assert run("take", "add", tmp_path, f"s{number}", clip).code == 0
    ended = run("cut", tmp_path)
    said = [line for line in ended.err.splitlines() if line.startswith("s") and ": " in line]
    assert len(said) == 12
    assert "more: --format json" in ended.err
    assert len(json.loads(run("cut", tmp_path, "--format", "json").out)["remarks"]) >= 14


def test_join_looks_only_when_asked_to(tmp_path: Path, run: Run) -> None:
    clips = [shot_badly(tmp_path / "badly.mp4"), make_clip(tmp_path / "b.mp4", frames=25, loud=0)]
    film = tmp_path / "film.mp4"
    ended = run("join", *clips, "-o", film, "--format", "json")
    assert json.loads(ended.out)["remarks"] is None
    assert not list((tmp_path / ".storyboard" / "segments").glob("*.json")), "nothing is measured"
    ended = run("join", *clips, "-o", film, "--inspect")
    said = ended.err.splitlines()
    assert "badly.mp4: is black from 00:00:01:22 to 00:00:02:12 of its clip" in said
    assert "b.mp4: nothing is to be heard in its sound" in said
    told = json.loads(run("join", *clips, "-o", film, "--inspect", "--format", "json").out)["remarks"]
    assert ("badly.mp4", "black", 46, 60) in [
        (each["clip"], each["kind"], each["first"], each["end"]) for each in told
    ]


def test_looking_changes_nothing_of_the_film(tmp_path: Path, run: Run) -> None:
    clips = [make_clip(tmp_path / f"{n}.mp4", n, frames=25) for n in range(2)]
    assert run("join", *clips, "-o", tmp_path / "a.mp4", "--inspect").code == 0
    assert run("join", *clips, "-o", tmp_path / "b.mp4").code == 0
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    assert pictures(tmp_path / "a.mp4")[-1] == (1, 24)
