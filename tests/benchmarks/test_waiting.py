"""What waiting costs: in requests, beside the official client, and in seconds, for two hundred scenes."""
# ruff: noqa: T201 - it prints its figures

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import fal_client
import httpx
import pytest
from fal_client import client as internals
from sandboxes import TEXT, official_client

from storyboard.catalog.endpoints import catalog
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.sandbox.clips import drawing_of
from storyboard.sandbox.serve import RunningSandbox, running
from storyboard.sandbox.settings import SandboxSettings
from storyboard.sandbox.state import State

RENDER_SECONDS = 30.0  # not scaled: both clients wait side by side
SCENES, AT_ONCE, LATENCY = 200, 20, 2.0
IDEAL = SCENES / AT_ONCE * LATENCY

pytestmark = pytest.mark.long


def storyboard_of(folder: Path, scenes: int) -> Path:
    """Scenes that differ in what they ask for and cost nothing to draw."""
    folder.mkdir()
    lines = ["storyboard: 1", "endpoint: kling-v3-standard-text", "prices: observed-2026-10"]
    lines += ["defaults: {duration: 3, generate_audio: false}", "scenes:"]
    for number in range(scenes):
        lines += [f"  - id: s{number}", "    prompt:", f"      verbatim: static wide, number {number}"]
    (folder / "storyboard.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@contextmanager
def rendering(project: Path, base_url: str, *more: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "storyboard", "render", str(project), "--yes", *more],
        env={**os.environ, "STORYBOARD_FAL_URL": base_url, "STORYBOARD_CONCURRENCY": str(AT_ONCE)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def waiting_requests(log: Path) -> int:
    """Everything that was asked about requests after they were sent: status, stream, result."""
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return sum("/requests/" in row["path"] and "by-endpoint" not in row["path"] for row in rows)


def test_requests_while_a_render_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = tmp_path / "ours.jsonl", tmp_path / "theirs.jsonl"
    one = SandboxSettings(state=tmp_path / "one", latency=RENDER_SECONDS, log=ours)
    two = SandboxSettings(state=tmp_path / "two", latency=RENDER_SECONDS, log=theirs)
    project = storyboard_of(tmp_path / "film", 1)
    with running(one) as mine, running(two) as other, official_client() as official:
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(internals, name, other.base_url + "/")
        body = {"prompt": "static wide", "duration": "3", "generate_audio": False}
        waiter = threading.Thread(target=official.subscribe, args=(TEXT, body))
        waiter.start()
        with rendering(project, mine.base_url) as process:
            _, err = process.communicate(timeout=200)
            assert process.returncode == 0, err
        waiter.join(timeout=200)
    few, many = waiting_requests(ours), waiting_requests(theirs)
    print(
        f"\na render of {RENDER_SECONDS:g} s is waited for: storyboard {few} requests, fal-client "
        f"{fal_client.__version__ if hasattr(fal_client, '__version__') else ''} {many}, ratio {few / many:.3f}"
    )
    assert few <= many / 10


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[tuple[Path, RunningSandbox]]:
    """A project, and a sandbox that has every clip of it: the same picture, each file with bytes of its own."""
    project = storyboard_of(tmp_path / "film", SCENES)
    expanded = subprocess.run(
        [sys.executable, "-m", "storyboard", "expand", str(project)], capture_output=True, check=True
    )
    state = State(tmp_path / "state")
    draw_clip([MovingStill(None, 3, "static", "", "")], tmp_path / "clip.mp4", size=(1280, 720), audio=False)
    clip = (tmp_path / "clip.mp4").read_bytes()
    for number, request in enumerate(json.loads(expanded.stdout)["requests"]):
        endpoint = catalog().find(request["endpoint"])
        assert endpoint is not None
        digest = drawing_of(endpoint, request["arguments"], state, full_size=False).digest()
        own = b"%010d" % number
        spare = struct.pack(">I4s", 8 + len(own), b"free") + own  # a box that players pass over
        (state.clips_folder / f"{digest}.mp4").write_bytes(clip + spare)
    settings = SandboxSettings(state=tmp_path / "state", latency=LATENCY, concurrency=AT_ONCE)
    with running(settings) as found:
        yield project, found


def test_two_hundred_scenes_beside_the_ideal(prepared: tuple[Path, RunningSandbox]) -> None:
    project, sandbox = prepared
    began = time.perf_counter()
    with rendering(project, sandbox.base_url, "--max-cost", "1000") as process:
        _, err = process.communicate(timeout=300)
        assert process.returncode == 0, err
    whole = time.perf_counter() - began
    requests = sandbox.sandbox.state.in_order()
    assert len(requests) == SCENES
    first = min(request.accepted_at for request in requests)
    last = max(request.ended_at or 0.0 for request in requests)
    clips = sorted((project / ".storyboard").rglob("clips/*/*.mp4"), key=lambda path: path.stat().st_mtime)
    assert len(clips) == SCENES
    at_fal, home = last - first, clips[-1].stat().st_mtime - first
    print(
        f"\n{SCENES} scenes of {LATENCY:g} s, {AT_ONCE} at once, ideal {IDEAL:g} s: at the sandbox {at_fal:.1f} s "
        f"({at_fal / IDEAL:.2f}), until the last clip is in the store {home:.1f} s ({home / IDEAL:.2f}), the whole "
        f"command with check, plan and cut {whole:.1f} s ({whole / IDEAL:.2f})"
    )
    assert httpx.get(f"{sandbox.base_url}/_sandbox/ledger", trust_env=False).json()["submits"] == SCENES
    assert home <= 1.15 * IDEAL
