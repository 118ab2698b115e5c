"""A machine that renders, crashes, edits, restores and reconciles as it is told, and knows what may not happen.

The ledger, the store, the planner and the runner are the program's own; fal and time are played (`played_fal.py`,
`virtual_time.py`). The fake's record of what it took is the truth that every rule ends with being compared to.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
from a_plan import request, still
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from played_fal import BASE, Job, PlayedFal
from virtual_time import START, Killed, Timeline, lived

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.errors import StoryboardError
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Event, State, TakeRecord
from storyboard.ledger.store import Store
from storyboard.plan.make import make_plan
from storyboard.render.budget import at_stake
from storyboard.render.cancel import cancel_takes
from storyboard.render.home import AT_FAL, bring_home
from storyboard.render.observer import Unseen
from storyboard.render.result import RenderResult
from storyboard.render.runner import carry_out, found_sending
from storyboard.render.settle import adopt, look_before_resending, look_once
from storyboard.render.stage import Patience

RAM = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk would only be slower
SCENES = ("a", "b", "c")
PRICE = Decimal("0.504")
HOUR, DAY = 3600.0, 86400.0
LONGEST_LAG = 15 * HOUR
REACH = 5 * DAY  # all of it happens within what `render` looks back for lost takes
UNHURRIED = Patience(looks=(30, 120, 240), pauses=(5.0, 60.0))

# How it goes: how often a call meets a fault, the seed of which and of what becomes of requests; what is edited before.
GOES = st.tuples(
    st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    st.integers(0, 9999),
    st.dictionaries(st.sampled_from(SCENES), st.integers(0, 5), max_size=3),
)
Goes = tuple[float, int, dict[str, int]]
WELL: Goes = (0.0, 0, {})


BUG = 70  # the exit code of a traceback


class Wrong(AssertionError):
    """An invariant does not hold."""


class PayingOnce(RuleBasedStateMachine):
    """One project, one person, one account at fal."""

    clip: ClassVar[bytes]
    tally: ClassVar[Counter[str]] = Counter()
    ledger_type: ClassVar[Callable[..., Ledger]] = Ledger.open  # a broken one is put here to see it found

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="storyboard-", dir=RAM))
        self.project = self.folder / "project"
        self.project.mkdir()
        still(self.project)
        self.place = place_of(self.project, builtin=True)
        self.time = Timeline()
        self.fal = PlayedFal(self.time, self.clip, witness=self._witness)
        self.account = account_from({}, BASE)
        self.versions = dict.fromkeys(SCENES, 0)
        self.takes = dict.fromkeys(SCENES, 1)
        self.made: dict[tuple[str, int, int], Request] = {}
        self.asked_for: dict[str, set[int]] = {}  # digest → takes that were ever asked for
        self.again: Counter[tuple[str, int]] = Counter()  # sent again by a person's word
        self.forgiven: set[str] = set()  # jobs that a restored ledger can't know of
        self.backup: Path | None = None
        self.backed_up = 0.0
        self.events: tuple[Event, ...] = ()
        self.ids: dict[str, str] = {}
        self.finished: dict[tuple[str, int], TakeRecord] = {}
        self.resting = False
        self.unannounced: list[str] = []
        self._looking = Ledger.open(self.place, self.time.now)
        self.tally["examples"] += 1

    # what the person's machine is

    def ledger(self) -> Ledger:
        """For looking and for a person's commands; each render opens one of its own."""
        return self._looking

    def world(self) -> World:
        dice = random.Random(1)  # noqa: S311 - jitter, the same every time
        return World(self.time.now, self.time.elapsed, asyncio.sleep, dice, lambda: self.fal)

    def requests(self) -> list[Request]:
        wanted = [(s, self.versions[s], n) for s in SCENES for n in range(1, self.takes[s] + 1)]
        for scene, version, take in wanted:
            if (scene, version, take) not in self.made:
                start = "still.png" if scene == "a" else None
                made = request(self.project, scene, f"{scene}, version {version}", take=take, start=start)
                self.made[scene, version, take] = made
        found = [self.made[key] for key in wanted]
        for one in found:
            self.asked_for.setdefault(one.digest or "", set()).add(one.take)
        return found

    def work(
        self, *, budget: Decimal | None = None, stop: asyncio.Event | None = None, at_a_time: int = 2
    ) -> Any:
        """`storyboard render`: the plan of now, carried out."""
        store, book = Store(self.place), price_book()
        assert book is not None
        planned = make_plan(self.requests(), self.ledger().takes(), store.names(), book)
        return carry_out(
            planned,
            project=self.project,
            ledger=type(self).ledger_type(self.place, self.time.now),
            store=store,
            account=self.account,
            world=self.world(),
            patience=UNHURRIED,
            concurrency=at_a_time,
            budget=budget,
            stop=stop,
        )

    def do(self, work: Coroutine[Any, Any, Any], **death: Any) -> Any:
        """What it comes to: a value, or the failure that a person would read. A traceback is an error of ours."""
        try:
            return lived(work, self.time, **death)
        except StoryboardError as failure:
            if failure.exit_code == BUG:
                raise Wrong(f"a failure without words for a person: {failure!r}") from failure
            return failure
        except Killed:
            self.tally["killed"] += 1
            return None

    def _dying(self, work: Coroutine[Any, Any, Any], turn: int) -> None:
        """Killed there: the disk stays as it was at that moment, whatever closing the remains would do."""
        kept = self.folder / "as it was"
        self.do(work, dies_at=turn, on_death=lambda: shutil.copytree(self.place.folder, kept))
        if kept.exists():
            shutil.rmtree(self.place.folder)
            kept.rename(self.place.folder)

    def script(self, goes: Goes) -> None:
        self.fal.rate, number, edits = goes
        self.fal.dice = random.Random(number)  # noqa: S311 - a seed to play again, not a secret
        self.versions |= edits

    def _witness(self, body: str, intent: str) -> None:
        """I2: as fal takes a request, its intent is on the disk. What is not is kept: no runner may swallow it."""
        with contextlib.closing(sqlite3.connect(self.place.ledger)) as disk:
            found = disk.execute("SELECT state, body FROM takes WHERE intent = ?", [intent]).fetchall()
        if len(found) != 1 or found[0][1] != body or found[0][0] not in {"sending", "unknown"}:
            self.unannounced.append(f"taken as intent {intent}, on the disk: {found}")

    # rules

    @rule(goes=GOES, budget=st.sampled_from([None, None, "1.2", "5"]), at_a_time=st.integers(1, 3))
    def render(
        self,
        goes: Goes,
        budget: str | None,
        at_a_time: int,
    ) -> None:
        self.script(goes)
        limit = None if budget is None else Decimal(budget)
        held = sum((t.estimate or Decimal(0) for t in at_stake(self.ledger().takes())), Decimal(0))
        before = len(self.fal.jobs)
        self.do(self.work(budget=limit, at_a_time=at_a_time))
        spent = PRICE * (len(self.fal.jobs) - before)
        if limit is not None and spent and held + spent > limit:
            raise Wrong(f"I4: {held} held and {spent} spent, the budget is {limit}")

    @rule(goes=GOES, turn=st.integers(1, 400))
    def killed(self, goes: Goes, turn: int) -> None:
        self.script(goes)
        self._dying(self.work(), turn)

    @rule(goes=GOES, after=st.floats(0, 30))
    def interrupted(self, goes: Goes, after: float) -> None:
        self.script(goes)

        async def until() -> None:
            stop = asyncio.Event()
            asyncio.get_running_loop().call_later(after, stop.set)
            await self.work(stop=stop)

        self.do(until())

    @rule(goes=GOES, late=st.floats(0, 10), turn=st.one_of(st.none(), st.integers(1, 400)))
    def two_at_once(
        self,
        goes: Goes,
        late: float,
        turn: int | None,
    ) -> None:
        """On a file system without locks: nothing but the ledger's rows stands between them."""
        self.script(goes)

        async def both() -> None:
            async def second() -> RenderResult:
                await asyncio.sleep(late)
                return await self.work()

            ends = await asyncio.gather(self.work(), second(), return_exceptions=True)
            for end in ends:
                if isinstance(end, BaseException) and not isinstance(end, StoryboardError):
                    raise end

        if turn is None:
            self.do(both())
        else:
            self._dying(both(), turn)

    @rule(
        hours=st.sampled_from([0.0, 0.02, 1.0, 9.0]),
        outage=st.sampled_from([0.0, 0.0, 1.0, 15.0]),
        minutes=st.sampled_from([None, 0.0, -5.0, 5.0, -1440.0, 1440.0]),
        another=st.sampled_from([None, *SCENES]),
    )
    def meanwhile(self, hours: float, outage: float, minutes: float | None, another: str | None) -> None:
        """Time passes; fal's history stands still, as on 2026-05-11; the clock is set; a scene wants another take."""
        if self.time.seconds + hours * HOUR < REACH:
            self.time.seconds += hours * HOUR
        if minutes is not None:
            self.time.wrong = minutes * 60
        if another is not None:
            self.takes[another] = min(self.takes[another] + 1, 3)
        if outage:
            self._nothing_is_recorded(outage)

    def _nothing_is_recorded(self, hours: float) -> None:
        """What ends from now on is in the history only when the outage is over."""
        self.fal.outage = self.time.seconds + hours * HOUR
        for job in self.fal.jobs.values():
            if job.recorded > self.time.seconds:
                job.recorded = max(job.recorded, self.fal.outage)

    @rule(data=st.data())
    def a_clip_is_deleted(self, data: st.DataObject) -> None:
        names = sorted(Store(self.place).names())
        if names:
            Store(self.place).path_of(data.draw(st.sampled_from(names))).unlink()

    @rule(goes=GOES)
    def looked_for(self, goes: Goes) -> None:
        """`storyboard reconcile` without options."""
        self.script(goes)
        self._reconciled()

    def _reconciled(self) -> None:
        ledger = self.ledger()
        found_sending(ledger)
        unknown = at_stake(ledger.takes())
        if unknown:
            self.do(look_once(ledger, self.account, unknown, self.world()))
        waiting = [take for take in ledger.takes() if take.state in AT_FAL]
        if waiting:
            home = bring_home(waiting, ledger, Store(self.place), self.account, Unseen(), world=self.world())
            self.do(home)

    @precondition(lambda self: self._unsure())
    @rule(data=st.data(), goes=GOES, word=st.sampled_from(["adopt", "resend", "write off"]))
    def a_person_decides(self, data: st.DataObject, goes: Goes, word: str) -> None:
        ledger = self.ledger()
        found_sending(ledger)
        unsure = self._unsure() if word == "resend" else list(at_stake(ledger.takes()))
        if not unsure:
            return
        take = data.draw(st.sampled_from([t.key for t in unsure]).map(ledger.get))
        self.script(goes)
        if word == "adopt" and self.fal.jobs:
            job = data.draw(st.sampled_from(sorted(self.fal.jobs)))
            self.do(adopt(ledger, self.account, take, job, self.world()))
        if word == "write off":
            ledger.failed(take.key, "written off by a person", maybe_billed=True)
        if word == "resend":
            self._resent(ledger, take)
        self.tally[word] += 1

    def _resent(self, ledger: Ledger, take: TakeRecord) -> None:
        if self.do(look_before_resending(ledger, self.account, take, self.world())) is None:
            ledger.reopen(take.key, "sent again by a person")
            self.again[take.key] += 1

    def _unsure(self) -> list[TakeRecord]:
        ended = {State.FAILED, State.CANCELLED}
        takes = self.ledger().takes()
        return [*at_stake(takes), *(t for t in takes if t.state in ended and t.maybe_billed)]

    @precondition(lambda self: any(t.state is State.SENT for t in self.ledger().takes()))
    @rule(goes=GOES)
    def cancelled(self, goes: Goes) -> None:
        self.script(goes)
        ledger = self.ledger()
        sent = [take for take in ledger.takes() if take.state is State.SENT]
        self.do(cancel_takes(sent, ledger, self.account, self.world()))

    @rule()
    def backed_up_now(self) -> None:
        self.backup = self.folder / "backup.sqlite"
        shutil.copyfile(self.place.ledger, self.backup)
        self.backed_up = self.time.seconds

    @precondition(lambda self: self.backup is not None and self.time.seconds + DAY < REACH)
    @rule()
    def yesterdays_ledger_is_restored(self) -> None:
        """A day later, when the history is whole; what it has of the takes that are asked for is not paid again."""
        assert self.backup is not None
        self.time.seconds, self.time.wrong = max(self.time.seconds, self.fal.outage) + DAY, 0.0
        shutil.copyfile(self.backup, self.place.ledger)
        self.events, self.ids, self.finished = (), {}, {}
        self.script(WELL)
        known = self._named()
        failed = {j.id for j in self.fal.jobs.values() if j.end != "ok" and j.id not in known}
        self.forgiven |= failed
        self.do(self.work())
        named = self._named()
        self.forgiven |= {job.id for job in self.fal.jobs.values() if job.id not in named}

    # what may never be

    def _named(self) -> set[str]:
        """The ids that the ledger knows, in a take or in what became of one."""
        ledger = self.ledger()
        return {t.request_id or "" for t in ledger.takes()} | {e.request_id or "" for e in ledger.events()}

    @invariant()
    def holds(self) -> None:
        if self.unannounced:
            raise Wrong(f"I2: {self.unannounced}")
        takes, events = self.ledger().takes(), self.ledger().events()
        self.paid_once(takes)
        self.nothing_forgotten(
            takes, {t.request_id or "" for t in takes} | {e.request_id or "" for e in events}
        )
        self.nothing_goes_back(takes, events)

    def paid_once(self, takes: Sequence[TakeRecord]) -> None:
        """I1: an intent is taken once; a take is charged once, and once more for each time that a person said so."""
        jobs = [job for job in self.fal.jobs.values() if job.id not in self.forgiven]
        twice = [intent for intent, n in Counter(job.intent for job in jobs).items() if n > 1]
        if twice:
            raise Wrong(f"I1: taken twice as one intent: {twice}")
        bought = Counter(job.body for job in jobs if job.billed)
        for body, count in bought.items():
            digests = {take.digest for take in takes if take.body == body}
            allowed = sum(len(self.asked_for[d]) for d in digests)
            allowed += sum(n for (digest, _), n in self.again.items() if digest in digests)
            if count > allowed:
                raise Wrong(f"I1: {body} was bought {count} times, {allowed} may be")

    def nothing_forgotten(self, takes: Sequence[TakeRecord], named: set[str]) -> None:
        """I3: what fal took is named, or there is a take that may be it."""
        lost = Counter(j.body for j in self.fal.jobs.values() if j.id not in named | self.forgiven)
        for body, count in lost.items():
            of_it = [take for take in takes if take.body == body]
            open_ones = sum(
                t.request_id is None and (t.maybe_billed or t.state is State.SENDING) for t in of_it
            )
            given_up = sum(self.again[key] for key in {take.key for take in of_it})
            if count > open_ones + given_up:
                jobs = [job for job in self.fal.jobs.values() if job.body == body]
                told = [event for event in self.events if event.digest in {take.digest for take in of_it}]
                raise Wrong(
                    f"I3: {count} taken of {body}, and the ledger does not name them: {of_it}; {jobs}; {told}"
                )

    def nothing_goes_back(self, takes: Sequence[TakeRecord], events: tuple[Event, ...]) -> None:
        """I5: the events only grow, an intent keeps its id, a finished take stays as it is."""
        if events[: len(self.events)] != self.events:
            raise Wrong("I5: what had happened was changed")
        self.events = events
        for take in takes:
            if self.ids.setdefault(take.intent, take.request_id or "") not in {"", take.request_id}:
                raise Wrong(f"I5: the id of an intent changed: {take}")
            if take.request_id:
                self.ids[take.intent] = take.request_id
            if _lasting(self.finished.get(take.key, take)) != _lasting(take):
                raise Wrong(f"I5: a finished take changed: {self.finished[take.key]} → {take}")
            if take.state is State.VERIFIED:
                self.finished[take.key] = take

    # the end

    def teardown(self) -> None:
        try:
            self._comes_to_rest()
        finally:
            for name, count in self.fal.met.items():
                self.tally["faults"] += count
                self.tally[f"fault {name}"] += count
            self.tally["taken"] += len(self.fal.jobs)
            self.tally["POSTs"] += self.fal.asked["submit"]
            shutil.rmtree(self.folder, ignore_errors=True)

    def _comes_to_rest(self) -> None:
        """I7: without faults and with a whole history, all that fal took comes home. I6: then nothing is asked."""
        self.time.seconds = max(self.time.seconds, self.fal.outage) + LONGEST_LAG + HOUR
        self.time.wrong, self.resting = 0.0, True
        for _ in range(3):
            self.script(WELL)
            self.do(self.work())
            self._reconciled()
            self.time.seconds += HOUR
            if len(self.ledger().events()) == len(self.events):
                break
            self.holds()
        named = self._named() | self.forgiven
        for take in self.ledger().takes():
            mine = [j for j in self.fal.jobs.values() if j.body == take.body and j.id not in named]
            self._at_rest(take, mine)
        self._idle()

    def _at_rest(self, take: TakeRecord, unclaimed: list[Job]) -> None:
        self.tally[f"ended {take.state.value}"] += 1
        if take.state is State.UNKNOWN and unclaimed and self._clock_told_lies(take, unclaimed):
            return
        if take.state is State.UNKNOWN and unclaimed:
            raise Wrong(f"I7: fal took it, and it is not found: {take}, {unclaimed}")
        wanted = take.key in {(r.digest, r.take) for r in self.requests()}
        ends = {State.VERIFIED, State.UNKNOWN, State.FAILED, State.CANCELLED} | (
            set() if wanted else {State.INTENDED}
        )
        if take.state not in ends:
            raise Wrong(f"I7: it does not come to an end: {take}")
        if wanted and take.state in {State.FAILED, State.CANCELLED} and not take.maybe_billed:
            raise Wrong(f"I7: nothing was bought for it, and it is not sent again: {take}")

    def _clock_told_lies(self, take: TakeRecord, unclaimed: list[Job]) -> bool:
        """Sent by a wrong clock before fal had told the time even once: it waits for a person."""
        sent = (datetime.fromisoformat(take.sent_at or "") - START).total_seconds()
        lies = all(abs(job.accepted - sent) > HOUR for job in unclaimed)
        self.tally["sent by a wrong clock, parked"] += lies
        return lies

    def _idle(self) -> None:
        asked, disk = self.fal.asked.total(), self.place.ledger.read_bytes()
        done = {take.key for take in self.ledger().takes() if take.state is State.VERIFIED}
        if not all((r.digest, r.take) in done for r in self.requests()):
            return
        result = self.do(self.work())
        if self.fal.asked.total() != asked or self.place.ledger.read_bytes() != disk:
            raise Wrong(f"I6: a finished project asked for something, or wrote: {result}")
        self.tally["finished films"] += 1


def as_text(tally: Counter[str]) -> str:
    return json.dumps({k: v for k, v in sorted(tally.items()) if not k.startswith("fault ")})


def _lasting(take: TakeRecord) -> TakeRecord:
    """What may not change once a take is finished: its charge comes later, and a clip may be gone and come back."""
    return replace(take, unit_price=None, charge=None, charged_by=None, error=None)
