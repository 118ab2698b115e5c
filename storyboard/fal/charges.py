"""What fal charges: the price of a unit for anyone with a key, the billing events for an admin's.

Units times price is what fal's pages say that a request costs; a billing event is what it did cost, after discounts.
An event comes hours after the clip at times, and not at all for what was not charged: no event is no zero.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.fal.errors import AccountLocked, OddAnswer
from storyboard.fal.hosts import request_id_of
from storyboard.fal.platform import DEAREST, NANO, amount, page, pages, rows
from storyboard.fal.queue import TRIES
from storyboard.fal.wire import Wire

AT_ONCE = 50  # endpoints that may be asked for together
LONGEST = timedelta(days=90)  # that billing events may be asked for at once
PAGES = 50
WHAT = "What fal charges"


class NoRight(OddAnswer):
    """The key may not see bills: it is of scope API."""


class Billed(Struct, frozen=True):
    """All billing events of a request together. `total` is USD after discounts; `unit_price` before."""

    total: Decimal
    unit_price: Decimal | None


async def unit_prices(wire: Wire, endpoints: Collection[str], *, tries: int = TRIES) -> dict[str, Decimal]:
    """USD a billable unit now, by endpoint; those that fal names no price in USD for are left out."""
    found: dict[str, Decimal] = {}
    names = sorted(endpoints)
    for start in range(0, len(names), AT_ONCE):
        query = [("endpoint_id", name) for name in names[start : start + AT_ONCE]]
        told = await page(wire, "/v1/models/pricing", query, WHAT, tries=tries)
        for row in rows(_known(told), "prices"):
            price = amount(row.get("unit_price"))
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
    query = [("start", _iso(start)), ("end", _iso(end)), ("limit", "1000")]
    try:
        async for told in pages(wire, "/v1/models/billing-events", query, WHAT, most=PAGES, tries=tries):
            for row in rows(_known(told), "billing_events"):
                _add(found, row)
    except AccountLocked as failure:
        raise NoRight(
            "This key may not see what fal charged: that takes a key of scope ADMIN "
            "(https://fal.ai/dashboard/keys)."
        ) from failure
    return found


def _known(told: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if told is None:
        raise OddAnswer(f"{WHAT} can't be read (HTTP 404).")
    return told


def _add(found: dict[str, Billed], row: Mapping[str, Any]) -> None:
    """Several events of one request add up: a correction comes as one of its own."""
    request_id, total = request_id_of(row.get("request_id")), _total(row)
    if request_id is None or total is None:
        return
    before = found.get(request_id)
    price = amount(row.get("unit_price")) or (before.unit_price if before else None)
    found[request_id] = Billed(total + (before.total if before else Decimal(0)), price)


def _total(row: Mapping[str, Any]) -> Decimal | None:
    nano = row.get("cost_estimate_nano_usd")
    if isinstance(nano, int) and not isinstance(nano, bool) and abs(nano) <= DEAREST * NANO:
        return nano / NANO
    return amount(row.get("cost_total"), negative=True)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
