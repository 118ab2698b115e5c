"""`storyboard export` as people run it: what was rehearsed, handed over; where the files go; what is refused."""

from __future__ import annotations

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import opentimelineio
import pytest

FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false}
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 1, prompt: "the potter sits, static"}
      - {id: close, duration: 2, prompt: "her hands, slow push"}
  - {id: tea, duration: 3, prompt: "a cup fills, static"}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return tmp_path


def test_what_was_rehearsed_is_handed_over(project: Path, run: Callable[..., Any]) -> None:
    ended = run("render", project, "--sandbox")
    assert ended.code == 0, ended.err
    ended = run("export", project, "--sandbox")
    assert ended.code == 0, ended.err
    path = project / "cut.sandbox.otio"
    assert ended.out == f"{path}: 3 shots, 146 frames at 24\n"
    film = opentimelineio.adapters.read_from_file(str(path))
    assert film.duration().value == 146
    clips = list(film.video_tracks()[0].find_clips())
    assert [clip.name for clip in clips] == ["dawn.wide", "dawn.close", "tea"]
    for clip in clips:
        assert Path(clip.media_reference.target_url.removeprefix("file://")).is_file()
        assert clip.metadata["storyboard"]["request_id"]
    assert run("export", project, "--sandbox").out.startswith(f"{path}: unchanged")


def test_before_anything_is_shot(project: Path, run: Callable[..., Any]) -> None:
    ended = run("export", project, "--format", "csv")
    assert ended.code == 0, ended.err
    assert "no clip yet, left as gaps: dawn, tea" in ended.err
    assert (project / "cut.csv").read_text(encoding="utf-8-sig").count("\n") == 4
    assert run("export", project, "-o", project / "part.srt", "--scene", "tea").code == 0


def test_a_name_that_says_no_format(project: Path, run: Callable[..., Any]) -> None:
    ended = run("export", project, "-o", project / "film.mp4")
    assert (ended.code, ".fcpxml" in ended.err) == (2, True)


def test_an_edited_file_is_left_alone(project: Path, run: Callable[..., Any]) -> None:
    (project / "cut.edl").write_text("mine", encoding="utf-8")
    ended = run("export", project, "--format", "edl")
    assert (ended.code, "--force" in ended.err) == (2, True)
    assert (project / "cut.edl").read_text(encoding="utf-8") == "mine"
    assert run("export", project, "--format", "edl", "--force").code == 0


MUSIC = """
cut:
  order: [tea, dawn.close, {scene: tea, in: 1}]
  transitions: [{from: tea, to: dawn.close, kind: fade-white, duration: 0.5}]
  title: {text: "Mud & <glaze>", duration: 2}
  sound: [{file: song.wav, at: dawn, gain: -12}]
"""


def song(path: Path, seconds: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * seconds))


@pytest.mark.long
def test_cards_music_and_an_order_are_handed_over(project: Path, run: Callable[..., Any]) -> None:
    (project / "storyboard.yaml").write_text(FILM + MUSIC, encoding="utf-8")
    song(project / "song.wav", 1)
    assert run("render", project, "--sandbox").code == 0
    for form in ("otio", "otioz", "edl", "fcp7", "fcpxml", "csv", "srt", "vtt"):
        ended = run("export", project, "--sandbox", "--format", form)
        assert ended.code == 0, ended.err
        assert "4 shots, 219 frames at 24" in ended.out
    film = opentimelineio.adapters.read_from_file(str(project / "cut.sandbox.otioz"))
    assert [clip.name for clip in film.video_tracks()[0].find_clips()] == [
        "title card",
        "tea",
        "dawn.close",
        "tea",
    ]
    [music] = film.audio_tracks()
    [clip] = music.find_clips()
    assert (clip.source_range.duration.value, music.range_of_child(clip).start_time.value) == (24, 48 + 73)


def test_a_bundle_without_its_music_is_refused(project: Path, run: Callable[..., Any]) -> None:
    (project / "storyboard.yaml").write_text(FILM + MUSIC, encoding="utf-8")
    ended = run("export", project, "--format", "otioz")
    assert (ended.code, "song.wav" in ended.err) == (4, True), ended.err
    assert "Traceback" not in ended.err
    assert not (project / "cut.otioz").exists()
