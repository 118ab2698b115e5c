"""Price books as text that fits 80 columns and as documents: what is in them, and what differs between two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storyboard.catalog.endpoints import Endpoint, alias_of, catalog
from storyboard.catalog.prices import DEFAULT_BOOK, TIERS, PriceBook, Tier
from storyboard.catalog.refresh import Difference, Unpriced
from storyboard.report.money import exact
from storyboard.report.table import WIDTH, table, wrapped

UNKNOWN = "unknown"


def book_listing(book: PriceBook) -> str:
    """Every endpoint that the book prices, then the names of the others."""
    mark = " (default)" if book.name == DEFAULT_BOOK else ""
    endpoints = dict.fromkeys(endpoint for endpoint, tier in book.prices if tier in TIERS)
    rows = [[_called(endpoint), *(_cell(book, endpoint, tier) for tier in TIERS)] for endpoint in endpoints]
    lines = ["  " + line for line in table([["endpoint", *TIERS], *rows], "lrrr")]
    runs = [(endpoint, price) for (endpoint, tier), price in book.prices.items() if tier == "run"]
    lines += [f"  a run of {_called(endpoint)}: {exact(price)}" for endpoint, price in runs]
    others = ", ".join(row.alias for row in without_price(book))
    if others:
        lines.append(_wrapped(f"no price for {others}", "  ", "    "))
    return "\n".join([f"{book.name}{mark}, as of {book.as_of}", *wrapped(book.source), *lines])


def _cell(book: PriceBook, endpoint: str, tier: Tier) -> str:
    """The price; a dash where no request can be of that tier."""
    row, price = catalog().find(endpoint), exact(book.unit_price(endpoint, tier))
    return price or ("-" if row is not None and tier not in row.tiers else UNKNOWN)


def without_price(book: PriceBook) -> list[Endpoint]:
    """The endpoints of the catalog that the book does not name."""
    named = {endpoint for endpoint, _ in book.prices}
    return [row for row in catalog().endpoints if row.id not in named]


def book_document(book: PriceBook) -> dict[str, Any]:
    return {
        "name": book.name,
        "as_of": book.as_of.isoformat(),
        "source": book.source,
        "currency": book.currency,
        "prices": [
            {"endpoint": endpoint, "alias": _called(endpoint), "tier": tier, "unit_price": exact(price)}
            for (endpoint, tier), price in book.prices.items()
        ],
        "unpriced": [row.id for row in without_price(book)],
    }


def differences_text(used: PriceBook, new: PriceBook, found: Sequence[Difference]) -> str:
    """Row by row; silent on what both say alike."""
    if not found:
        return f"It says what {_dated(used)} says, which holds now."
    rows = [["endpoint", "tier", used.name, new.name]]
    rows += [
        [_called(row.endpoint), row.tier, exact(row.old) or UNKNOWN, exact(row.new) or UNKNOWN]
        for row in found
    ]
    head = f"It differs from {_dated(used)}, which holds now:"
    return "\n".join([head, *("  " + line for line in table(rows, "llrr", width=WIDTH - 2))])


def unpriced_text(found: Sequence[Unpriced]) -> str:
    """The endpoints that stay without a price, by reason; "" when there are none."""
    reasons = dict.fromkeys(one.why for one in found)
    told = {why: ", ".join(one.endpoint.alias for one in found if one.why == why) for why in reasons}
    return "\n".join(_wrapped(f"No price for {names}: {why}.", "", "  ") for why, names in told.items())


def differences_document(found: Sequence[Difference]) -> list[dict[str, Any]]:
    return [
        {
            "endpoint": row.endpoint,
            "alias": _called(row.endpoint),
            "tier": row.tier,
            "old": exact(row.old),
            "new": exact(row.new),
        }
        for row in found
    ]


def unpriced_document(found: Sequence[Unpriced]) -> list[dict[str, Any]]:
    return [{"endpoint": one.endpoint.id, "alias": one.endpoint.alias, "why": one.why} for one in found]


def _dated(book: PriceBook) -> str:
    return f"{book.name} of {book.as_of}"


def _called(endpoint: str) -> str:
    return alias_of(endpoint)


def _wrapped(text: str, first: str, others: str) -> str:
    return "\n".join(wrapped(text, first=first, others=others))
