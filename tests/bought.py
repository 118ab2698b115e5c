"""Takes as a project on fal itself has them, and a fal in memory that answers at fal's own addresses.

Nothing that is asked through it leaves the process: it stands where the network would.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
from a_plan import Bench
from hypothesis import strategies as st
from scripted_fal import Clock, Job, ScriptedFal

from storyboard.fal.account import Account
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.line import Line
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.steps import Plan
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out
from storyboard.secret import Secret

HEX = "0123456789abcdef"


@dataclass
class FalItself(ScriptedFal):
    """`gone` are the clips that are no longer at their first address, `lost` those that are nowhere; `own` are clips
    that differ from the others."""

    own: dict[str, bytes] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)
    asked_of: set[str] = field(default_factory=set)
    rate: float = 0.0

    async def _told(self, request: httpx.Request) -> httpx.Response:
        self.asked_of.add(request.url.host)
        if request.url.path.startswith("/files/"):
            name = Path(request.url.path).stem
            if name.removesuffix("-moved") in self.lost or name in self.gone:
                return httpx.Response(404)
            return httpx.Response(200, content=self.own.get(name, self.clip))
        return await super()._told(request)

    def _row(self, job: Job) -> dict[str, Any]:
        name = f"{job.id}-moved" if job.id in self.gone else job.id
        video = {
            "url": f"https://v3b.fal.media/files/{name}.mp4",
            "file_size": len(self.own.get(job.id, self.clip)),
        }
        return super()._row(job) | {"json_output": {"video": video}}


def fal_itself(clip: bytes, seed: int = 1) -> FalItself:
    return FalItself(Clock(), random.Random(seed), clip)  # noqa: S311 - a seed to play again, not a secret


def real(project: Path) -> Bench:
    """The place of fal itself: no rehearsal, and a lock."""
    project.mkdir(exist_ok=True, parents=True)
    place = place_of(project)
    place.ready()
    return Bench(project, place)


def rendered(bench: Bench, planned: Plan, fal: FalItself, **more: Any) -> RenderResult:
    clock = fal.clock
    return asyncio.run(
        carry_out(
            planned,
            project=bench.project,
            ledger=Ledger.open(bench.place, clock.now),
            store=bench.store,
            account=Account(Secret("id:canary-key")),
            world=World(clock.now, clock.elapsed, clock.sleep, fal.dice, lambda: fal),
            concurrency=4,
            **more,
        )
    )


def bought(number: int = 1, **more: Any) -> TakeRecord:
    """A verified take of its own."""
    values: dict[str, Any] = {
        "digest": f"{number:064x}",
        "take": 1,
        "scene": f"scene-{number}",
        "endpoint": "fal-ai/kling-video/v3/standard/text-to-video",
        "state": State.VERIFIED,
        "seconds": 5,
        "created_at": "2026-11-20T12:00:00.000+00:00",
        "sent_at": f"2026-11-20T12:00:{number % 60:02d}.000+00:00",
        "finished_at": "2026-11-20T12:05:00.000+00:00",
        "request_id": f"id-{number}",
        "clip": f"{number:064x}",
        "clip_url": f"https://v3b.fal.media/files/id-{number}.mp4",
        "file_size": 1000 + number,
        "estimate": Decimal("1.540"),
        "price_book": "seeds",
        "intent": f"{number:032x}",
        "body": '{"prompt":"a potter"}',
        "origin": "lock",
        "maybe_billed": True,
    }
    return TakeRecord(**values | more)


def taken(number: int = 1, **more: Any) -> Line:
    return Line(bought(number, **more))


_money = st.none() | st.decimals(0, 1000, places=3)
_times = st.datetimes(datetime.fromisoformat("2000-01-01"), datetime.fromisoformat("2999-12-31")).map(
    lambda moment: moment.isoformat(timespec="milliseconds") + "+00:00"
)
_words = st.text(
    st.characters(exclude_categories=()), max_size=20
)  # line breaks of all kinds, half characters
_hashes = st.text(HEX, min_size=64, max_size=64)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=3),
    max_leaves=8,
)


@st.composite
def takes(draw: st.DrawFn, digests: st.SearchStrategy[str] = _hashes) -> TakeRecord:
    """Any take that a lock may hold."""
    from storyboard.ledger.lock.values import body as _body

    state = draw(st.sampled_from([State.UNKNOWN, State.SENT, State.COMPLETED, State.VERIFIED, State.FAILED]))
    number = draw(st.integers(0, 10**6))
    clip = {"clip": draw(_hashes)} if state is State.VERIFIED else {"clip": None}
    return bought(
        digest=draw(digests),
        take=draw(st.integers(1, 3)),
        scene=draw(_words),
        state=state,
        seconds=draw(st.integers(3, 15)),
        created_at=draw(_times),
        sent_at=draw(_times if state is State.UNKNOWN else st.none() | _times),
        finished_at=draw(st.none() | _times),
        request_id=None if state is State.UNKNOWN else f"id-{number}",
        clip_url=f"https://v3b.fal.media/files/{number}.mp4",
        file_size=draw(st.none() | st.integers(1, 1 << 40)),
        estimate=draw(_money),
        charge=draw(_money),
        billable_units=draw(_money),
        price_book=draw(st.none() | _words),
        intent=f"{number:032x}",
        error=draw(st.none() | _words.filter(bool)),
        warnings=tuple(draw(st.lists(_words.filter(lambda text: "\n" not in text), max_size=2))),
        body=draw(st.none() | st.dictionaries(_words, _json, max_size=3).map(_body)),
        **clip,
    )
