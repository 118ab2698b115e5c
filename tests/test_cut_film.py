"""A whole film as a person cuts it: order, trims, cards, slates, burn-ins, music, loudness. Real clips, real files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from asked_here import asked_here
from made_clips import make_clip, numbers, wave_of

from storyboard.media.ffmpeg import binary, decode_errors

STORYBOARD = """\
storyboard: 1
title: The heron
endpoint: kling-v3-standard-text
defaults: {in: 0.25}
elements:
  ann: {name: Ann, description: a keeper}
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 2, prompt: a heron}
      - {id: close, duration: 2, prompt: "@ann looks on", dialogue: ["ann: there it goes"]}
  - {id: pond, duration: 3, out: 2.5, prompt: the pond}
cut:
  order: [pond, dawn, {scene: dawn.close, in: 0.5, out: 1.5}]
  transitions:
    - {from: pond, to: dawn, kind: dissolve, duration: 0.5}
    - {from: dawn, to: dawn.close, kind: fade-black, duration: 0.5}
"""
LENGTHS = {"dawn": 97, "pond": 73}  # frames, a second's more than asked
BODY = (60 - 6) + (97 - 6) - 12 + 24  # frames of the film without cards


def storyboard(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(arguments, *asked_here(*arguments))


def told(*arguments: object) -> dict[str, object]:
    done = storyboard("cut", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    document: dict[str, object] = json.loads(done.stdout)
    return document


@pytest.fixture
def film(tmp_path: Path) -> Path:
    (tmp_path / "storyboard.yaml").write_text(STORYBOARD, encoding="utf-8")
    for number, (scene, frames) in enumerate(LENGTHS.items()):
        clip = make_clip(tmp_path / f"{scene}.mp4", number, frames=frames, options={"g": "24"})
        assert storyboard("take", "add", tmp_path, scene, clip).returncode == 0
    return tmp_path


def also(film: Path, lines: str) -> None:
    with (film / "storyboard.yaml").open("a", encoding="utf-8") as file:
        file.write(lines)


def shown(path: Path) -> list[tuple[int, int]]:
    with av.open(str(path), "r", format="mov") as container:
        return [numbers(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)]


def test_the_frames_are_those_of_the_edit(film: Path) -> None:
    document = told(film)
    assert (document["frames"], document["written"]) == (BODY, True)
    seen = shown(film / "cut.mp4")
    assert seen[:42] == [(1, frame) for frame in range(6, 48)]
    assert seen[54:127] == [(0, frame) for frame in range(18, 91)]
    assert seen[-18:] == [(0, frame) for frame in range(48 + 12 + 6, 48 + 36)]
    assert told(film)["written"] is False


def test_nothing_of_the_cut_changes_what_is_bought(film: Path) -> None:
    before = storyboard("expand", film).stdout
    text = (film / "storyboard.yaml").read_text(encoding="utf-8")
    plain = re.sub(r"cut:.*", "", text, flags=re.DOTALL).replace("defaults: {in: 0.25}\n", "")
    (film / "storyboard.yaml").write_text(plain.replace(", out: 2.5", ""), encoding="utf-8")
    after = storyboard("expand", film).stdout
    assert [each["digest"] for each in json.loads(before)["requests"]] == [
        each["digest"] for each in json.loads(after)["requests"]
    ]


def test_cards_stand_before_and_behind(film: Path) -> None:
    also(
        film, "  title: {text: The heron, subtitle: a film, duration: 1}\n  end: {text: Fin, duration: 0.5}\n"
    )
    assert told(film)["frames"] == 24 + BODY + 12
    with av.open(str(film / "cut.mp4")) as container:
        light = [frame.to_ndarray(format="gray").max() for frame in container.decode(video=0)]
    assert light[0] < 40  # the ground
    assert light[12] > 150  # words
    assert light[-1] < 40
    assert decode_errors(film / "cut.mp4") == ""


@pytest.mark.long
def test_slates_stand_before_each_piece_and_there_are_no_transitions(film: Path) -> None:
    assert told(film, "--slates", "-o", film / "slated.mp4")["frames"] == 3 * 24 + BODY + 12
    seen = shown(film / "slated.mp4")
    assert seen[24:78] == [(1, frame) for frame in range(6, 60)]


@pytest.mark.long
def test_what_is_burnt_in_lies_at_its_frames(film: Path) -> None:
    told(film, "--burn-in", "scene,shot,take,timecode", "-o", film / "burnt.mp4")
    told(film, "-o", film / "plain.mp4")
    with av.open(str(film / "burnt.mp4")) as one, av.open(str(film / "plain.mp4")) as other:
        pairs = zip(one.decode(video=0), other.decode(video=0), strict=True)
        apart = [
            np.abs(a.to_ndarray(format="gray").astype(int) - b.to_ndarray(format="gray").astype(int))
            for a, b in pairs
        ]
    assert len(apart) == BODY
    assert all(frame[-40:].mean() > 2 for frame in apart)  # the timecode
    assert all(frame[60:120].mean() < 3 for frame in apart)  # the picture between
    done = storyboard("cut", film, "--burn-in", "scene,director")
    assert done.returncode == 2
    assert "--burn-in takes scene, shot, take, timecode, not director." in done.stderr


def test_music_is_heard_low_under_dialogue_at_the_loudness_asked_for(film: Path) -> None:
    (film / "music").mkdir()
    command = [
        *(binary(), "-v", "error", "-f", "lavfi", "-i", "sine=f=500:r=44100", "-t", "20", "-ac", "2"),
        film / "music" / "theme.mp3",
    ]
    subprocess.run(command, check=True)
    also(
        film,
        "  loudness: -23\n  sound:\n"
        "    - {file: music/theme.mp3, at: pond, from: 1, gain: -6, fade_in: 0.5, duck: 18}\n",
    )
    told(film)
    wave = wave_of(film / "cut.mp4")
    assert abs(wave.size / 48_000 - BODY / 24) < 1 / 24
    before, under = (np.abs(wave[round(at * 48_000) :][:9_600]).std() for at in (1.0, 4.5))
    assert 5 < before / under < 12  # 18 dB are 8
    assert abs(loudness(film / "cut.mp4") + 23) < 0.6


def loudness(path: Path) -> float:
    """In LUFS, as ffmpeg's own meter has it."""
    command = [
        binary(),
        "-hide_banner",
        "-nostats",
        "-i",
        path,
        "-af",
        "ebur128=framelog=quiet",
        "-f",
        "null",
        "-",
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"I:\s+(-?[\d.]+) LUFS", text)[-1])


def test_a_missing_sound_file_is_named(film: Path) -> None:
    also(film, "  sound:\n    - {file: music/theme.mp3}\n")
    done = storyboard("cut", film)
    assert done.returncode == 4
    assert "The sound file music/theme.mp3 can't be used: there is no such file." in done.stderr
    assert not (film / "cut.mp4").exists()


@pytest.mark.long
def test_a_part_of_the_film_has_its_own_name_and_no_music(film: Path) -> None:
    also(film, "  title: The heron\n  sound:\n    - {file: music/theme.mp3}\n")
    document = told(film, "--scene", "dawn")
    assert document["frames"] == (97 - 6) + 24
    assert Path(str(document["output"])).name == "cut.dawn.mp4"


@pytest.mark.long
def test_sound_without_pictures_is_sound_whatever_its_file_is_called(film: Path) -> None:
    command = [
        *(binary(), "-v", "error", "-f", "lavfi", "-i", "sine=f=500:r=48000", "-t", "3"),
        film / "a.m4a",
    ]
    subprocess.run(command, check=True)
    also(film, "  sound:\n    - {file: a.m4a}\n")
    assert told(film)["written"] is True


@pytest.mark.long
def test_the_film_does_not_overwrite_its_music(film: Path) -> None:
    assert told(film, "-o", film / "film.mp4")["written"] is True
    before = (film / "film.mp4").read_bytes()
    also(film, "  sound:\n    - {file: film.mp4}\n")
    done = storyboard("cut", film, "-o", film / "film.mp4")
    assert (done.returncode, "film.mp4 is one of the sounds" in done.stderr) == (2, True)
    assert (film / "film.mp4").read_bytes() == before


def test_a_clip_that_is_gone_is_told_from_one_that_was_never_shot(film: Path) -> None:
    [clip] = [
        path
        for path in (film / ".storyboard" / "clips").rglob("*.mp4")
        if path.read_bytes() == (film / "pond.mp4").read_bytes()
    ]
    clip.unlink()
    done = storyboard("cut", film, "--no-inspect")
    assert done.returncode == 0
    assert "no clip here, shown from stills: pond" in done.stderr
    assert "pond: take 1 was bought, but its clip is gone" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_a_pipe_at_the_output_is_not_waited_for(film: Path) -> None:
    os.mkfifo(film / "pipe.mp4")
    done = storyboard("cut", film, "--no-inspect", "-o", film / "pipe.mp4")
    assert done.returncode == 4
    assert "was not made here" in done.stderr
