# ruff: noqa: T201 - a benchmark prints what it found
"""How long a cut with dissolves takes, beside one ffmpeg `xfade` graph over all clips and moviepy's `compose` with
`CrossFadeIn`, in the same run on the same clips. Whole processes; ffmpeg codes with our own preset and quality, and
once more with its default preset, as moviepy does. moviepy is timed on two clips alone and counted up by frames.
Nobody looks into the clips (`--no-inspect`).

Run with `pytest -m long -s tests/benchmarks/test_transitions.py`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from asked_here import asked_here

from storyboard.media.ffmpeg import binary, decode_errors
from storyboard.media.probe import probe

CLIPS, FRAMES, SHARED = 12, 121, 12
WHOLE = CLIPS * FRAMES - (CLIPS - 1) * SHARED
SETTING = ("-preset", "veryfast", "-crf", "19")  # ours


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A storyboard of twelve scenes with a dissolve of half a second at each join, and its clips of five seconds and a
    frame at 1080p, a key frame each second."""
    folder = tmp_path
    clips = [clip(folder / f"{number}.mp4", 30 * number) for number in range(CLIPS)]
    scenes = "".join(f"  - {{id: s{n}, duration: 5, prompt: heron {n}}}\n" for n in range(CLIPS))
    joins = "".join(
        f"    - {{from: s{n}, to: s{n + 1}, kind: dissolve, duration: 0.5}}\n" for n in range(CLIPS - 1)
    )
    (folder / "storyboard.yaml").write_text(
        f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{scenes}cut:\n  transitions:\n{joins}"
    )
    for number, path in enumerate(clips):
        prepared("take", "add", folder, f"s{number}", path)
    return folder


def clip(path: Path, hue: int) -> Path:
    colours = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709")
    command = [
        *(binary(), "-nostdin", "-v", "error", "-y"),
        *("-f", "lavfi", "-i", f"testsrc2=s=1920x1080:r=24,hue=h={hue}"),
        *("-f", "lavfi", "-i", f"sine=f={300 + hue}:r=48000"),
        *("-frames:v", str(FRAMES), "-t", str(FRAMES / 24), "-ac", "2", "-c:v", "libx264", "-g", "24"),
        *("-preset", "veryfast", "-pix_fmt", "yuv420p", *colours, "-c:a", "aac", path),
    ]
    subprocess.run(command, check=True)
    return path


def prepared(*arguments: object) -> None:
    """What is not timed is done in this process."""
    code, _, said = asked_here(*arguments)
    assert code == 0, said


def storyboard(*arguments: object) -> str:
    command = [sys.executable, "-m", "storyboard", *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def cut(film: Path, name: str, *options: str) -> float:
    return seconds(lambda: storyboard("cut", film, "-o", film / name, "--force", "--no-inspect", *options))


def xfade(film: Path, *setting: str) -> float:
    """One graph over all clips, its sound crossed as well."""
    graph, video, sound = [], "0:v", "0:a"
    for n in range(1, CLIPS):
        offset = n * (FRAMES - SHARED) / 24
        graph.append(f"[{video}][{n}:v]xfade=transition=fade:duration=0.5:offset={offset:.6f}[v{n}]")
        graph.append(f"[{sound}][{n}:a]acrossfade=d=0.5[a{n}]")
        video, sound = f"v{n}", f"a{n}"
    inputs = [part for n in range(CLIPS) for part in ("-i", film / f"{n}.mp4")]
    command = [
        *(binary(), "-nostdin", "-v", "error", "-y", *inputs, "-filter_complex", ";".join(graph)),
        *("-map", f"[{video}]", "-map", f"[{sound}]", "-c:v", "libx264", *setting, "-c:a", "aac"),
        film / "xfade.mp4",
    ]
    return seconds(lambda: subprocess.run(command, check=True))


MOVIEPY = """
import os, sys
from moviepy import VideoFileClip, concatenate_videoclips, vfx
clips = [VideoFileClip(name) for name in sys.argv[2:]]
clips[1:] = [clip.with_effects([vfx.CrossFadeIn(0.5)]) for clip in clips[1:]]
film = concatenate_videoclips(clips, method="compose", padding=-0.5)
folder = os.path.dirname(sys.argv[1])
film.write_videofile(sys.argv[1], logger=None, temp_audiofile_path=folder)
"""


def moviepy(film: Path) -> float:
    """For the whole film, from two of its clips."""
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-c",
        MOVIEPY,
        film / "moviepy.mp4",
        film / "0.mp4",
        film / "1.mp4",
    ]
    taken = seconds(lambda: subprocess.run(command, check=True, capture_output=True))
    return taken * WHOLE / (2 * FRAMES - SHARED)


def segments(film: Path) -> Path:
    return film / ".storyboard" / "segments"


def forget(film: Path) -> None:
    shutil.rmtree(segments(film), ignore_errors=True)


def cut_anew(film: Path, name: str, *options: str) -> float:
    forget(film)
    return cut(film, name, *options)


def cut_again(film: Path, before: Path) -> float:
    """With the segments that there were before."""
    forget(film)
    shutil.copytree(before, segments(film))
    return cut(film, "ours.mp4")


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_a_cut_with_dissolves(film: Path) -> None:
    first = cut_anew(film, "ours.mp4")
    assert probe(film / "ours.mp4").video.frames == WHOLE
    before = film / "segments before"
    shutil.copytree(segments(film), before)
    same, default, composed = xfade(film, *SETTING), xfade(film), moviepy(film)
    spliced = min(cut_anew(film, "spliced.mp4", "--splice") for _ in range(2))
    assert probe(film / "spliced.mp4").video.frames == WHOLE
    assert decode_errors(film / "spliced.mp4") == ""
    changed = clip(film / "changed.mp4", 200)
    prepared("take", "add", film, "s5", changed)
    prepared("take", "pick", film, "s5", "2")
    second = min(cut_again(film, before) for _ in range(2))
    print(
        f"\n{CLIPS} x 5 s of 1080p, {CLIPS - 1} dissolves, {os.cpu_count()} cores: first cut {first:.1f} s, "
        f"one scene changed {second:.1f} s ({first / second:.1f} times faster), spliced {spliced:.1f} s\n"
        f"xfade graph: {same:.1f} s with our preset ({same / first:.2f} times the first cut, "
        f"{same / spliced:.1f} times the splice), {default:.1f} s with its own ({default / first:.2f}, "
        f"{default / spliced:.1f})\n"
        f"moviepy compose, counted up: {composed:.0f} s ({composed / first:.1f} times the first cut, "
        f"{composed / spliced:.1f} times the splice)"
    )
    assert composed >= 5 * first
    assert default >= 1.3 * first
    # 121 of 1,320 frames are other ones, and a process has to start: the first cut can't take much longer than 8 times
    # as long, the less the quicker it is itself. What was asked of both, 5 and 8, is asked of the second alone.
    assert composed >= 5 * 8 * second
    assert first >= 6 * second
    assert composed >= 15 * spliced
    assert default >= 4 * spliced
