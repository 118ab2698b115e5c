"""A machine that renders, crashes, edits, restores and reconciles as it is told, and knows what may not happen.

To whom it happens is in `played_person.py`, what may not happen in `invariants.py`: the fake's record of what it took
is the truth that every rule ends with being compared to.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from decimal import Decimal

import hypothesis.strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule
from invariants import HOUR, Invariants
from kept_rows import kept, put_back
from played_person import SCENES, WELL, Goes, Wrong

from storyboard.errors import StoryboardError
from storyboard.ledger.record import State
from storyboard.ledger.store import Store
from storyboard.render.abandoned import found_sending
from storyboard.render.budget import at_stake
from storyboard.render.cancel import cancel_takes
from storyboard.render.result import RenderResult
from storyboard.render.settle import adopt

PRICE = Decimal("0.504")
DAY = 24 * HOUR
REACH = 5 * DAY  # all of it happens within what `render` looks back for lost takes

# How it goes: how often a call meets a fault, the seed of which and of what becomes of requests; what is edited before.
GOES = st.tuples(
    st.sampled_from([0.0, 0.1, 0.3, 0.6]),
    st.integers(0, 9999),
    st.dictionaries(st.sampled_from(SCENES), st.integers(0, 5), max_size=3),
)


class PayingOnce(Invariants, RuleBasedStateMachine):
    """Each rule is one thing that happens to a person; after each, all invariants hold."""

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

    @precondition(lambda self: any(t.state is State.SENT for t in self.ledger().takes()))
    @rule(goes=GOES)
    def cancelled(self, goes: Goes) -> None:
        self.script(goes)
        ledger = self.ledger()
        sent = [take for take in ledger.takes() if take.state is State.SENT]
        self.do(cancel_takes(sent, ledger, self.account, self.world()))

    @rule()
    def backed_up_now(self) -> None:
        self.backup = kept(self.place)
        self.backed_up = self.time.seconds

    @precondition(lambda self: self.backup is not None and self.time.seconds + DAY < REACH)
    @rule()
    def yesterdays_ledger_is_restored(self) -> None:
        """A day later, when the history is whole; what it has of the takes that are asked for is not paid again."""
        assert self.backup is not None
        self.time.seconds, self.time.wrong = max(self.time.seconds, self.fal.outage) + DAY, 0.0
        put_back(self.place, self.backup)
        self.events, self.ids, self.finished = (), {}, {}
        self.script(WELL)
        known = self._named()
        failed = {j.id for j in self.fal.jobs.values() if j.end != "ok" and j.id not in known}
        self.forgiven |= failed
        self.do(self.work())
        named = self._named()
        self.forgiven |= {job.id for job in self.fal.jobs.values() if job.id not in named}

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


def as_text(tally: Counter[str]) -> str:
    return json.dumps({k: v for k, v in sorted(tally.items()) if not k.startswith("fault ")})
