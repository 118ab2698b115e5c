"""Price books: USD per second of output, or a run, by endpoint and tier, each with its source and date."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct

PRICE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?")
BOOKS = Path(__file__).parent / "prices"
DEFAULT_BOOK = "seeds"

Tier = Literal["silent", "audio", "voice", "run"]
TIERS: tuple[Tier, ...] = ("silent", "audio", "voice")  # of a clip, a second
ALL_TIERS: tuple[Tier, ...] = (*TIERS, "run")  # that, and what has no seconds


class PriceBook(Struct, frozen=True):
    """Prices as they were on one day. What is not in `prices` is unknown, which is never zero."""

    name: str
    as_of: date
    source: str
    currency: str
    shipped: bool  # came with this program, and so is not a stranger's word
    prices: dict[tuple[str, Tier], Decimal]

    def unit_price(self, endpoint: str, tier: Tier) -> Decimal | None:
        """USD for one second of output of the endpoint with this full fal id, or for a run; None when unknown."""
        return self.prices.get((endpoint, tier))


def book_names() -> tuple[str, ...]:
    """The books that ship with this version, the default first."""
    names = sorted(path.stem for path in BOOKS.glob("*.toml"))
    return tuple(sorted(names, key=lambda name: name != DEFAULT_BOOK))


def price_book(name: str = DEFAULT_BOOK) -> PriceBook | None:
    """The book of that name; None when there is none."""
    return _shipped(name) if name in book_names() else None


def newest_book() -> PriceBook:
    """The latest of the books that ship with this version."""
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    return max(books, key=lambda book: book.as_of)


@cache
def _shipped(name: str) -> PriceBook:
    """A book of ours, which the tests read for mistakes."""
    data = tomllib.loads((BOOKS / f"{name}.toml").read_text(encoding="utf-8"))
    prices = {
        (row["endpoint"], tier): price_of(row[tier])
        for row in data["price"]
        for tier in ALL_TIERS
        if tier in row
    }
    return PriceBook(
        data["name"], data["as_of"], data["source"], data["currency"], shipped=True, prices=prices
    )


def price_of(text: Any) -> Decimal:
    """An amount is text, so that it is exact, and more than nothing: what is unknown is left out. Raises ValueError."""
    if not isinstance(text, str) or PRICE.fullmatch(text) is None or not Decimal(text):
        raise ValueError(f'a price is text like "0.168", more than zero, not {text!r}')
    return Decimal(text)
