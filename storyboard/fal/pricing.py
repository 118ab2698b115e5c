"""What fal lists as the price of a unit, asked for the sake of a price book: nothing in doubt gets into one.

fal's `unit` names what is counted. For Kling it is a unit of billing, of which a second of output is worth some, not a
second: which words mean that is known here, and how many units a second is worth the catalog knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.fal.account import Account
from storyboard.fal.errors import (
    AccountLocked,
    KeyProblem,
    KeyRefused,
    NotReached,
    OddAnswer,
    TooManyRequests,
)
from storyboard.fal.platform import amount, pages, rows
from storyboard.fal.wire import Wire
from storyboard.fal.world import World

PATH = "/v1/models/pricing"
AT_ONCE = 50  # endpoints that may be asked for together
TRIES = 3
UNITS = frozenset({"unit", "units"})  # fal's words for its own unit, as of 2026-08
WHAT = "fal's list of prices"
NOTHING = "Nothing was written."


class Listed(Struct, frozen=True):
    """`prices` are USD a unit by endpoint; `without` says by endpoint why there is none."""

    prices: Mapping[str, Decimal]
    without: Mapping[str, str]


async def listed_prices(account: Account, endpoints: Sequence[str], world: World | None = None) -> Listed:
    """What fal lists now for these endpoints. Raises FalError; an answer with anything that can't be meant is refused
    whole."""
    if account.key is None:
        raise KeyProblem(
            f"fal tells its prices to those who have a key, and none is set. {NOTHING} Make one at "
            "https://fal.ai/dashboard/keys and set it as FAL_KEY; `storyboard prices` lists the books that come along."
        )
    try:
        async with Wire(account, world or World()) as wire:
            return await _all(wire, endpoints)
    except (KeyRefused, AccountLocked) as failure:
        raise type(failure)(
            f"fal does not tell its prices to this key. {NOTHING} Check FAL_KEY against https://fal.ai/dashboard/keys."
        ) from failure
    except (NotReached, TooManyRequests) as failure:
        raise type(failure)(
            f"fal's prices can't be had just now. {NOTHING} Check the network, then run the same command again."
        ) from failure
    except OddAnswer as failure:
        raise OddAnswer(f"{failure} {NOTHING}") from failure


async def _all(wire: Wire, endpoints: Sequence[str]) -> Listed:
    found = _Found(endpoints)
    for start in range(0, len(endpoints), AT_ONCE):
        batch = endpoints[start : start + AT_ONCE]
        if not await _batch(wire, batch, found):
            for endpoint in batch:  # one of them is unknown to fal, and it does not say which
                await _batch(wire, [endpoint], found)
    return found.listed()


async def _batch(wire: Wire, endpoints: Sequence[str], found: _Found) -> bool:
    """Takes in what fal lists; False when it knows one of them not. Raises FalError."""
    query = [("endpoint_id", endpoint) for endpoint in endpoints]
    async for told in pages(wire, PATH, query, WHAT, most=len(endpoints) + 1, tries=TRIES):
        if told is None:
            return False
        for row in rows(told, "prices"):
            found.take(row)
    return True


class _Found:
    """Rows as they come, each judged; those of other endpoints are passed over."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        self._endpoints = endpoints
        self._rows: dict[str, tuple[Decimal, Any]] = {}  # price and unit

    def take(self, row: Mapping[str, Any]) -> None:
        """Raises OddAnswer for what makes the whole answer one not to be believed."""
        endpoint, currency = row.get("endpoint_id"), row.get("currency")
        if endpoint not in self._endpoints:
            return
        if currency != "USD":
            raise OddAnswer(f"fal lists {endpoint} in {_short(currency)}: a price book is in USD.")
        price = amount(row.get("unit_price"))
        if not price:
            raise OddAnswer(f"fal lists {endpoint} at {_short(row.get('unit_price'))}: that is no price.")
        told = (price, row.get("unit"))
        if self._rows.setdefault(str(endpoint), told) != told:
            raise OddAnswer(f"fal lists {endpoint} twice, and not alike.")

    def listed(self) -> Listed:
        prices = {endpoint: price for endpoint, (price, unit) in self._rows.items() if _known(unit)}
        without = {name: self._reason(name) for name in self._endpoints if name not in prices}
        return Listed(prices, without)

    def _reason(self, endpoint: str) -> str:
        if endpoint not in self._rows:
            return "fal lists no price of a unit"
        unit = _short(self._rows[endpoint][1])
        return f"fal counts it in {unit}, and how many of those a second is billed as is not known"


def _known(unit: Any) -> bool:
    return isinstance(unit, str) and unit in UNITS


def _short(value: Any) -> str:
    """A stranger's value within a sentence."""
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - enough to know it by
