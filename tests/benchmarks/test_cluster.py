# ruff: noqa: T201 - a benchmark prints what it found
"""How much sooner an animatic is drawn by two workers of one thread than by one, and than by threads of one process,
in the same run on the same film. Whole commands; the workers are there before.

That two workers are twice as fast is said of two cores that have nothing else to do: each shot is coded by two threads.
Run with `pytest -m long -s tests/benchmarks/test_cluster.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from a_cluster import a_cluster
from PIL import Image

SHOTS, SECONDS = 4, 3


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    dice = np.random.default_rng(7)
    soft = Image.fromarray(dice.integers(30, 220, (9, 16, 3)).astype(np.uint8))
    soft.resize((1920, 1080)).save(folder / "still.jpg")
    scenes = "".join(
        f"  - {{id: s{n}, prompt: {{camera: slow push, subject_motion: words of {n}}}}}\n"
        for n in range(SHOTS)
    )
    (folder / "storyboard.yaml").write_text(
        f"storyboard: 1\nendpoint: kling-v3-standard\ndefaults: {{duration: {SECONDS}, start_image: still.jpg, "
        f"generate_audio: false}}\nscenes:\n{scenes}",
        encoding="utf-8",
    )
    (folder / "storyboard.toml").touch()
    return folder


def drawn(film: Path, *more: str) -> float:
    """Seconds that it takes from nothing."""
    shutil.rmtree(film / ".storyboard", ignore_errors=True)
    command = [sys.executable, "-m", "storyboard", "animatic", str(film), "--force", *more]
    begun = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - begun


@pytest.mark.long
def test_two_workers_are_faster_than_one(film: Path, tmp_path: Path) -> None:
    here = drawn(film)
    with a_cluster(tmp_path, 1) as cluster:
        one = drawn(film, "--cluster", cluster.address)
        cluster.worker()
        two = drawn(film, "--cluster", cluster.address)
    print(
        f"\n{SHOTS * SECONDS} s of film: here {here:.1f} s, one worker {one:.1f} s, two {two:.1f} s: "
        f"{one / two:.2f} times as fast as one, {here / two:.2f} times as fast as here"
    )
    assert two < one
