"""What can be made to go wrong, one row a fault, and when it does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.sandbox.ids import fraction
from storyboard.sandbox.state import State

Moment = Literal[
    "before accept",  # the submission is refused: nothing is recorded, nothing will be charged
    "at accept",  # the submission is recorded and its answer suffers
    "in the life",  # drawn when the request is accepted, felt later
    "poll",  # drawn anew for every status or result
    "download",  # drawn anew for every clip that is fetched
    "call",  # drawn for every request whose end a webhook is told
]


class Fault(Struct, frozen=True):
    name: str
    moment: Moment
    text: str


FAULTS = (
    Fault("429", "before accept", "too many requests, with X-Fal-needs-retry: 1"),
    Fault("500", "before accept", "fal's own internal error"),
    Fault("503-nginx", "before accept", "the ingress answers with its HTML page and no request id"),
    Fault(
        "drop-after-accept",
        "at accept",
        "the request is recorded and runs; the connection closes without an answer",
    ),
    Fault(
        "cut-answer",
        "at accept",
        "the request is recorded and runs; the answer has its headers and half its body",
    ),
    Fault("slow", "at accept", "the request is recorded and runs; the answer is held back for a while"),
    Fault("lost-request", "in the life", "the request runs; its status, result and cancel answer 404"),
    Fault(
        "timeout", "in the life", "it ends as COMPLETED with the error request_timeout; nothing is charged"
    ),
    Fault(
        "422",
        "in the life",
        "it ends as COMPLETED; its result is a content_policy_violation; nothing is charged",
    ),
    Fault("poll-503", "poll", "a status or result answers with the ingress's HTML page, once"),
    Fault("truncated-download", "download", "a clip's Content-Length is right and its body ends half-way"),
    Fault("webhook-lost", "call", "a webhook is never called"),
    Fault(
        "webhook-forged",
        "call",
        "before the webhook is called, somebody else calls it, with a key of his own",
    ),
    Fault("webhook-late", "call", "before the webhook is called, a call of ten minutes ago arrives"),
    Fault("webhook-duplicate", "call", "a webhook that took its call is called the same way five times more"),
)
NAMES = tuple(fault.name for fault in FAULTS)


def parse_faults(words: Iterable[str]) -> dict[str, float]:
    """Rates by name from NAME=RATE words. Raises UsageError, which lists the names."""
    return dict(_parse(word) for word in words)


def _parse(word: str) -> tuple[str, float]:
    name, _, rate = word.partition("=")
    if name not in NAMES:
        rows = "; ".join(f"{fault.name} ({fault.text})" for fault in FAULTS)
        raise UsageError(f"there is no fault called {name!r}. Write --fault NAME=RATE with one of: {rows}.")
    try:
        number = float(rate)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise UsageError(f"--fault {name}={rate}: the rate is a number from 0 (never) to 1 (always).")
    return name, number


class Dice(Struct, frozen=True):
    """Decides whether a fault strikes. The same seed on a new state folder decides alike, in the same
    order."""

    rates: Mapping[str, float]
    seed: int
    state: State

    def strikes(self, name: str) -> bool:
        rate = self.rates.get(name, 0.0)
        if rate == 0:
            return False
        return fraction(self.seed, name, self.state.next_number(f"fault {name}")) < rate

    def first(self, moment: Moment) -> str | None:
        """The first fault of that moment that strikes, in the table's order."""
        return next((f.name for f in FAULTS if f.moment == moment and self.strikes(f.name)), None)
