"""What a plan has to wait for, take by take, and how much of that is left while it is carried out.

slot 1  |--- dawn ---|-- sea --|
slot 2  |- window -|---- turn ----|
                ^ now             ^ the forecast again, of what is left of each
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.times import Times
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.forecast import scheduled
from storyboard.plan.pace import ENOUGH, Pace, Wait, paces
from storyboard.plan.steps import Plan, Step

Name = tuple[str, int]  # scene, take
ZERO = Decimal(0)


class Due(Struct, frozen=True):
    """A take that there is work for. `amount` in USD: 0 where nothing is sent, None where the price is unknown. `wait`
    in seconds from its sending to its clip, None where its pace is not known. `after` is the scene that it begins
    with the last frame of."""

    scene: str
    take: int
    sends: bool = True
    amount: Decimal | None = ZERO
    wait: Wait | None = None
    after: str | None = None

    @property
    def name(self) -> Name:
        return self.scene, self.take


def dues(
    plan: Plan, history: Sequence[TakeRecord], times: Times, now: datetime, *, rehearsal: bool
) -> tuple[Due, ...]:
    """In the order of the plan. A rehearsal goes by its own takes alone: fal's pace says nothing of it."""
    steps = [step for step in plan.steps if step.decision != "reuse"]
    found = paces((step.request.endpoint for step in steps), history, times)
    known = {name: pace for name, pace in found.items() if not rehearsal or pace.takes >= ENOUGH}
    sent = {take.key: take for take in history}
    return tuple(_due(step, known.get(step.request.endpoint), sent, now) for step in steps)


def _due(step: Step, pace: Pace | None, sent: Mapping[tuple[str, int], TakeRecord], now: datetime) -> Due:
    request, sends = step.request, step.decision == "send"
    wait = Wait(*pace.wait(request.seconds)) if pace is not None else None
    if wait is not None and not sends:
        wait = _rest(wait, sent.get((request.digest or "", step.take)), now)
    after = request.after if request.is_pending else None
    return Due(step.scene, step.take, sends, step.amount if sends else ZERO, wait, after)


def _rest(wait: Wait, take: TakeRecord | None, now: datetime) -> Wait:
    """Of what was sent by an earlier run; what is done at fal is only fetched."""
    if take is None or take.state is not State.SENT or take.sent_at is None:
        return Wait(0, 0, 0)
    passed = max((now - datetime.fromisoformat(take.sent_at)).total_seconds(), 0)
    return Wait(*(max(each - passed, 0) for each in wait))


def left(due: Sequence[Due], begun: Mapping[Name, float], ended: Collection[Name], slots: int) -> Wait | None:
    """Seconds until the last clip, when those `begun` have been at fal for so many. None where a pace is not known, or
    nothing is left of what was likely: then nobody can say."""
    open_ = [each for each in due if each.name not in ended]
    waits = [_left_of(each, begun.get(each.name, 0.0)) for each in open_]
    known = [wait for wait in waits if wait is not None]
    if len(known) < len(waits) or not known:
        return None
    found = Wait(*(_ends(open_, [each[at] for each in known], begun, slots) for at in range(3)))
    return found if found.likely > 0 else None


def _ends(due: Sequence[Due], waits: Sequence[float], begun: Collection[Name], slots: int) -> int:
    """When the last one does: what is sent has a slot and keeps it, what is only fetched needs none."""
    pairs = sorted(zip(due, waits, strict=True), key=lambda pair: pair[0].name not in begun)
    sending = [(each, wait) for each, wait in pairs if each.sends]
    fetched = max((round(wait) for each, wait in pairs if not each.sends), default=0)
    last = scheduled([round(wait) for _, wait in sending], slots, _behind([each for each, _ in sending]))
    return max(last, fetched)


def _left_of(due: Due, passed: float) -> Wait | None:
    return None if due.wait is None else Wait(*(max(each - passed, 0.0) for each in due.wait))


def _behind(due: Sequence[Due]) -> dict[int, int]:
    numbers = {each.scene: number for number, each in enumerate(due)}
    return {
        number: numbers[each.after]
        for number, each in enumerate(due)
        if each.after is not None and each.after in numbers
    }
