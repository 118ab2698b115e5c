"""A price book of somebody's own: read strictly, since a mistake in it is a wrong price. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import ALL_TIERS, TIERS, PriceBook, Tier, book_names, price_of
from storyboard.findings import did_you_mean
from storyboard.read.spelling import nearest

# What parsing a book that is none may raise.
BAD_BOOK = (ValueError, RecursionError, ArithmeticError)

FIELDS = ("name", "as_of", "currency", "source", "price")
KEYS = ("endpoint", *ALL_TIERS)
HEADER = re.compile(r"^[ \t]*\[\[[ \t]*[\"']?price[\"']?[ \t]*\]\]", re.MULTILINE)
AHEAD = timedelta(days=1)  # somewhere it is tomorrow


def parse_book(text: str) -> PriceBook:
    """A book from its TOML text; endpoints by alias or full id. Raises one of BAD_BOOK, which says what is wrong."""
    data = tomllib.loads(text)
    _known("the book", data, FIELDS)
    missing = [f"`{field}`" for field in FIELDS if field not in data]
    if missing:
        raise ValueError(f"it lacks {', '.join(missing)}")
    name, source = (_text(data, field) for field in ("name", "source"))
    if name in book_names():
        raise ValueError(f"{name} is the name of a book that comes with this program: choose another")
    if data["currency"] != "USD":
        raise ValueError("prices are in USD")
    prices = _prices(list(_rows(data["price"], text)))
    return PriceBook(name, _day(data["as_of"]), source, "USD", shipped=False, prices=prices)


def remarks_on(book: PriceBook, today: date) -> Iterator[str]:
    """What may be a mistake in a book of somebody's own, and may not."""
    known = catalog().sellers().values()
    for endpoint in dict.fromkeys(endpoint for endpoint, _ in book.prices):
        if endpoint not in known:
            close = nearest(endpoint, known)
            meant = f": did you mean {close}?" if close is not None else ""
            yield f"it prices {endpoint}, which is no endpoint of the catalog{meant}"
    if book.as_of > today + AHEAD:
        yield f"its date, {book.as_of}, has not come yet: no newer book will be told of until then"


class _Row(Struct, frozen=True):
    """One `[[price]]`. As text: which, and where it stands when that can be told."""

    number: int
    line: int | None
    values: Mapping[str, Any]

    def __str__(self) -> str:
        at = f", line {self.line}" if self.line is not None else ""
        endpoint = self.values.get("endpoint")
        of = f", {endpoint}" if isinstance(endpoint, str) else ""
        return f"price {self.number}{at}{of}"


def _rows(rows: Any, text: str) -> Iterator[_Row]:
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError("`price` is written as tables, each under a line `[[price]]`")
    lines = [text.count("\n", 0, found.start()) + 1 for found in HEADER.finditer(text)]
    told = len(lines) == len(rows)  # one in a text of several lines would be no table
    for number, row in enumerate(rows):
        yield _Row(number + 1, lines[number] if told else None, row)


def _prices(rows: Iterable[_Row]) -> dict[tuple[str, Tier], Decimal]:
    found: dict[tuple[str, Tier], Decimal] = {}
    seen: dict[str, _Row] = {}
    for row in rows:
        _known(str(row), row.values, KEYS)
        endpoint = _endpoint(row)
        _known(str(row), row.values, ("endpoint", *_tiers(endpoint)))
        if endpoint in seen:
            raise ValueError(f"{row}: {endpoint} has a row already ({seen[endpoint]})")
        seen[endpoint] = row
        for tier in ALL_TIERS:
            if tier in row.values:
                found[endpoint, tier] = _price(row, tier)
    return found


def _endpoint(row: _Row) -> str:
    name = row.values.get("endpoint")
    if not isinstance(name, str):
        raise ValueError(f"{row}: it lacks `endpoint`, an alias or a full id in quotes")  # noqa: TRY004 - of BAD_BOOK
    return catalog().seller(name) or name


def _tiers(endpoint: str) -> tuple[Tier, ...]:
    """What an endpoint is priced by: seconds of a clip, or a run that makes a voice; any, where nobody knows."""
    if endpoint == catalog().voices.id:
        return ("run",)
    return TIERS if catalog().find(endpoint) is not None else ALL_TIERS


def _price(row: _Row, tier: Tier) -> Decimal:
    try:
        return price_of(row.values[tier])
    except ValueError as wrong:
        raise ValueError(f"{row}: {tier}: {wrong}") from None


def _known(where: str, values: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for key in values:
        if key not in known:
            raise ValueError(f"{where}: unknown key `{key}` ({did_you_mean(key, known)})")


def _text(data: Mapping[str, Any], field: str) -> str:
    value = data[field]
    if not isinstance(value, str):
        raise ValueError(f"`{field}` is text in quotes")  # noqa: TRY004 - of BAD_BOOK
    return value


def _day(value: Any) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("`as_of` is a date like 2026-10-04, without quotes and without a time")  # noqa: TRY004
    return value
