"""What came of a render."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from storyboard.errors import StoryboardError
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.steps import Plan


class Problem(Struct, frozen=True):
    """Why a scene has no clip after the render."""

    scene: str
    take: int
    error: StoryboardError


class RenderResult(Struct, frozen=True):
    """What a render did. `takes` in the plan's order; `unknown` may be paid and are never sent again
    unasked."""

    takes: tuple[TakeRecord, ...]
    problems: tuple[Problem, ...]
    sent: int
    remarks: tuple[str, ...] = ()  # of fal or of this machine, for the person

    @property
    def unknown(self) -> tuple[TakeRecord, ...]:
        return tuple(take for take in self.takes if take.state in {State.UNKNOWN, State.SENDING})

    @property
    def complete(self) -> bool:
        return not self.problems and all(take.state is State.VERIFIED for take in self.takes)


def finished(plan: Plan, takes: Sequence[TakeRecord]) -> RenderResult | None:
    """The result of a plan that leaves nothing to do; None when there is something."""
    if any(step.decision != "reuse" for step in plan.steps):
        return None
    return result_of(plan, takes, (), 0)


def result_of(
    plan: Plan, known: Sequence[TakeRecord], problems: tuple[Problem, ...], sent: int
) -> RenderResult:
    wanted = [(step.request.digest or "", step.request.take) for step in plan.steps]
    takes = {take.key: take for take in known}
    return RenderResult(tuple(takes[key] for key in wanted if key in takes), problems, sent)
