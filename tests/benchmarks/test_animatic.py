# ruff: noqa: T201 - a benchmark prints what it found
"""How long the animatic of a minute takes at 720p24: beside the time it lasts, beside moviepy's own way to move a
still, and once more after the words of one shot were changed.

Whole processes, in turns, medians. That it is four times as fast as it is watched is said of two cores that have
nothing else to do: there it takes half of the processor time that is counted here. Run with
`pytest -m long -s tests/benchmarks/test_animatic.py`.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.media.probe import probe

ROUNDS = 3
SHOTS, SECONDS = 12, 5
FILM = SHOTS * SECONDS
CAMERAS = ("slow push", "pull out", "pan left", "pan right", "tilt up", "tilt down", "static", "handheld")
MOVIEPY = """
import sys
from moviepy import CompositeVideoClip, ImageClip
still, seconds, output = sys.argv[1], float(sys.argv[2]), sys.argv[3]
moving = ImageClip(still, duration=seconds).resized(lambda t: 0.75 - 0.015 * t).with_position("center")
CompositeVideoClip([moving], size=(1280, 720)).write_videofile(output, fps=24, logger=None)
"""


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stills")
    for number in range(SHOTS):
        picture(number).save(folder / f"{number}.jpg", quality=92)
    return folder


def picture(number: int) -> Image.Image:
    """Soft colours with a fine texture, 1920x1080."""
    dice = np.random.default_rng(number)
    soft = Image.fromarray(dice.integers(30, 220, (9, 16, 3)).astype(np.uint8)).resize((1920, 1080))
    fine = Image.fromarray(dice.normal(0, 14, (540, 960)).astype(np.float32)).resize((1920, 1080))
    return Image.fromarray((np.asarray(soft) + np.asarray(fine)[:, :, None]).clip(0, 255).astype(np.uint8))


def film(folder: Path, stills: Path, shots: int) -> Path:
    """Scenes of one shot of five seconds, with every kind of move, words to read, sound, and end stills in some."""
    shutil.copytree(stills, folder / "stills")
    rows = ["storyboard: 1", "endpoint: kling-v3-standard", "scenes:"]
    for number in range(shots):
        rows += [f"  - id: s{number}", f"    duration: {SECONDS}", f"    start_image: stills/{number}.jpg"]
        rows += [f"    end_image: stills/{(number + 1) % SHOTS}.jpg"] if number % 4 == 3 else []
        rows += [
            f"    prompt: {{camera: {CAMERAS[number % len(CAMERAS)]}, subject_motion: words of {number}}}"
        ]
        rows += ['    dialogue: ["mara (whispering): there you are"]'] if number % 3 == 1 else []
    (folder / "storyboard.yaml").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


def timed(command: list[str | Path]) -> tuple[float, float]:
    """(wall, processor) seconds of a whole process and those that it started."""
    before, start = os.times(), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    wall, after = time.perf_counter() - start, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used or wall  # Windows does not count children


def ours(folder: Path) -> tuple[float, float]:
    return timed([sys.executable, "-m", "storyboard", "animatic", folder])


def from_nothing(folder: Path) -> tuple[float, float]:
    shutil.rmtree(folder / ".storyboard", ignore_errors=True)
    (folder / "animatic.mp4").unlink(missing_ok=True)
    return ours(folder)


def moviepy(still: Path, output: Path) -> tuple[float, float]:
    """As if for the whole film: a process of three seconds less one of one second, scaled."""
    one, three = (
        timed([sys.executable, "-W", "ignore", "-c", MOVIEPY, still, str(seconds), output])
        for seconds in (1, 3)
    )
    return (three[0] - one[0]) * FILM / 2, (three[1] - one[1]) * FILM / 2


def medians(*works: Callable[[], tuple[float, float]]) -> list[tuple[float, float]]:
    """Of each, done in turns."""
    rounds = [[work() for work in works] for _ in range(ROUNDS)]
    return [
        (statistics.median(wall for wall, _ in times), statistics.median(used for _, used in times))
        for times in zip(*rounds, strict=True)
    ]


@pytest.mark.long
def test_a_minute_beside_its_own_time_and_moviepy(stills: Path, tmp_path: Path) -> None:
    folder = film(tmp_path / "film", stills, SHOTS)
    mine, theirs = medians(
        lambda: from_nothing(folder), lambda: moviepy(stills / "0.jpg", tmp_path / "moviepy.mp4")
    )
    facts = probe(folder / "animatic.mp4")
    assert (facts.video.frames, facts.video.width, facts.video.height) == (FILM * 24, 1280, 720)
    print(
        f"\n{FILM} s: storyboard animatic {mine[0]:.1f} s ({FILM / mine[0]:.1f} times as fast as watched), "
        f"{mine[1]:.1f} s of work ({2 * FILM / mine[1]:.1f} times on two idle cores); moviepy's resize loop "
        f"{theirs[0]:.1f} s, {theirs[1]:.1f} s of work, {theirs[0] / mine[0]:.1f} times ours"
    )
    assert mine[1] / 2 <= FILM / 4
    assert theirs[0] >= 4 / 0.7 * mine[0]


@pytest.mark.long
def test_after_one_shot_was_edited_only_that_shot_takes_time(stills: Path, tmp_path: Path) -> None:
    folder, one = film(tmp_path / "film", stills, SHOTS), film(tmp_path / "one", stills, 1)
    from_nothing(folder)
    again, alone = medians(lambda: edited(folder), lambda: from_nothing(one))
    print(
        f"\nanother {FILM} s after the words of one shot were changed: {again[0]:.2f} s, {again[1]:.2f} s of work; a "
        f"film of that shot alone {alone[0]:.2f} s, {alone[1]:.2f} s of work"
    )
    assert again[1] <= 1.25 * alone[1], "it reads and writes the other eleven, it does not draw them"


def edited(folder: Path) -> tuple[float, float]:
    """Another animatic with other words in the first shot."""
    path = folder / "storyboard.yaml"
    path.write_text(path.read_text("utf-8").replace("words of 0", "more words of 0"), encoding="utf-8")
    return ours(folder)
