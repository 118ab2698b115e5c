# ruff: noqa: T201 - a benchmark prints what it found
"""How long a copying join takes, beside ffmpeg's concat demuxer and moviepy, in the same run on the same clips.

Whole processes: the interpreter's start counts. Ratios of medians, taken in turns so that a busy machine harms all
alike. Run with `pytest -m long -s tests/benchmarks/test_join.py`.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.media.ffmpeg import binary, decode_errors
from storyboard.media.probe import probe

ROUNDS = 11


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Twelve clips of five seconds and a frame at 1080p, with sound."""
    return drawn(tmp_path_factory.mktemp("clips"), "1920x1080", 12, different=3)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four at 4K."""
    return drawn(tmp_path_factory.mktemp("large"), "3840x2160", 4, different=1)


def drawn(folder: Path, size: str, count: int, different: int) -> list[Path]:
    """Some clips that differ, the others are copies of these."""
    for number in range(different):
        command = [
            *(binary(), "-nostdin", "-v", "error", "-y"),
            *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=24,hue=h={40 * number}"),
            *("-f", "lavfi", "-i", f"sine=f={300 + 50 * number}:r=48000"),
            *("-frames:v", "121", "-t", str(121 / 24), "-ac", "2", "-c:v", "libx264", "-preset", "veryfast"),
            *("-pix_fmt", "yuv420p", "-c:a", "aac", folder / f"{number}.mp4"),
        ]
        subprocess.run(command, check=True)
    for number in range(different, count):
        shutil.copy(folder / f"{number % different}.mp4", folder / f"{number}.mp4")
    return [folder / f"{number}.mp4" for number in range(count)]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def ours(clips: list[Path], output: Path) -> None:
    output.unlink(missing_ok=True)
    command = [sys.executable, "-m", "storyboard", "join", *clips, "-o", output]
    subprocess.run(command, check=True, capture_output=True)


def concat(clips: list[Path], output: Path) -> None:
    listed = output.with_suffix(".txt")
    listed.write_text("".join(f"file '{clip}'\n" for clip in clips))
    command = [
        binary(),
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-f",
        "concat",
        "-safe",
        "0",
        "-i",
        listed,
        "-c",
        "copy",
        output,
    ]
    subprocess.run(command, check=True)


def moviepy(clips: list[Path], output: Path) -> float:
    """Seconds for all clips, counted up from a quarter of them: it takes each frame like the one before."""
    quarter = clips[: len(clips) // 4]
    start = seconds(
        lambda: subprocess.run([sys.executable, "-W", "ignore", "-c", "import moviepy"], check=True)
    )
    return start + (seconds(lambda: _moviepy(quarter, output)) - start) * len(clips) / len(quarter)


def _moviepy(clips: list[Path], output: Path) -> None:
    code = (
        "import os, sys\n"
        "from moviepy import VideoFileClip, concatenate_videoclips\n"
        "clips = [VideoFileClip(name) for name in sys.argv[2:]]\n"
        "concatenate_videoclips(clips).write_videofile(\n"
        "    sys.argv[1], logger=None, temp_audiofile_path=os.path.dirname(sys.argv[1]))\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, output, *clips], check=True, capture_output=True
    )


def measured(clips: list[Path], folder: Path) -> tuple[float, float]:
    """Medians of ours and of the concat demuxer, in turns."""
    pairs = [
        (
            seconds(lambda: ours(clips, folder / "ours.mp4")),
            seconds(lambda: concat(clips, folder / "concat.mp4")),
        )
        for _ in range(ROUNDS)
    ]
    mine, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(
        f"\n{len(clips)} clips: storyboard join {mine:.3f} s, ffmpeg concat -c copy {theirs:.3f} s, "
        f"ratio {mine / theirs:.2f}"
    )
    return mine, theirs


@pytest.mark.long
def test_twelve_clips_beside_the_concat_demuxer_and_moviepy(clips: list[Path], tmp_path: Path) -> None:
    mine, theirs = measured(clips, tmp_path)
    slow = moviepy(clips, tmp_path / "moviepy.mp4")
    print(f"12 clips: moviepy {slow:.1f} s, {slow / mine:.0f} times ours")
    assert probe(tmp_path / "ours.mp4").video.frames == 12 * 121
    assert decode_errors(tmp_path / "ours.mp4") == ""
    assert mine <= 2 * theirs
    assert slow >= 50 * mine


@pytest.mark.long
def test_sixty_clips_beside_the_concat_demuxer(clips: list[Path], tmp_path: Path) -> None:
    mine, theirs = measured(clips * 5, tmp_path)
    assert probe(tmp_path / "ours.mp4").video.frames == 60 * 121
    assert mine <= 1.5 * theirs


@pytest.mark.long
def test_four_clips_at_4k_beside_moviepy(large: list[Path], tmp_path: Path) -> None:
    mine, _ = measured(large, tmp_path)
    slow = moviepy(large, tmp_path / "moviepy.mp4")
    print(f"4 clips at 4K: moviepy {slow:.1f} s, {slow / mine:.0f} times ours")
    assert probe(tmp_path / "ours.mp4").video.frames == 4 * 121
    assert slow >= 150 * mine
