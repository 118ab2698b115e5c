"""A price book from fal's list of prices: the price of a unit times the units that a second is billed as."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint
from storyboard.catalog.prices import ALL_TIERS, TIERS, PriceBook, Tier

FINEST = Decimal("0.000000001")  # USD: what a book can hold
NO_UNITS = "how many units a second is billed as is not known"


class Unpriced(Struct, frozen=True):
    """An endpoint that the new book has no price for, and why."""

    endpoint: Endpoint
    why: str


class Difference(Struct, frozen=True):
    """A price that two books do not agree on; None is unknown."""

    endpoint: str
    tier: Tier
    old: Decimal | None
    new: Decimal | None


def refreshed(
    endpoints: Iterable[Endpoint], listed: Mapping[str, Decimal], name: str, as_of: date, source: str
) -> PriceBook:
    """`listed` are USD a unit by full fal id. What has no price there, or no known units, is not in the book."""
    prices = {
        (row.id, tier): (listed[row.id] * row.units.per_second[tier]).quantize(FINEST).normalize()
        for row in endpoints
        if row.units is not None and row.id in listed
        for tier in TIERS
        if tier in row.units.per_second
    }
    return PriceBook(name, as_of, source, "USD", shipped=False, prices=prices)


def unpriced(endpoints: Iterable[Endpoint], without: Mapping[str, str]) -> tuple[Unpriced, ...]:
    """`without` says by full fal id why fal lists no price."""
    return tuple(
        Unpriced(row, NO_UNITS if row.units is None else without[row.id])
        for row in endpoints
        if row.units is None or row.id in without
    )


def differences(old: PriceBook, new: PriceBook) -> tuple[Difference, ...]:
    """Row by row, in the order of the old book; what only the new one has comes last."""
    keys = dict.fromkeys([*old.prices, *new.prices])
    found = (Difference(*key, old.prices.get(key), new.prices.get(key)) for key in keys)
    return tuple(row for row in found if row.old != row.new)


def book_text(book: PriceBook, endpoints: Sequence[Endpoint] = ()) -> str:
    """The book as TOML. `endpoints` are those whose units it was made with: what was inferred says so."""
    inferred = {(row.id, tier) for row in endpoints if row.units is not None for tier in row.units.inferred}
    head = [
        "# USD per second of output. A tier that is not here is unknown, which is never zero.",
        f"name = {_text(book.name)}",
        f"as_of = {book.as_of.isoformat()}",
        'currency = "USD"',
        f"source = {_text(book.source)}",
    ]
    blocks = ["\n".join(head)]
    for endpoint in dict.fromkeys(endpoint for endpoint, _ in book.prices):
        lines = ["[[price]]", f"endpoint = {_text(endpoint)}"]
        for tier in ALL_TIERS:
            price = book.unit_price(endpoint, tier)
            note = "  # by inferred units" if (endpoint, tier) in inferred else ""
            lines += [f'{tier} = "{price:f}"{note}'] if price is not None else []
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _text(value: str) -> str:
    """A basic string of TOML: as JSON's, but that DEL is escaped, too."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
