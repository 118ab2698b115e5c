"""Price books: USD per second of output, by endpoint and tier, each with its source and date."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

BOOKS = Path(__file__).parent / "prices"
DEFAULT_BOOK = "seeds"

# What parsing a book that is none may raise.
BAD_BOOK = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError)

Tier = Literal["silent", "audio", "voice"]
TIERS: tuple[Tier, ...] = ("silent", "audio", "voice")


@dataclass(frozen=True)
class PriceBook:
    """Prices as they were on one day. What is not in `prices` is unknown, which is never zero."""

    name: str
    as_of: date
    source: str
    currency: str
    prices: dict[tuple[str, Tier], Decimal]

    def unit_price(self, endpoint: str, tier: Tier) -> Decimal | None:
        """USD for one second of output of the endpoint with this full fal id; None when unknown."""
        return self.prices.get((endpoint, tier))


def book_names() -> tuple[str, ...]:
    """The books that ship with this version, the default first."""
    names = sorted(path.stem for path in BOOKS.glob("*.toml"))
    return tuple(sorted(names, key=lambda name: name != DEFAULT_BOOK))


def price_book(name: str = DEFAULT_BOOK) -> PriceBook | None:
    """The book of that name; None when there is none."""
    if name not in book_names():
        return None
    return parse_book((BOOKS / f"{name}.toml").read_text(encoding="utf-8"))


def parse_book(text: str) -> PriceBook:
    """A book from its TOML text. Raises tomllib.TOMLDecodeError, KeyError or decimal.InvalidOperation."""
    data = tomllib.loads(text)
    return PriceBook(
        name=data["name"],
        as_of=data["as_of"],
        source=data["source"],
        currency=data["currency"],
        prices=dict(_rows(data["price"])),
    )


def _rows(rows: list[dict[str, Any]]) -> list[tuple[tuple[str, Tier], Decimal]]:
    return [((row["endpoint"], tier), Decimal(row[tier])) for row in rows for tier in TIERS if tier in row]
