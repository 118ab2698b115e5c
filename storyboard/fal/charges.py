"""What fal charges: the price of a unit for anyone with a key, the billing events for an admin's.

Units times price is what fal's pages say that a request costs; a billing event is what it did cost, after discounts.
An event comes hours after the clip at times, and not at all for what was not charged: no event is no zero.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from storyboard.fal.errors import AccountLocked, OddAnswer
from storyboard.fal.hosts import request_id_of
from storyboard.fal.queue import TRIES, asked
from storyboard.fal.wire import Wire

AT_ONCE = 50  # endpoints that may be asked for together
DEAREST = 10_000  # USD: what states more is no price
LONGEST = timedelta(days=90)  # that billing events may be asked for at once
PAGES = 50
NANO = Decimal(1_000_000_000)


class NoRight(OddAnswer):
    """The key may not see bills: it is of scope API."""


@dataclass(frozen=True, slots=True)
class Billed:
    """All billing events of a request together. `total` is USD after discounts; `unit_price` before."""

    total: Decimal
    unit_price: Decimal | None


async def unit_prices(wire: Wire, endpoints: Collection[str], *, tries: int = TRIES) -> dict[str, Decimal]:
    """USD a billable unit now, by endpoint; those that fal names no price in USD for are left out."""
    found: dict[str, Decimal] = {}
    names = sorted(endpoints)
    for start in range(0, len(names), AT_ONCE):
        query = urlencode([("endpoint_id", name) for name in names[start : start + AT_ONCE]])
        url = f"{wire.account.platform}/v1/models/pricing?{query}"
        for row in _rows(await _page(wire, url, tries), "prices"):
            price = _amount(row.get("unit_price"))
            if row.get("currency", "USD") == "USD" and price and row.get("endpoint_id") in endpoints:
                found[row["endpoint_id"]] = price
    return found


async def billing_events(
    wire: Wire, start: datetime, end: datetime, *, tries: int = TRIES
) -> dict[str, Billed]:
    """What was charged for each request whose event is of that time, all pages. Raises NoRight, OddAnswer and others
    of FalError."""
    found: dict[str, Billed] = {}
    start = max(start, end - LONGEST)
    asking = {"start": _iso(start), "end": _iso(end), "limit": "1000"}
    seen: set[str] = set()
    for _ in range(PAGES):
        url = f"{wire.account.platform}/v1/models/billing-events?{urlencode(asking)}"
        page = await _page(wire, url, tries)
        for row in _rows(page, "billing_events"):
            _add(found, row)
        cursor = page.get("next_cursor")
        if not page.get("has_more"):
            return found
        if not isinstance(cursor, str) or not cursor or cursor in seen:
            break
        seen.add(cursor)
        asking["cursor"] = cursor
    raise OddAnswer("fal's billing events do not come to an end.")


async def _page(wire: Wire, url: str, tries: int) -> Mapping[str, Any]:
    try:
        answer = await asked(wire, "GET", url, tries=tries)
    except AccountLocked as failure:
        raise NoRight(
            "This key may not see what fal charged: that takes a key of scope ADMIN "
            "(https://fal.ai/dashboard/keys)."
        ) from failure
    page = answer.json() if answer.status == 200 else None  # noqa: PLR2004
    if not isinstance(page, Mapping):
        raise OddAnswer(f"What fal charges can't be read (HTTP {answer.status}).")
    return page


def _rows(page: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = page.get(name)
    if not isinstance(rows, list):
        raise OddAnswer(f"fal's answer names no {name.replace('_', ' ')}.")
    return [row for row in rows if isinstance(row, Mapping)]


def _add(found: dict[str, Billed], row: Mapping[str, Any]) -> None:
    """Several events of one request add up: a correction comes as one of its own."""
    request_id, total = request_id_of(row.get("request_id")), _total(row)
    if request_id is None or total is None:
        return
    before = found.get(request_id)
    price = _amount(row.get("unit_price")) or (before.unit_price if before else None)
    found[request_id] = Billed(total + (before.total if before else Decimal(0)), price)


def _total(row: Mapping[str, Any]) -> Decimal | None:
    nano = row.get("cost_estimate_nano_usd")
    if isinstance(nano, int) and not isinstance(nano, bool) and abs(nano) <= DEAREST * NANO:
        return nano / NANO
    return _amount(row.get("cost_total"), negative=True)


def _amount(value: Any, *, negative: bool = False) -> Decimal | None:
    """Exact, as the number was written; None for what can't be meant."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if abs(value) > DEAREST or (value < 0 and not negative):
        return None
    return Decimal(repr(value)).quantize(1 / NANO).normalize()


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
