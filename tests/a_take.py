"""A take of a ledger: what it was intended as, and what fal answered to its submit."""

from __future__ import annotations

from decimal import Decimal

from storyboard.ledger.record import Intent, Submission

DIGEST = "d" * 64
INTENT = Intent(DIGEST, 1, "dawn", "fal-ai/x/y", 5, "seeds", Decimal("1.54"))
KEY = (DIGEST, 1)


def given(id_: str = "id-1") -> Submission:
    return Submission(id_, "https://a/status", "https://a", "https://a/cancel")
