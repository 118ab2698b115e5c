"""The course of a render, for whoever shows it: where each take stands, what is spent, what is left to wait for.

Nothing here prints or looks at a clock of its own: the same events at the same times give the same course.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.plan.due import Due, Name, left

if TYPE_CHECKING:
    from storyboard.plan.pace import Wait
    from storyboard.render.observer import Activity, Progress

Clock = Callable[[], float]
"""Seconds that only go forward, from any point."""

BEFORE: frozenset[Activity] = frozenset({"waiting", "following", "checking"})  # its turn has not come
TAKEN: frozenset[Activity] = frozenset(
    {"queued", "running", "looking", "unknown"}
)  # fal has it, or may have it
ENDS: frozenset[Activity] = frozenset({"verified", "failed", "cancelled", "unknown"})


class Expected(Struct, frozen=True):
    """What is known before a render begins. Empty for takes that are only fetched."""

    due: tuple[Due, ...] = ()
    slots: int = 1
    rehearsal: bool = False


class Stand(Struct, frozen=True):
    """Where a take stands: `begun` and `ended` by the clock; `held` when its price counts as spent."""

    due: Due
    progress: Progress
    begun: float | None = None
    ended: float | None = None
    held: bool = False

    @property
    def activity(self) -> Activity:
        return self.progress.activity

    def lasted(self, now: float) -> float:
        """Seconds since its work began."""
        return 0.0 if self.begun is None else (now if self.ended is None else self.ended) - self.begun


class Course(Struct):
    expected: Expected = field(default_factory=Expected)
    clock: Clock = time.monotonic
    began: float = 0.0
    stands: dict[Name, Stand] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def saw(self, progress: Progress) -> Stand:
        """The take as it stands now."""
        name = progress.scene, progress.take
        before = self.stands.get(name)
        now = self.clock()
        if before is None:
            found = next((each for each in self.expected.due if each.name == name), None)
            before = Stand(found or Due(*name, sends=False), progress)
        elif progress.line is None and progress.activity == before.activity:
            progress = replace(progress, line=before.progress.line)
        self.stands[name] = after = _after(before, progress, now)
        return after

    @property
    def active(self) -> list[Stand]:
        """What is worked on, the oldest first."""
        found = [each for each in self.stands.values() if each.ended is None and each.activity not in BEFORE]
        return sorted(found, key=lambda each: each.begun or 0.0)

    @property
    def total(self) -> int:
        return len({each.name for each in self.expected.due} | self.stands.keys())

    def count(self, *activities: Activity) -> int:
        return sum(each.activity in activities for each in self.stands.values())

    @property
    def ended(self) -> int:
        return sum(each.ended is not None for each in self.stands.values())

    @property
    def spent(self) -> list[Decimal | None]:
        """What was sent by now, each at its estimate."""
        return [each.due.amount for each in self.stands.values() if each.held]

    @property
    def price(self) -> list[Decimal | None]:
        """Of all that the plan sends."""
        return [each.amount for each in self.expected.due if each.sends]

    def left(self, now: float) -> Wait | None:
        """Seconds to the last clip, as far as they can be told."""
        begun = {name: each.lasted(now) for name, each in self.stands.items() if each.begun is not None}
        ended = {name for name, each in self.stands.items() if each.ended is not None}
        return left(self.expected.due, begun, ended, self.expected.slots)


def _after(before: Stand, progress: Progress, now: float) -> Stand:
    begun = before.begun
    if begun is None and progress.activity not in BEFORE:
        begun = now
    ended = now if progress.activity in ENDS else None
    held = before.due.sends and (before.held or progress.activity in TAKEN) and not progress.free
    return Stand(before.due, progress, begun, ended, held)


def first(stands: Sequence[Stand], most: int) -> tuple[Sequence[Stand], int]:
    """As many as there is room for, and how many are left out."""
    return (stands, 0) if len(stands) <= most else (stands[: most - 1], len(stands) - most + 1)
