"""Scenes that begin with the last frame of another's clip: each waits for that clip, within the one plan that was
agreed to, and is then like any other."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from msgspec.structs import replace

from storyboard.errors import Refused, StoryboardError
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.begun import completed
from storyboard.plan.steps import Plan, Step
from storyboard.render.restore import at_hand
from storyboard.render.stage import Stage, Teller
from storyboard.render.uploads import Uploader, last_frame_of

Tasks = Mapping[str, "asyncio.Task[None]"]  # by the scene of the step that each carries out
Key = tuple[str | None, int]


class Beginnings:
    """The steps of one run, as they are by now."""

    def __init__(self, plan: Plan, stage: Stage, uploader: Uploader) -> None:
        self._stage, self._uploader = stage, uploader
        self._steps = {step.scene: step for step in plan.steps}
        self._doers: dict[Key, str] = {}  # the scene whose task buys a request
        for step in plan.steps:
            self._doers.setdefault((step.request.identity, step.request.take), step.scene)

    def now(self, step: Step) -> Step:
        """A step of the plan, complete where it came to be."""
        if not step.request.is_pending:
            return step
        return replace(step, request=self._steps[self._doer(step)].request)

    async def complete(self, step: Step, tasks: Tasks, teller: Teller) -> Step:
        """The step with the beginning that it takes, its picture ready to be sent. Its price is that of the plan: it
        does not depend on the picture. Raises StoryboardError where there is no clip to begin with."""
        begins, stage = step.request.begins, self._stage
        if begins is None or not (step.request.is_pending or self._is_to_buy(step)):
            return step
        if begins.clip is None or not await at_hand(stage, begins.clip, teller):
            teller.tell("following")
            take = await self._shot(step, begins.scene, tasks, teller)
            if begins.clip is None:
                step = replace(step, request=completed(step.request, take))
                self._steps[step.scene] = step
                await self._alone(step, tasks)
        return await self._with_picture(step)

    async def _with_picture(self, step: Step) -> Step:
        clip = step.request.begins.clip if step.request.begins is not None else None
        if clip is not None and self._is_to_buy(step):
            path = await asyncio.to_thread(self._stage.store.read, clip)
            found = last_frame_of(step.request, path)
            self._uploader.uploads[found.path] = found
        return step

    async def _shot(self, step: Step, before: str, tasks: Tasks, teller: Teller) -> TakeRecord:
        """The verified take of the scene before, its clip in the store, as soon as it is there."""
        known = self._steps.get(before)
        doer = self._doer(known) if known is not None else before
        failure = None
        if doer in tasks:
            await asyncio.wait({tasks[doer]})
            failure = tasks[doer].exception()
        take, begins = self._take_of(doer), step.request.begins
        there = take is not None and take.clip is not None and await at_hand(self._stage, take.clip, teller)
        if take is None or begins is None or not there or begins.clip not in {None, take.clip}:
            raise _not_sent(step, before, failure, planned=known is not None)
        return take

    def _take_of(self, scene: str) -> TakeRecord | None:
        step = self._steps.get(scene)
        take = self._stage.ledger.find(key_of(step)) if step is not None else None
        return take if take is not None and take.state is State.VERIFIED else None

    async def _alone(self, step: Step, tasks: Tasks) -> None:
        """Two may turn out to be one request only now: the second waits for the first, and has its clip, or ends as
        that did."""
        first = self._doers.setdefault((step.request.digest, step.request.take), step.scene)
        if first != step.scene and first in tasks:
            await asyncio.wait({tasks[first]})
            if (failure := tasks[first].exception()) is not None:
                raise failure

    def _doer(self, step: Step) -> str:
        return self._doers.get((step.request.identity, step.request.take), step.scene)

    def _is_to_buy(self, step: Step) -> bool:
        take = self._stage.ledger.find(key_of(step))
        return take is None or take.sendable


def key_of(step: Step) -> tuple[str, int]:
    """What the ledger knows the step's take by."""
    return (step.request.digest or "", step.request.take)


def _not_sent(step: Step, before: str, failure: BaseException | None, *, planned: bool) -> StoryboardError:
    """Why a scene was not sent. It fails as the scene before did."""
    again = f"Run the same command again: it goes on as soon as {before} has one."
    cure = again if planned else f"Run `storyboard render PATH --scene {before} --scene {step.scene}`."
    told = Refused(
        f"Scene {step.scene} was not sent: it begins with the last frame of {before}, and no clip of that is here. "
        f"Nothing was bought for it. {cure}"
    )
    if isinstance(failure, StoryboardError):
        told.exit_code = failure.exit_code
    return told
