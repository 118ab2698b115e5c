"""Takes that fal has and no storyboard asks for any more: the author went on while they were made. They are
paid, so they are fetched all the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from storyboard.fal.account import Account
from storyboard.fal.errors import GenerationFailed
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.store import Store
from storyboard.plan.steps import Plan
from storyboard.render.expiry import by_urgency
from storyboard.render.observer import Observer
from storyboard.render.stage import Stage, Teller, stage_of
from storyboard.render.wait import completed, fetched, judged

AT_FAL = frozenset({State.SENT, State.COMPLETED, State.DOWNLOADED})


def stranded(takes: Iterable[TakeRecord], plan: Plan) -> tuple[TakeRecord, ...]:
    """Takes at fal that no step of the plan asks for: the author went on while they were made. They are
    paid."""
    wanted = {(step.request.digest, step.request.take) for step in plan.steps}
    return tuple(take for take in takes if take.state in AT_FAL and take.key not in wanted)


async def bring_home(
    takes: Sequence[TakeRecord],
    ledger: Ledger,
    store: Store,
    account: Account,
    observer: Observer,
    *,
    world: World | None = None,
) -> tuple[TakeRecord, ...]:
    """Fetches and verifies takes that fal has, whether or not a storyboard still asks for them."""
    world = world or World()
    async with Wire(account, world) as wire:
        stage = stage_of(ledger, store, wire, observer, world)
        return tuple([await _home(stage, take) for take in by_urgency(takes, wire.settings)])


async def _home(stage: Stage, take: TakeRecord) -> TakeRecord:
    teller = Teller(stage.observer, stage.world, take.scene, take.take, stage.world.elapsed())
    try:
        if take.state is State.SENT:
            take = await completed(stage, take, teller)
        if take.state is State.COMPLETED:
            return await fetched(stage, take, teller)
        return await judged(stage, take, teller)
    except GenerationFailed as failure:
        teller.tell("failed", line=str(failure))
        return stage.ledger.get(take.key)
