"""`storyboard prices`: the price books and where they come from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import BOOKS, DEFAULT_BOOK, TIERS, PriceBook, book_names, price_book
from storyboard.cli.console import out, out_document
from storyboard.cli.options import Prices
from storyboard.cli.variables import known_book
from storyboard.report.documents import as_json
from storyboard.report.money import exact
from storyboard.report.table import table


class Format(StrEnum):
    text = "text"
    json = "json"
    toml = "toml"


def command(
    prices: Prices = None,
    format: Annotated[
        Format, typer.Option("--format", help="Text, JSON, or a TOML book to begin with.")
    ] = Format.text,
) -> int:
    """List the price books, USD per second of output, each with its source and date."""
    books = [known_book(prices)] if prices else [book for name in book_names() if (book := price_book(name))]
    if format is Format.json:
        out_document(as_json({"default": DEFAULT_BOOK, "books": [_document(book) for book in books]}))
    elif format is Format.toml:
        out((BOOKS / f"{DEFAULT_BOOK}.toml").read_text(encoding="utf-8").rstrip())
    else:
        out("\n\n".join(_text(book) for book in books))
    return 0


def _document(book: PriceBook) -> dict[str, object]:
    rows = [
        {"endpoint": e, "tier": tier, "unit_price": exact(price)} for (e, tier), price in book.prices.items()
    ]
    return {
        "name": book.name,
        "as_of": book.as_of.isoformat(),
        "source": book.source,
        "currency": "USD",
        "prices": rows,
    }


def _text(book: PriceBook) -> str:
    mark = " (default)" if book.name == DEFAULT_BOOK else ""
    rows = [["endpoint", *TIERS]]
    for endpoint in catalog().endpoints:
        prices = [exact(book.unit_price(endpoint.id, tier)) or "unknown" for tier in TIERS]
        rows.append([endpoint.alias, *prices])
    head = f"{book.name}{mark}, as of {book.as_of}\n{book.source}\n"
    return head + "\n".join("  " + line for line in table(rows, "lrrr"))
