"""Films by the thousand, each on a fal of its own: what the protocol itself does, without uploads and downloads.

Every take goes through the program's own `buy`, `settle` and `completed`, over httpx, and through the real ledger's
statements on a database in memory. Left out, because they take most of a real render's time and decide nothing about
money: reading stills, fetching and probing clips, the look into the history before a take is paid for (it adopts what
a lost ledger forgot, and this ledger forgets nothing).
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import ssl
from collections import Counter
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import plan, request
from played_fal import BASE, NOT_TAKEN, ODD, TAKEN, PlayedFal
from sqlalchemy.pool import StaticPool
from virtual_time import Killed, Timeline, lived

from storyboard.errors import StoryboardError
from storyboard.fal.account import account_from
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State
from storyboard.ledger.sqlite import SqliteFile, engine_of
from storyboard.ledger.store import Store
from storyboard.plan.steps import Plan, Step
from storyboard.render.abandoned import found_sending
from storyboard.render.buy import buy
from storyboard.render.observer import Unseen
from storyboard.render.settle import settle
from storyboard.render.stage import Patience, Stage, Teller, stage_of
from storyboard.render.uploads import Uploader, body_of
from storyboard.render.wait import completed

FILM = 25  # takes; five requests of each film are taken twice
FAULTS = 0.05
DEATHS = 0.15  # of runs; each hits all that are under way
HOUR, DAY = 3600.0, 86400.0
OUTAGE = (3 * DAY, 3 * DAY + 15 * HOUR)  # of fal's history, as on 2026-05-11
SPAN = 10 * DAY  # over which the films begin
RARE = 0.01  # of the entries lag by hours
AGAIN = (0.0, 120.0, 2 * HOUR, 30 * HOUR, 2 * DAY)  # when the person runs it
PATIENCE = Patience(looks=(30, 120), pauses=(20.0, 60.0))
# Half of the faults strike after the request was taken. What stops a whole run (401, 402, 403) is proved elsewhere.
KINDS = (
    *(tuple(TAKEN), tuple(f"{name} taken" for name in ODD)),
    *(("page taken", "cut", "no id", "hangs taken"), ("page with id", "cut with id", "500 with id", "slow")),
    *(tuple(NOT_TAKEN), ("429", "400", "422"), ("nobody there", "no way")),
    (*(f"{name} not taken" for name in ODD), "page not taken", "hangs not taken"),
)
GETS = ("reset", "nobody there", "silence", "503", "429", "page", "half", "cut")


class InMemory(SqliteFile):
    """The ledger's own tables and statements, on one connection to a database that no disk slows down."""

    def __init__(self) -> None:
        self.path = Path("in memory")
        self.at = str(self.path)
        self._engine = engine_of(StaticPool(partial(sqlite3.connect, ":memory:", isolation_level=None)))


class Fal(PlayedFal):
    """Faults as often as `rate` says, of the kinds that a run goes on after; an outage of the history in between."""

    def _fault(self, call: str) -> str:
        if call == "other" or self.dice.random() >= self.rate:
            return ""
        fault = self.dice.choice(self.dice.choice(KINDS) if call == "submit" else GETS)
        self.met[f"{call}: {fault}"] += 1
        return fault

    def _take(self, *given: Any) -> Any:
        job = super()._take(*given)
        lag = (
            self.dice.uniform(6 * HOUR, 15 * HOUR) if self.dice.random() < RARE else self.dice.uniform(1, 300)
        )
        job.end = "ok"
        job.begins, job.ends = job.accepted + 1, job.accepted + self.dice.choice((2.0, 40.0))
        job.recorded = job.ends + lag
        if OUTAGE[0] <= job.recorded < OUTAGE[1]:
            job.recorded = OUTAGE[1]
        return job


@dataclass
class Film:
    """One project of 25 takes, and what came of it."""

    planned: Plan
    contents: dict[tuple[str, int], bytes]
    project: Path
    number: int

    def shot(self, tally: Counter[str]) -> None:
        dice = random.Random(self.number)  # noqa: S311 - a seed to play again
        time = Timeline(dice.uniform(0, SPAN))
        fal = Fal(time, b"", rate=FAULTS, dice=dice)
        ledger = Ledger(place_of(self.project), InMemory(), time.now)
        ledger._database.prepare("0" * 32)
        began = time.seconds
        for run, later in enumerate(AGAIN):
            time.seconds = max(time.seconds, began + later)
            self._run(
                ledger, fal, dice.randrange(5, 400) if dice.random() < DEATHS and run < 2 else None, tally
            )
        self._counted(ledger, fal, tally)

    def _run(self, ledger: Ledger, fal: Fal, dies_at: int | None, tally: Counter[str]) -> None:
        found_sending(ledger)
        done = {take.key for take in ledger.takes() if take.state is State.COMPLETED}
        due = [s for s in self.planned.steps if (s.request.digest or "", s.request.take) not in done]
        if not due:
            return
        try:
            lived(self._all(ledger, fal, due), fal.time, dies_at=dies_at)
        except Killed:
            tally["killed runs"] += 1

    async def _all(self, ledger: Ledger, fal: Fal, due: list[Step]) -> None:
        world = World(fal.time.now, fal.time.elapsed, asyncio.sleep, fal.dice, lambda: fal)
        store = Store(place_of(self.project, builtin=True))
        async with Wire(account_from({}, BASE), world) as wire:
            stage = stage_of(ledger, store, wire, Unseen(), world, patience=PATIENCE, concurrency=8)
            ends = await asyncio.gather(*(self._one(stage, step) for step in due), return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, StoryboardError):
                raise end

    async def _one(self, stage: Stage, step: Step) -> None:
        key = (step.request.digest or "", step.request.take)
        teller = Teller(stage.observer, stage.world, step.scene, step.take, 0.0)
        record = stage.ledger.find(key)
        if record is None or record.sendable:
            async with stage.slots:
                record = await buy(stage, self.planned, step, self.contents[key], teller)
        if record.state is State.UNKNOWN:
            record = await settle(stage, record, teller)
        if record.state is State.SENT:
            await completed(stage, record, teller)

    def _counted(self, ledger: Ledger, fal: Fal, tally: Counter[str]) -> None:
        takes = ledger.takes()
        ids = [take.request_id for take in takes if take.request_id]
        paid = Counter(job.body for job in fal.jobs.values())
        asked = Counter(take.body for take in takes)
        tally["takes"] += len(self.planned.steps)
        tally["paid"] += len(fal.jobs)
        tally["POSTs"] += fal.asked["submit"]
        tally["faults of a POST"] += sum(n for name, n in fal.met.items() if name.startswith("submit"))
        tally["paid twice"] += sum(max(0, paid[body] - asked[body]) for body in paid)
        tally["taken and not brought home"] += len(fal.jobs.keys() - set(ids))
        tally["one job for two takes"] += len(ids) - len(set(ids))
        for take in takes:
            tally[take.state.value] += 1
        adopted = sum("adopted" in (e.note or "") for e in ledger.events())
        tally["adopted from the history"] += adopted


def films(first: int, count: int, project: Path) -> Counter[str]:
    """That many films from a number on, each replayed by its number."""
    requests = [request(project, f"s{n}", f"prompt {n}", start=None) for n in range(FILM - 5)]
    requests += [request(project, f"s{n}", f"prompt {n}", start=None, take=2) for n in range(5)]
    planned = plan(*requests)
    contents = {(r.digest or "", r.take): asyncio.run(body_of(r, _no_uploads())) for r in requests}
    tally: Counter[str] = Counter()
    with pytest.MonkeyPatch.context() as patch:
        # No connection is made here; and to take the same few addresses apart took a sixth of the time.
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        patch.setattr(httpx._urls, "urlparse", lru_cache(4096)(httpx._urls.urlparse))
        for number in range(first, first + count):
            before = _lost(tally)
            Film(planned, contents, project, number).shot(tally)
            again = f"film {number}: python tests/many_takes.py {number}: {dict(tally)}"
            assert _lost(tally) == before, again
    return tally


def _lost(tally: Counter[str]) -> list[int]:
    return [tally[name] for name in ("paid twice", "taken and not brought home", "one job for two takes")]


def _no_uploads() -> Uploader:
    return Uploader(None, None, Path(), {})  # type: ignore[arg-type]


if __name__ == "__main__":
    import sys

    print(dict(films(int(sys.argv[1]), int((sys.argv[2:] or ["1"])[0]), Path())))  # noqa: T201
