"""The plan's types: a value that is saved, shown and approved before a cent is spent."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

from storyboard.compile.request import Request
from storyboard.ledger.record import TakeRecord
from storyboard.media.fact import Kind
from storyboard.plan.changes import Change
from storyboard.plan.newest import Newer

Decision = Literal["reuse", "resume", "send", "ask"]
Why = Literal[
    "new",  # never bought
    "changed",  # it differs from what was bought for the scene
    "again",  # intended before, or let go again by a person: nothing that counts had left
    "reuse",  # bought, and here; or the same request as an earlier scene's
    "resume",  # bought or at fal: only fetched
    "pinned",  # the author holds on to a take, whatever the text says
    "unknown",  # it may have been sent
    "failed",  # it failed or was cancelled
]


class Step(Struct, frozen=True):
    """One request and what is to be done about it. `amount` is what it will cost now: 0 for reuse and resume, None
    when the price is unknown. For `ask` it is what may have been spent already, by the estimate of then; what several
    steps ask about is counted at the first of them.

    `since` is the take that the reason speaks of: the request's own, or the one that `changes` compares it with. `twin`
    is an earlier scene with the same request, which is bought once.
    """

    scene: str
    take: int
    decision: Decision
    reason: str
    amount: Decimal | None
    request: Request
    why: Why = "new"
    since: TakeRecord | None = None
    changes: tuple[Change, ...] = ()
    twin: str | None = None


class FileToSend(Struct, frozen=True):
    """A local file that leaves this machine when the plan is carried out, unless it lies with fal until `expires_at`
    (ISO 8601, UTC). `size` in bytes, None when it was not looked at; `scenes` show it. `path` begins with "last-frame:"
    for the last frame of a clip, which is drawn then."""

    path: str
    kind: Kind
    size: int | None
    sha256: str | None
    scenes: tuple[str, ...]
    expires_at: str | None = None


class Plan(Struct, frozen=True):
    """What a render will do and no more. `total` sums what is to be sent; `unpriced` names what of it has no price."""

    digest: str
    price_book: str
    steps: tuple[Step, ...]
    total: Decimal
    unpriced: tuple[str, ...]
    files: tuple[FileToSend, ...] = ()
    newer: Newer | None = None  # a newer book that makes something else of what is to be sent

    def to_send(self) -> tuple[Step, ...]:
        return tuple(step for step in self.steps if step.decision == "send")
