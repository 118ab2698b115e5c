"""A price book that a newer one has overtaken: what the total is by the one, and what the other would make it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from storyboard.plan.newest import Newer
from storyboard.report.money import bare, exact


def newer_in_words(newer: Newer) -> str:
    """ "12.60 by seeds of 2026-04-25; observed-2026-10 of 2026-10-04 would make it 6.30" """
    used, book = newer.used, newer.book
    return (
        f"{_sum(newer.used_amounts)} by {used.name} of {used.as_of}; "
        f"{book.name} of {book.as_of} would make it {_sum(newer.amounts)}"
    )


def stale_warning(newer: Newer) -> str:
    return f"The price book is stale: {newer_in_words(newer)} (--prices {newer.book.name})."


def newer_document(newer: Newer | None) -> dict[str, Any] | None:
    if newer is None:
        return None
    return {
        "price_book": newer.book.name,
        "as_of": newer.book.as_of.isoformat(),
        "total": exact(newer.total),
        "differs": list(newer.differs),
    }


def _sum(amounts: Sequence[Decimal | None]) -> str:
    """Bare USD; what is not known is never counted as nothing."""
    known = [amount for amount in amounts if amount is not None]
    total = bare(sum(known, Decimal(0)))
    return total if len(known) == len(amounts) else f"{total} and an unknown amount" if known else bare(None)
