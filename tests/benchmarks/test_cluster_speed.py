# ruff: noqa: T201 - a benchmark prints what it found
"""How much sooner an animatic is drawn by two workers of one thread than by one: by the processor time of the one that
takes longer, which is what machines of their own would take whatever this one is busy with. Beside it the whole
commands by the clock, and threads of one process on all cores; the workers are there before.

Run with `pytest -m long -s tests/benchmarks/test_cluster_speed.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from a_cluster import RealCluster, a_cluster
from PIL import Image

SHOTS, SECONDS = 4, 3  # an even number: two halves


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


def used(cluster: RealCluster) -> list[float]:
    """Processor seconds of each worker so far."""
    return [sum(psutil.Process(worker.pid).cpu_times()[:2]) for worker in cluster.workers]


@pytest.mark.long
def test_two_workers_take_half_of_the_time_of_one(film: Path, tmp_path: Path) -> None:
    here = drawn(film)
    with a_cluster(tmp_path, 2) as cluster:
        drawn(film, "--cluster", cluster.address)  # everything is loaded
        before = used(cluster)
        two = drawn(film, "--cluster", cluster.address)
        shares = [after - earlier for earlier, after in zip(before, used(cluster), strict=True)]
        gone = cluster.workers.pop()
        gone.kill()
        gone.wait()
        [before_one] = used(cluster)
        one = drawn(film, "--cluster", cluster.address)
        [alone] = [after - before_one for after in used(cluster)]
    print(
        f"\n{SHOTS * SECONDS} s of film: one worker {alone:.1f} s of processor, of two the busier {max(shares):.1f} s: "
        f"{alone / max(shares):.2f} times as fast; by the clock {one:.1f} s and {two:.1f} s, here {here:.1f} s"
    )
    assert max(shares) < alone / 1.5
