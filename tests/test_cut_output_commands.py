"""`-o` with any ending, `--codec`, `--preview`, room on the disk: as a person runs them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import av
import pytest
from a_master import make_master
from asked_here import asked_here
from made_clips import make_clip, numbers, pictures
from PIL import Image
from small_disk import small_disk

STORYBOARD = """\
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: true}
cut: {size: 320x180}
scenes:
  - id: dawn
    start_image: dawn.png
    duration: 3
    prompt: {camera: static, subject_motion: the potter sits}
"""


def storyboard(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(arguments, *asked_here(*arguments))


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Two that are alike and one that is not."""
    folder = tmp_path_factory.mktemp("clips")
    alike = [make_clip(folder / f"{n}.mp4", n, frames=25) for n in range(2)]
    return [*alike, make_clip(folder / "2.mp4", 2, frames=25, size=(160, 90))]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    Image.new("RGB", (640, 360), (220, 120, 60)).save(folder / "dawn.png")
    (folder / "storyboard.yaml").write_text(STORYBOARD, encoding="utf-8")
    return folder


def seen(path: Path, demuxer: str) -> list[tuple[int, int]]:
    with av.open(str(path), "r", format=demuxer) as film:
        return [numbers(frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)]


@pytest.mark.parametrize(
    ("name", "options", "demuxer", "told"),
    [
        ("film.mkv", [], "matroska", "copied without loss: 2 of 2 clips"),
        ("film.webm", [], "matroska", "encoded once more: VP9 and Opus"),
        ("film.gif", [], "gif", "25 frames"),
        ("film.mov", ["--codec", "prores"], "mov", "encoded once more: ProRes 422 HQ and PCM"),
    ],
)
def test_the_ending_chooses_the_form(
    name: str, options: list[str], demuxer: str, told: str, clips: list[Path], tmp_path: Path
) -> None:
    film = tmp_path / name
    command = ("join", *clips[:2], "-o", film, *options)
    done = storyboard(*command)
    assert done.returncode == 0, done.stderr
    assert "2.08 s, 50 frames, 320x180" in done.stdout
    assert told in done.stdout or demuxer == "gif"
    every = [(clip, frame) for clip in range(2) for frame in range(25)]
    assert seen(film, demuxer) == (every[::2] if demuxer == "gif" else every)
    before = (film.stat().st_mtime_ns, film.read_bytes())
    again = storyboard(*command, "--format", "json")
    assert json.loads(again.stdout)["written"] is False
    assert json.loads(again.stdout)["frames"] == 50
    assert (film.stat().st_mtime_ns, film.read_bytes()) == before
    assert [path.name for path in (tmp_path / ".storyboard").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name", ["film.mkv", "film.webm", "film.gif", "film.mov"])
def test_what_was_not_made_here_is_left_what_was_is_replaced(
    name: str, clips: list[Path], tmp_path: Path
) -> None:
    film = tmp_path / name
    film.write_bytes(b"\x1aE\xdf\xa3 a film of the person")
    done = storyboard("join", clips[0], "-o", film)
    assert done.returncode == 4
    assert "--force" in done.stderr
    assert film.read_bytes() == b"\x1aE\xdf\xa3 a film of the person"
    assert storyboard("join", clips[0], "-o", film, "--force").returncode == 0
    ours = film.read_bytes()
    assert storyboard("join", clips[1], "-o", film).returncode == 0
    assert film.read_bytes() != ours


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        ("film.avi", [], "name it .mp4, .m4v or .mov"),
        ("film.mp4", ["--codec", "prores"], "name the film .mov or .mkv"),
        ("film.mp4", ["--codec", "divx"], "choose one of h264, vp9, gif, prores"),
    ],
)
def test_what_does_not_fit_is_a_usage_error(
    name: str, options: list[str], told: str, clips: list[Path], tmp_path: Path
) -> None:
    done = storyboard("join", clips[0], "-o", tmp_path / name, *options)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.split())
    assert not (tmp_path / name).exists()


def test_h264_is_h264_whatever_the_clips_are(tmp_path: Path) -> None:
    clips = [make_master(tmp_path / f"{n}.mp4", codec="libx265", frames=12, size=(160, 90)) for n in range(2)]
    command = ("join", *clips, "-o", tmp_path / "film.mp4")
    assert "copied without loss: 2 of 2" in storyboard(*command).stdout
    done = storyboard(*command, "--codec", "h264", "--format", "json")
    assert done.returncode == 0, done.stderr
    reasons = [each["reason"] for each in json.loads(done.stdout)["encoded"]]
    assert reasons == ["it is coded as hvc1, not as was asked for"] * 2
    with av.open(str(tmp_path / "film.mp4"), "r", format="mov") as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert sum(1 for _ in film.decode(video=0)) == 24


def test_a_preview_is_small_and_has_a_name_of_its_own(project: Path) -> None:
    """The cut, its segments and its mark stay as they are."""
    yaml = project / "storyboard.yaml"
    yaml.write_text(STORYBOARD.replace("320x180", "1280x720"), encoding="utf-8")
    assert storyboard("cut", project).returncode == 0
    cut = (project / "cut.mp4").read_bytes()
    done = storyboard("cut", project, "--preview", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert Path(document["output"]) == project / "cut.preview.mp4"
    assert (document["width"], document["height"], document["frames"]) == (640, 360, 72)
    assert (project / "cut.preview.mp4").stat().st_size < len(cut)
    assert (project / "cut.mp4").read_bytes() == cut
    assert "unchanged" in storyboard("cut", project).stdout
    assert "unchanged" in storyboard("cut", project, "--preview").stdout


def test_a_preview_of_small_clips_is_a_copy(clips: list[Path], tmp_path: Path) -> None:
    done = storyboard("join", *clips[:2], "-o", tmp_path / "film.mp4", "--preview")
    assert "copied without loss: 2 of 2 clips" in done.stdout
    assert pictures(tmp_path / "film.mp4")[-1] == (1, 24)


def test_a_codec_without_a_name_names_the_film(project: Path) -> None:
    done = storyboard("animatic", project, "--codec", "prores")
    assert done.returncode == 0, done.stderr
    assert (project / "animatic.mov").exists()
    assert storyboard("cut", project, "--codec", "gif", "--preview").returncode == 0
    assert (project / "cut.preview.gif").read_bytes()[:6] == b"GIF89a"


def test_progress_of_a_command_that_is_piped(clips: list[Path], tmp_path: Path) -> None:
    done = storyboard("join", *clips, "-o", tmp_path / "film.webm")
    first, *rare = done.stderr.splitlines()  # one every 15 s
    assert first.startswith("encoding ")
    assert all(" frames" in line for line in rare)


@pytest.mark.linux
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.webm", "film.gif"])
def test_no_room_is_told_before_anything_is_made(name: str, clips: list[Path], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 40) as disk:
        made = storyboard("join", clips[0], "-o", tmp_path / name)
        (disk / name).write_bytes((tmp_path / name).read_bytes()[:20_000])
        before = (disk / name).read_bytes()
        done = storyboard("join", *clips, "-o", disk / name, "--force")
        assert (done.returncode, made.returncode) == (4, 0)
        assert f"{name} needs about " in done.stderr
        assert f"are free on the disk of {disk}" in " ".join(done.stderr.split())
        assert "what was there is untouched" in done.stderr
        assert "encoding" not in done.stderr
        assert (disk / name).read_bytes() == before
        assert [path for path in disk.rglob("*") if path.is_file()] == [disk / name]


@pytest.mark.linux
def test_a_copy_that_has_no_room_is_told_as_well(clips: list[Path], tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        done = storyboard("join", *clips[:2], "-o", disk / "film.mp4")
        assert done.returncode == 4
        assert "film.mp4 needs about" in done.stderr
        assert list(disk.iterdir()) == []
