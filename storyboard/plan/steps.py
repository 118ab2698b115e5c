"""The plan's types: a value that is saved, shown and approved before a cent is spent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from storyboard.compile.request import Request

Decision = Literal["reuse", "resume", "send", "ask"]


@dataclass(frozen=True, slots=True)
class Step:
    """One request and what is to be done about it. `amount` is what it will cost now: 0 for reuse and resume, None
    when the price is unknown. For `ask` it is what may have been spent already."""

    scene: str
    take: int
    decision: Decision
    reason: str
    amount: Decimal | None
    request: Request


@dataclass(frozen=True, slots=True)
class Plan:
    """What a render will do and no more. `total` sums what is to be sent; `unpriced` names scenes without a price."""

    digest: str
    price_book: str
    steps: tuple[Step, ...]
    total: Decimal
    unpriced: tuple[str, ...]

    def to_send(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.decision == "send")
