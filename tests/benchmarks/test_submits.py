# ruff: noqa: T201 - a benchmark prints what it found
"""How many submits a clip costs when fal takes the request and its answer is lost: fal's own client, and storyboard.

Both against the same sandbox, whose fault `drop-after-accept` takes every request, charges it, and hangs up. Run with
`pytest -m long -s tests/benchmarks/test_submits.py`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import fal_client
import httpx
import pytest
from fal_client import client as internals
from sandboxes import TEXT, Visitor, official_client, visiting

CLIPS = 1
STORYBOARD = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false, duration: 3}
scenes:
"""

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between anybody and loopback."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def charged(visitor: Visitor) -> int:
    return len(visitor.ledger()["requests"])


def officials(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> int:
    for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
        monkeypatch.setattr(internals, name, visitor.base + "/")
    with official_client() as client:
        for number in range(CLIPS):
            with pytest.raises(httpx.TransportError):
                client.submit(
                    TEXT, {"prompt": f"a potter, {number}", "duration": "3", "generate_audio": False}
                )
    return charged(visitor)


def ours(visitor: Visitor, project: Path) -> int:
    """Rendered, and rendered again, as a person would who is told that an answer was lost."""
    project.mkdir()
    scenes = "".join(f"  - id: s{n}\n    prompt: a potter, {n}\n" for n in range(CLIPS))
    (project / "storyboard.yaml").write_text(STORYBOARD + scenes, encoding="utf-8")
    for _ in range(2):
        ended = subprocess.run(
            [sys.executable, "-m", "storyboard", "render", ".", "--yes"],
            cwd=project,
            env={**os.environ, "STORYBOARD_FAL_URL": visitor.base},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert ended.returncode in {0, 3}, ended.stderr
    return charged(visitor)


def test_submits_a_clip_when_answers_are_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = {"drop-after-accept": 1.0}
    began = time.monotonic()
    with visiting(tmp_path / "official", faults=lost) as visitor:
        official = officials(visitor, monkeypatch)
    between = time.monotonic()
    with visiting(tmp_path / "ours", faults=lost) as visitor:
        own = ours(visitor, tmp_path / "project")
    print(
        f"\n{CLIPS} clips whose answers are lost: fal-client {fal_client.__version__} submits and is charged "
        f"{official / CLIPS:.1f} times a clip ({between - began:.0f} s), storyboard {own / CLIPS:.1f} times "
        f"({time.monotonic() - between:.0f} s, two runs): {official / own:.0f} to 1"
    )
    assert own == CLIPS
    assert official == 10 * CLIPS
