# ruff: noqa: T201 - a benchmark prints what it found
"""How a project's costs grow: takes at fal at once, clips in one cut, scenes that were bought.

Whole processes. Ratios between two sizes of the same thing: what grows with it grows no faster. Run with
`pytest -m long -s tests/benchmarks/test_scale.py`; STORYBOARD_PROOFS=whole adds the sizes that take minutes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from bought_film import bought, requests_of, take_of
from depth import VARIABLE, WHOLE
from test_check import BIN, film
from test_cut_memory import clip, copies, peak

from storyboard.media.ffmpeg import binary

pytestmark = [pytest.mark.long, pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")]

BEYOND = [pytest.mark.skipif(not WHOLE, reason=f"takes minutes: {VARIABLE}=whole"), pytest.mark.timeout(3600)]


@pytest.mark.parametrize("many", [1_000, pytest.param(10_000, marks=BEYOND)])
def test_takes_at_fal_at_once(many: int, tmp_path: Path) -> None:
    """All of them are sent before the first is ready."""
    few = many // 10
    small, large = (in_flight(count, tmp_path / str(count)) for count in (few, many))
    for count, found in ((few, small), (many, large)):
        print(
            f"\n{count} takes at fal at once: {found['working'] / count * 1000:.0f} ms of work each, "
            f"{found['requests'] / found['working']:.0f} requests a second of work, "
            f"{found['megabytes'] / count * 1024:.0f} kB each"
        )
        assert found["submits"] == count
    assert large["working"] <= 1.3 * 10 * small["working"]
    assert large["megabytes"] <= 1.3 * 10 * small["megabytes"]


def in_flight(count: int, folder: Path) -> dict[str, float]:
    folder.mkdir()
    command = [sys.executable, Path(__file__).with_name("in_flight.py"), str(count), folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_a_cut_of_a_thousand_clips(tmp_path: Path) -> None:
    clips = copies(clip(tmp_path / "clip.mp4", "640x360", 2, 0), 1_000)
    few = peak(clips[:100], tmp_path / "few.mp4", 100 * 48)
    began = time.perf_counter()
    many = peak(clips, tmp_path / "many.mp4", 1_000 * 48)
    ours = time.perf_counter() - began
    rows = tmp_path / "clips.txt"
    rows.write_text("".join(f"file '{each}'\n" for each in clips), encoding="utf-8")
    began = time.perf_counter()
    command = [binary(), "-nostdin", "-v", "error", "-f", "concat", "-safe", "0", "-i", rows, "-c", "copy"]
    subprocess.run([*command, tmp_path / "theirs.mp4"], check=True)
    theirs = time.perf_counter() - began
    print(
        f"\n1,000 clips joined in {ours:.1f} s, ffmpeg's concat demuxer {theirs:.1f} s, ratio {ours / theirs:.2f}; "
        f"{many:.0f} MB, 100 clips {few:.0f} MB"
    )
    assert ours <= 1.5 * theirs
    assert many <= 3 * few


@pytest.mark.timeout(900)
def test_a_project_as_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    seconds = []
    for scenes in (500, 5_000):
        (tmp_path / str(scenes)).mkdir()
        path = film(tmp_path / str(scenes), scenes)
        place = bought(path.parent, [take_of(request) for request in requests_of(path)])
        before = os.times()
        subprocess.run([BIN / "storyboard", "plan", path], check=True, capture_output=True)
        after = os.times()
        seconds.append(
            after.children_user + after.children_system - before.children_user - before.children_system
        )
        print(
            f"\n{scenes} bought scenes: storyboard {path.stat().st_size / 2**20:.1f} MB, ledger "
            f"{place.ledger.stat().st_size / 2**20:.1f} MB, plan {seconds[-1]:.1f} s of work"
        )
    assert seconds[1] <= 13 * seconds[0]
