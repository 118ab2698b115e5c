# ruff: noqa: T201 - a benchmark prints what it found
"""What a cut of a hundred clips costs when one of them is another: about a copy.

Whole processes. Run with `pytest -m long -s tests/benchmarks/test_cut_growth.py`.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from asked_here import asked_here

from storyboard.media.ffmpeg import binary
from storyboard.media.probe import probe

ROUNDS = 5


def drawn(path: Path, number: int, *, size: str = "640x360", frames: int = 48) -> Path:
    """One clip with sound, no two alike."""
    command = [
        *(binary(), "-nostdin", "-v", "error", "-y"),
        *("-f", "lavfi", "-i", f"testsrc2=s={size}:r=24,hue=h={3 * number}"),
        *("-f", "lavfi", "-i", f"sine=f={200 + 5 * number}:r=48000"),
        *("-frames:v", str(frames), "-t", str(frames / 24), "-ac", "2", "-c:v", "libx264"),
        *("-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac", path),
    ]
    subprocess.run(command, check=True)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [drawn(folder / f"{number}.mp4", number) for number in range(100)]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def join(clips: Sequence[Path], film: Path) -> float:
    command = [sys.executable, "-m", "storyboard", "join", *map(str, clips), "-o", str(film)]
    return seconds(lambda: subprocess.run(command, check=True, capture_output=True))


@pytest.mark.long
def test_one_clip_of_a_hundred_is_another(clips: list[Path], tmp_path: Path) -> None:
    """Copied again: about what the first copy took."""
    film, other = tmp_path / "film.mp4", drawn(tmp_path / "other.mp4", 111)
    pairs = []
    for _ in range(ROUNDS):
        film.unlink(missing_ok=True)
        pairs.append((join(clips, film), join([*clips[:50], other, *clips[51:]], film)))
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"\n100 clips copied {first:.2f} s, with another one {second:.2f} s, ratio {second / first:.2f}")
    assert second <= 1.3 * first


@pytest.mark.long
@pytest.mark.timeout(900)
def test_one_scene_of_a_hundred_with_dissolves_is_another(clips: list[Path], tmp_path: Path) -> None:
    """What is kept is copied; one scene and two dissolves are made."""
    scenes = "".join(f"  - {{id: s{n}, duration: 3, prompt: heron {n}}}\n" for n in range(100))
    joins = "".join(f"    - {{from: s{n}, to: s{n + 1}, kind: dissolve, duration: 0.5}}\n" for n in range(99))
    text = f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{scenes}cut:\n  transitions:\n{joins}"
    (tmp_path / "storyboard.yaml").write_text(text)
    for number, clip in enumerate(clips):
        prepared("take", "add", tmp_path, f"s{number}", clip)
    cut = ("cut", tmp_path, "--no-inspect")
    first = seconds(lambda: storyboard(*cut))
    prepared("take", "add", tmp_path, "s50", drawn(tmp_path / "other.mp4", 111))
    prepared("take", "pick", tmp_path, "s50", "2")
    second = seconds(lambda: storyboard(*cut))
    copied = join(clips, tmp_path / "copied.mp4")
    print(
        f"\n100 scenes, 99 dissolves: first {first:.1f} s, one scene another {second:.2f} s, "
        f"a copy of the same clips {copied:.2f} s, ratio {second / copied:.1f}"
    )
    assert probe(tmp_path / "cut.mp4").video.frames == 4800 - 99 * 12
    assert second <= 9 * copied


def prepared(*arguments: object) -> None:
    """What is not timed is done in this process."""
    code, _, said = asked_here(*arguments)
    assert code == 0, said


def storyboard(*arguments: object) -> None:
    command = [sys.executable, "-m", "storyboard", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
