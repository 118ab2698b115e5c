"""Carries out a plan. Whatever stops it, running it again goes on from the ledger, and nothing is bought
twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from storyboard.errors import Interrupted, LedgerAway, Refused, StoryboardError
from storyboard.fal.account import Account
from storyboard.fal.hosts import submission
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.keep import in_step, keep_lock
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.slots import HOLDING
from storyboard.ledger.store import Store
from storyboard.plan.policy import Caps
from storyboard.plan.steps import Plan, Step
from storyboard.read.settings import FalSettings
from storyboard.render.abandoned import found_sending
from storyboard.render.afterwards import afterwards
from storyboard.render.before import Before
from storyboard.render.beginnings import Beginnings, key_of
from storyboard.render.bill import is_free
from storyboard.render.budget import check_caps
from storyboard.render.buy import buy
from storyboard.render.expiry import LATEST, until
from storyboard.render.hints import Hints
from storyboard.render.lasting import outlasting
from storyboard.render.observer import Observer, Unseen
from storyboard.render.problems import ends_the_render, not_again, problem_of, with_all_ids
from storyboard.render.restore import restored
from storyboard.render.result import Problem, RenderResult, result_of
from storyboard.render.stage import Patience, Stage, Teller, stage_of
from storyboard.render.turns import turns_of
from storyboard.render.uploads import Uploader, body_of, checked_uploads
from storyboard.render.wait import completed, fetched, judged
from storyboard.render.waiting import at_work, followed
from storyboard.report.counted import counted

FREE_AT_A_TIME = 16  # takes that are only waited for
CLIPS_AT_A_TIME = 8  # fetched and looked at


async def carry_out(
    plan: Plan,
    *,
    project: Path,
    ledger: Ledger,
    store: Store,
    account: Account,
    observer: Observer | None = None,
    world: World | None = None,
    concurrency: int = 2,
    caps: Caps | None = None,
    patience: Patience | None = None,
    stop: asyncio.Event | None = None,
    settings: FalSettings | None = None,
    lifting: frozenset[str] = frozenset(),
    webhook: str | None = None,
    hints: Hints | None = None,
    name: str = "a render",
) -> RenderResult:
    """Does what the plan says and no more. The caller holds the place's lease.

    Raises Refused, KeyProblem, LedgerError or Interrupted, which end the render; what fails for one scene
    alone is in the result. `stop`, when set, ends it within two seconds, with no POST begun after. `lifting` are
    the holds that were there when the person asked for the render. `webhook` is the URL that fal is asked to call;
    `hints` say that it did. `name` is what others who wait for it are told.
    """
    world = world or World()
    ledger.holds.lift(lifting)
    found_sending(ledger)
    store.sweep()
    if hints is not None:
        hints.sweep({take.request_id for take in ledger.takes() if take.state is State.SENT})
    with in_step(ledger.place, ledger, partial(submission, account)):
        due = tuple(step for step in _each_once(plan) if not _done(ledger, store, step))
        if not due:
            return result_of(plan, ledger.takes(), (), 0)
        check_caps(plan, ledger, caps or Caps(), world.now())
        buying = [step.request for step in due if _to_buy(ledger, step)]
        uploads = await asyncio.to_thread(checked_uploads, project, buying)
        account.needed_key()
        async with Wire(account, world, settings) as wire:
            stage = stage_of(
                ledger,
                store,
                wire,
                observer or Unseen(),
                world,
                patience=patience,
                stop=stop,
                concurrency=concurrency,
                webhook=webhook,
                hints=hints,
                turns=turns_of(ledger.place, name, concurrency, _being_made(ledger, due), caps),
            )
            return await _shot(plan, due, stage, Uploader(wire, ledger, project, uploads))


async def _shot(plan: Plan, due: Sequence[Step], stage: Stage, uploader: Uploader) -> RenderResult:
    """What came of the steps that are due; others that share the ledger know of the run meanwhile."""
    run = Run(plan, stage, uploader)
    async with at_work(stage):
        problems = await run.all(due)
    now = run.beginnings.now
    remarks = await afterwards(stage, {key_of(step) for step in map(now, due)})
    plan = replace(plan, steps=tuple(map(now, plan.steps)))
    return replace(result_of(plan, stage.ledger.takes(), problems, run.sent), remarks=remarks)


class Run:
    """One run over the steps that are due."""

    def __init__(self, plan: Plan, stage: Stage, uploader: Uploader) -> None:
        self._plan = plan
        self._stage = stage
        self._uploader = uploader
        self._before = Before(stage, plan, uploader)
        self.beginnings = Beginnings(plan, stage, uploader)
        self._begun: dict[str, asyncio.Task[None]] = {}
        self._free = asyncio.Semaphore(FREE_AT_A_TIME)
        self._clips = asyncio.Semaphore(CLIPS_AT_A_TIME)
        self.sent = 0

    async def all(self, steps: Sequence[Step]) -> tuple[Problem, ...]:
        """Every step to its end, the most urgent first; what ends the render is raised when all have come to rest."""
        self._begun = {step.scene: asyncio.create_task(self._one(step)) for step in self._by_urgency(steps)}
        tasks = {self._begun[step.scene]: step for step in steps}
        stopping = asyncio.create_task(self._stage.stop.wait())
        try:
            ending = await self._watched(set(tasks), stopping)
        except asyncio.CancelledError:
            self._stage.stop.set()
            ending = self._interrupted()
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            ends = await asyncio.gather(*tasks, stopping, return_exceptions=True)
        if ending is not None:
            raise with_all_ids(ending, ends)
        return tuple(
            problem
            for task in tasks
            if (problem := problem_of(self._stage.ledger, task, tasks[task])) is not None
        )

    def _by_urgency(self, steps: Sequence[Step]) -> list[Step]:
        """What fal has and may delete comes first, in the order in which it may."""

        def urgency(step: Step) -> datetime:
            take = self._stage.ledger.find(key_of(step))
            return LATEST if take is None or take.sendable else until(take, self._stage.wire.settings)

        return sorted(steps, key=urgency)

    async def _watched(
        self, pending: set[asyncio.Task[None]], stopping: asyncio.Task[bool]
    ) -> BaseException | None:
        """None when every task has ended by itself; otherwise what ends the render."""
        while pending:
            done, _ = await asyncio.wait({*pending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {stopping}:
                failure = task.exception() if not task.cancelled() else None
                if failure is not None and ends_the_render(failure):
                    interrupted = isinstance(failure, LedgerAway) and self._stage.stop.is_set()
                    return self._interrupted() if interrupted else failure
            if stopping in done:
                return self._interrupted()
            pending -= done
        return None

    async def _one(self, step: Step) -> None:
        stage = self._stage
        teller = Teller(stage.observer, stage.world, step.scene, step.take, stage.world.elapsed())
        try:
            await outlasting(stage, teller, lambda: self._to_its_end(step, teller))
        except StoryboardError as failure:
            teller.tell("failed", line=str(failure), free=is_free(failure, stage.ledger, key_of(step)))
            raise
        finally:
            stage.turns.after.pop(key_of(step), None)

    async def _to_its_end(self, step: Step, teller: Teller) -> None:
        stage = self._stage
        step = await self.beginnings.complete(step, self._begun, teller)
        record = await self._at_fal(step, teller)
        if record.state in {State.FAILED, State.CANCELLED}:
            raise not_again(record)
        async with self._clips:
            await _brought_home(stage, record, teller)
        keep_lock(stage.ledger.place, stage.ledger)

    async def _at_fal(self, step: Step, teller: Teller) -> TakeRecord:
        """The take until fal has its clip, or as far as it comes."""
        stage = self._stage
        key = key_of(step)
        record = stage.ledger.find(key)
        to_buy = record is None or record.sendable
        if to_buy:
            _as_planned(step)
            record = await self._before.adopted(step, teller)
        if to_buy and record is None:
            if stage.slots.locked():
                teller.tell("waiting")
            async with stage.slots:
                record = await self._bought(step, teller)
        async with self._free:
            return await followed(stage, record or stage.ledger.get(key), teller)

    async def _bought(self, step: Step, teller: Teller) -> TakeRecord:
        """Bought and done at fal, which holds one of the slots; or unknown, which does not."""
        teller.tell("uploading")
        content = await body_of(step.request, self._uploader)
        self.sent += 1
        record = await outlasting(
            self._stage, teller, lambda: buy(self._stage, self._plan, step, content, teller)
        )
        return await outlasting(self._stage, teller, lambda: self._waited_for(record, teller))

    async def _waited_for(self, record: TakeRecord, teller: Teller) -> TakeRecord:
        ledger = self._stage.ledger
        keep_lock(ledger.place, ledger)
        now = ledger.get(record.key)
        return await completed(self._stage, now, teller) if now.state is State.SENT else now

    def _interrupted(self) -> Interrupted:
        running: list[TakeRecord] = []
        with contextlib.suppress(LedgerAway):
            running = [take for take in self._stage.ledger.takes() if take.state is State.SENT]
        names = ", ".join(dict.fromkeys(take.scene for take in running))
        several = counted(len(running), "take goes", "takes go")
        going = f" {several} on at fal: {names}." if running else ""
        return Interrupted(
            f"Interrupted; nothing more is sent.{going} Everything is recorded: run the same command again "
            "and it goes on, or stop what runs with `storyboard cancel`."
        )


async def _brought_home(stage: Stage, record: TakeRecord, teller: Teller) -> None:
    """What fal has made, into the store and looked at."""
    if record.state is State.COMPLETED:
        await fetched(stage, record, teller)
    elif record.state is State.DOWNLOADED:
        await judged(stage, record, teller)
    elif record.state is State.VERIFIED and record.clip and not stage.store.holds(record.clip):
        await restored(stage, record, teller)


def _as_planned(step: Step) -> None:
    if step.decision != "send":
        raise Refused(
            f"Scene {step.scene} would have to be bought, and the plan does not say so. Nothing was sent "
            "for it. Run the same command again to see the new plan."
        )


def _each_once(plan: Plan) -> tuple[Step, ...]:
    """A step a take: scenes that compile to the same request share one, which the first of them buys."""
    first: dict[tuple[str | None, int], Step] = {}
    for step in plan.steps:
        first.setdefault((step.request.identity, step.request.take), step)
    return tuple(first.values())


def _done(ledger: Ledger, store: Store, step: Step) -> bool:
    record = ledger.find(key_of(step))
    return bool(record and record.state is State.VERIFIED and store.has_yield(record))


def _being_made(ledger: Ledger, due: Sequence[Step]) -> dict[tuple[str, int], str]:
    """The takes that an earlier run sent and this one goes on with, and their intents."""
    keys = {key_of(step) for step in due}
    return {take.key: take.intent for take in ledger.takes() if take.key in keys and take.state in HOLDING}


def _to_buy(ledger: Ledger, step: Step) -> bool:
    record = ledger.find(key_of(step))
    return step.decision == "send" and (record is None or record.sendable)
