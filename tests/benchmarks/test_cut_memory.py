# ruff: noqa: T201 - a benchmark prints what it found
"""How much memory a join takes at most, of ten clips and of a hundred: copied as they are, and each brought to another
size first.

Whole processes, each asked by itself when it ends. Run with `pytest -m long -s tests/benchmarks/test_cut_memory.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from storyboard.media.ffmpeg import binary
from storyboard.media.probe import probe

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")]

FEW, MANY = 10, 100
# `ru_maxrss` would count what the process had been before it became this one: a large test run.
PEAK = """
import runpy, sys
sys.argv[0] = "storyboard"
try:
    runpy.run_module("storyboard", run_name="__main__")
except SystemExit as ended:
    assert not ended.code, ended.code
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


def clip(path: Path, size: str, seconds: int, hue: int, *options: str) -> Path:
    command = [
        *(binary(), "-nostdin", "-v", "error", "-y"),
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=24,hue=h={hue}"),
        *("-f", "lavfi", "-i", "sine=r=48000", "-t", str(seconds), "-ac", "2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", *options, path),
    ]
    subprocess.run(command, check=True)
    return path


def copies(original: Path, count: int) -> list[Path]:
    """Files of their own. Each differs in its last bytes, in a box that players pass over: it is a clip of its own."""
    made = [original.with_name(f"{original.stem}-{number}.mp4") for number in range(count)]
    for number, path in enumerate(made):
        shutil.copy(original, path)
        with path.open("ab") as file:
            file.write(b"\0\0\0\x10free" + number.to_bytes(8, "big"))
    return made


def peak(clips: list[Path], output: Path, frames: int) -> float:
    """MB of a process that joins the clips."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "join", *clips, "-o", output], check=True, capture_output=True, text=True
    )
    assert probe(output).video.frames == frames
    return int(done.stdout.split()[-1]) / 1_024


def test_a_join_that_copies(tmp_path: Path) -> None:
    clips = copies(clip(tmp_path / "clip.mp4", "1280x720", 5, 0, "-b:v", "8M"), MANY)
    few = peak(clips[:FEW], tmp_path / "few.mp4", FEW * 120)
    many = peak(clips, tmp_path / "many.mp4", MANY * 120)
    print(f"\ncopied: {FEW} clips {few:.0f} MB, {MANY} clips {many:.0f} MB, ratio {many / few:.2f}")
    assert many <= 1.2 * few


def test_a_join_in_which_every_clip_is_odd(tmp_path: Path) -> None:
    first = clip(tmp_path / "first.mp4", "640x360", 1, 0)
    clips = [first, *copies(clip(tmp_path / "odd.mp4", "480x360", 1, 90), MANY - 1)]
    few = peak(clips[:FEW], tmp_path / "few.mp4", FEW * 24)
    shutil.rmtree(tmp_path / ".storyboard", ignore_errors=True)
    many = peak(clips, tmp_path / "many.mp4", MANY * 24)
    print(
        f"\nbrought to one size: {FEW} clips {few:.0f} MB, {MANY} clips {many:.0f} MB, ratio {many / few:.2f}"
    )
    assert many <= 1.2 * few
