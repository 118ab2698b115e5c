"""One take as the ledger knows it. Pure: the plan is made from these."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class State(StrEnum):
    """Where a take stands. The order of the first six is the order of a life."""

    INTENDED = "intended"  # the row is durable, nothing has left
    SENDING = "sending"  # bytes may have left
    SENT = "sent"  # fal gave an id
    COMPLETED = "completed"  # fal says it is done and where the clip is
    DOWNLOADED = "downloaded"  # the clip is in the store, not yet judged
    VERIFIED = "verified"  # the clip is what was asked for
    FAILED = "failed"  # fal refused or the model failed
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # bytes left and no id came: may be paid, never re-sent blindly


@dataclass(frozen=True, slots=True)
class TakeRecord:
    """(digest, take) is unique. URLs are those that submit returned; `clip` is the sha256 that names it in the store."""

    digest: str
    take: int
    scene: str
    endpoint: str
    state: State
    seconds: int
    created_at: str  # ISO 8601, UTC
    price_book: str | None = None
    estimate: Decimal | None = None
    request_id: str | None = None
    status_url: str | None = None
    response_url: str | None = None
    cancel_url: str | None = None
    clip_url: str | None = None
    clip: str | None = None
    billable_units: Decimal | None = None
    error: str | None = None
    maybe_billed: bool = False
