"""One take as the ledger knows it. Pure: the plan is made from these."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Literal

from msgspec import Struct


class State(StrEnum):
    """Where a take stands. The order of the first six is the order of a life."""

    INTENDED = "intended"  # the row is durable, nothing has left
    SENDING = "sending"  # bytes may have left
    SENT = "sent"  # fal gave an id
    COMPLETED = "completed"  # fal says it is done and where the clip is, or what the voice is
    DOWNLOADED = "downloaded"  # the clip is in the store, not yet judged
    VERIFIED = "verified"  # the clip is what was asked for; a voice has nothing to fetch or judge
    FAILED = "failed"  # fal refused or the model failed
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"  # bytes left and no id came: may be paid, never re-sent blindly


Origin = Literal[
    "lock",  # storyboard.lock says that it was bought, elsewhere or by a ledger that is gone
    "added",  # shot elsewhere, and added by hand
]
Evidence = Literal[
    "billable units",  # fal's units at the unit price
    "billing events",  # fal's own account of the request
]


class Submission(Struct, frozen=True):
    """What the queue gave back. The URLs are on hosts that may be asked."""

    request_id: str
    status_url: str
    response_url: str
    cancel_url: str


class TakeRecord(Struct, frozen=True):
    """(digest, take) is unique. URLs are those that submit returned; `clip` is the sha256 that names it in
    the store, `voice` the id of a voice, of a take that yields one in place of a clip.

    `origin` says how it came here when it was not sent from here. `body` is the body as it was sent,
    canonical, with each upload's URL replaced by its content's hash: what fal's history is searched for.
    `seen_id` is an id that came with an answer which did not say that fal took the request.
    """

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
    number: int = 0  # rises with every intent, never used twice
    intent: str = ""  # random; a new one for each time that a person lets the take be sent again
    body: str | None = None
    sent_at: str | None = None  # when sending began; ISO 8601, UTC
    seen_id: str | None = None
    file_size: int | None = None  # bytes, as fal states it
    warnings: tuple[str, ...] = ()
    origin: Origin | None = None  # None: this ledger sent it
    finished_at: str | None = None  # when its clip was verified; ISO 8601, UTC
    unit_price: Decimal | None = None  # of the charge: USD a billable unit
    charge: Decimal | None = None  # USD; None while nobody knows
    charged_by: Evidence | None = None
    voice: str | None = None

    @property
    def of_voice(self) -> bool:
        """Was a voice asked for, and no clip? `scene` is then "voice NAME": no scene's id has a blank in it."""
        return " " in self.scene

    @property
    def subject(self) -> str:
        """What it is a take of, in messages: "scene dawn", "voice mara"."""
        return self.scene if self.of_voice else f"scene {self.scene}"

    @property
    def key(self) -> tuple[str, int]:
        return (self.digest, self.take)

    @property
    def submission(self) -> Submission | None:
        if not (self.request_id and self.status_url and self.response_url and self.cancel_url):
            return None
        return Submission(self.request_id, self.status_url, self.response_url, self.cancel_url)

    @property
    def sendable(self) -> bool:
        """May it be POSTed without a person's word? Only when nothing can have been bought for it yet."""
        if self.state is State.INTENDED:
            return True
        return self.state in {State.FAILED, State.CANCELLED} and not self.maybe_billed


class Intent(Struct, frozen=True):
    """What is about to be bought."""

    digest: str
    take: int
    scene: str
    endpoint: str
    seconds: int
    price_book: str
    estimate: Decimal | None


class Event(Struct, frozen=True):
    """One thing that happened to a take. `number` orders events; clocks don't.

    `request_id` is of the attempt that it happened to. What follows the note is known of that attempt where it is given
    up for another; its charge also where fal told or corrected it.
    """

    number: int
    at: str
    digest: str
    take: int
    was: str | None
    state: str
    request_id: str | None
    note: str | None
    sent_at: str | None = None
    price_book: str | None = None
    estimate: Decimal | None = None
    unit_price: Decimal | None = None
    charge: Decimal | None = None
    charged_by: Evidence | None = None


class Stock(Struct, frozen=True):
    """Which of the clips that a shared store was asked about it has, by sha256; `trouble` is why it could not be
    asked, as a sentence."""

    clips: frozenset[str] = frozenset()
    trouble: str = ""
