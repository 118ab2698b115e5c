"""Do the price books still say what fal charges? Judged by what it did charge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import PriceBook, Tier

ROUNDING = Decimal("0.005")  # USD: half a cent is no other price


class Paid(Struct, frozen=True):
    """One take that was charged: `listed` is the charge in USD before discounts, `estimate` what `book` said."""

    scene: str
    endpoint: str
    tier: Tier
    seconds: int
    estimate: Decimal | None
    book: str | None
    listed: Decimal

    @property
    def foreseen(self) -> bool:
        return _same(self.estimate, self.listed)


class Verdict(Struct, frozen=True):
    """`wrong` are takes that cost something else than was estimated, `of` how many were looked at. `fits` says for each
    shipped book how many of all takes it would have priced right, the best first."""

    wrong: tuple[Paid, ...]
    of: int
    fits: tuple[tuple[str, int], ...]

    @property
    def right(self) -> tuple[str, ...]:
        """The shipped books that would have been right for all."""
        return tuple(name for name, count in self.fits if count == self.of)


def judged(paid: Sequence[Paid], books: Sequence[PriceBook]) -> Verdict:
    counts = [(book.name, sum(_fits(book, one) for one in paid)) for book in books]
    return Verdict(
        wrong=tuple(one for one in paid if not one.foreseen),
        of=len(paid),
        fits=tuple(sorted(counts, key=lambda row: -row[1])),
    )


def tier_of(endpoint: str, body: Mapping[str, Any]) -> Tier:
    """The tier that a request's body is charged by: a voice that is sent counts, whether or not it is heard."""
    if endpoint == catalog().voices.id:
        return "run"
    row = catalog().find(endpoint)
    silent = body.get("generate_audio") is False if row is None else not row.makes_sound(body)
    if silent:
        return "silent"
    elements = body.get("elements")
    bound = isinstance(elements, list) and any(isinstance(e, Mapping) and e.get("voice_id") for e in elements)
    return "voice" if bound or body.get("voice_ids") else "audio"


def _fits(book: PriceBook, paid: Paid) -> bool:
    unit = book.unit_price(paid.endpoint, paid.tier)
    return unit is not None and _same(unit * paid.seconds, paid.listed)


def _same(amount: Decimal | None, listed: Decimal) -> bool:
    return amount is not None and abs(amount - listed) < ROUNDING
