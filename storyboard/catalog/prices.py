"""Price books: USD per second of output, or a run, by endpoint and tier, each with its source and date."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

PRICE = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,9})?")
BOOKS = Path(__file__).parent / "prices"
DEFAULT_BOOK = "seeds"

# What parsing a book that is none may raise.
BAD_BOOK = (ValueError, KeyError, TypeError, ArithmeticError, AttributeError, RecursionError)

Tier = Literal["silent", "audio", "voice", "run"]
TIERS: tuple[Tier, ...] = ("silent", "audio", "voice")  # of a clip, a second
ALL_TIERS: tuple[Tier, ...] = (*TIERS, "run")  # that, and what has no seconds


@dataclass(frozen=True)
class PriceBook:
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
    if name not in book_names():
        return None
    return _parsed((BOOKS / f"{name}.toml").read_text(encoding="utf-8"), shipped=True)


def newest_book() -> PriceBook:
    """The latest of the books that ship with this version."""
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    return max(books, key=lambda book: book.as_of)


def parse_book(text: str) -> PriceBook:
    """A book of somebody's own from its TOML text. Raises one of BAD_BOOK."""
    book = _parsed(text, shipped=False)
    if book.name in book_names():
        raise ValueError(f"{book.name} is the name of a book that comes with this program: choose another")
    return book


def _parsed(text: str, *, shipped: bool) -> PriceBook:
    data = tomllib.loads(text)
    if not all(isinstance(data[field], str) for field in ("name", "source")):
        raise TypeError("name and source are text")
    if not isinstance(data["as_of"], date):
        raise TypeError("as_of is a date like 2026-10-04, without quotes")
    return PriceBook(
        name=str(data["name"]),
        as_of=data["as_of"],
        source=str(data["source"]),
        currency=_currency(data["currency"]),
        shipped=shipped,
        prices=dict(_rows(data["price"])),
    )


def _currency(text: str) -> str:
    if text != "USD":
        raise ValueError("prices are in USD")
    return text


def _rows(rows: list[dict[str, Any]]) -> list[tuple[tuple[str, Tier], Decimal]]:
    return [
        ((str(row["endpoint"]), tier), _price(row[tier])) for row in rows for tier in ALL_TIERS if tier in row
    ]


def _price(text: Any) -> Decimal:
    """An amount is text, so that it is exact, and more than nothing: what is unknown is left out."""
    if not isinstance(text, str) or PRICE.fullmatch(text) is None or not Decimal(text):
        raise ValueError(f'a price is text like "0.168", more than zero, not {text!r}')
    return Decimal(text)
