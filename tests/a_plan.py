"""Hand-made requests and plans for tests of what comes after planning."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storyboard.catalog.endpoints import catalog
from storyboard.compile.digest import MediaPath
from storyboard.compile.request import MediaUse, Request, RequestShot
from storyboard.compile.requests import digest_of
from storyboard.diagnostics import Span
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord
from storyboard.ledger.store import Store
from storyboard.plan.steps import Plan, Step
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out
from storyboard.render.stage import Patience

IMAGE = "fal-ai/kling-video/v3/standard/image-to-video"
TEXT = "fal-ai/kling-video/v3/standard/text-to-video"
HERE = Span("storyboard.yaml", 7, 3, 7, 20)
PROMPT = Span("storyboard.yaml", 9, 13, 9, 40)


def still(project: Path, name: str = "still.png", shade: int = 90) -> Path:
    """A real picture, drawn with what the media room draws with."""
    from PIL import Image

    path = project / name
    Image.new("RGB", (640, 360), (shade, 120, 160)).save(path)
    return path


def request(
    project: Path,
    scene: str = "dawn",
    prompt: str = "a potter at the wheel",
    seconds: int = 3,
    *,
    start: str | None = "still.png",
    audio: bool = False,
    take: int = 1,
) -> Request:
    arguments: dict[str, object] = {
        "prompt": prompt,
        "duration": str(seconds),
        "generate_audio": audio,
        "negative_prompt": "blur, distort, and low quality",
        "cfg_scale": 0.5,
    }
    media: tuple[MediaUse, ...] = ()
    hashes: dict[str, str | None] = {}
    if start is not None:
        arguments["start_image_url"] = MediaPath(start)
        media = (MediaUse(("start_image_url",), start, remote=False, video=False, span=HERE),)
        hashes[start] = hashlib.sha256((project / start).read_bytes()).hexdigest()
    endpoint = IMAGE if start is not None else TEXT
    row = catalog().find(endpoint)
    assert row is not None
    return Request(
        scene=scene,
        take=take,
        endpoint=endpoint,
        arguments=arguments,
        digest=digest_of(row, arguments, hashes),
        seconds=seconds,
        tier="audio" if audio else "silent",
        shots=(RequestShot("1", seconds, len(prompt), prompt),),
        media=media,
        places={("prompt",): PROMPT},
        span=HERE,
    )


def plan(*requests: Request, decision: str = "send", amount: str | None = "0.504") -> Plan:
    price = None if amount is None else Decimal(amount)
    steps = tuple(
        Step(r.scene, r.take, decision, "new", price if decision == "send" else Decimal(0), r)  # type: ignore[arg-type]
        for r in requests
    )
    total = sum((s.amount for s in steps if s.amount is not None), Decimal(0))
    unpriced = tuple(s.scene for s in steps if s.amount is None)
    return Plan("0" * 64, "seeds", steps, total, unpriced)


@dataclass(frozen=True)
class Bench:
    """A project with its ledger and store, for one base URL."""

    project: Path
    place: Place

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(self.place)

    @property
    def store(self) -> Store:
        return Store(self.place)

    def takes(self) -> dict[str, TakeRecord]:
        return {take.scene: take for take in self.ledger.takes()}

    def carry_out(self, plan: Plan, base_url: str, **more: Any) -> RenderResult:
        """The plan carried out against a server, with no pauses between tries unless a world is given."""
        more.setdefault("world", World(sleep=at_once))
        more.setdefault("patience", Patience(silence=0, looks=(), fresh=0))
        more.setdefault("ledger", self.ledger)
        account = account_from({}, base_url)
        work = carry_out(plan, project=self.project, store=self.store, account=account, **more)
        return asyncio.run(work)


async def at_once(seconds: float) -> None:
    """Sleep for the impatient: lets others work, and goes on."""
    del seconds
    await asyncio.sleep(0)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in (
        "FAL_KEY",
        "FAL_KEY_ID",
        "FAL_KEY_SECRET",
        "STORYBOARD_FAL_URL",
        "STORYBOARD_MAX_COST",
        "CI",
    ):
        monkeypatch.delenv(name, raising=False)
    project = tmp_path / "project"
    project.mkdir()
    place = place_of(project, builtin=True)
    place.ready()
    return Bench(project, place)
