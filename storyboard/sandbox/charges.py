"""What fal would charge: seconds of output by tier, as billable units and as money.

fal counts in units a second times a base price. The units are the catalog's, where it knows them. Where it does not, a
unit is the largest amount that the book's prices of the endpoint are multiples of, so that units and money agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint
from storyboard.catalog.prices import TIERS, PriceBook, Tier

ONE = Decimal("1.0")
NANO = 1_000_000_000
DEFAULT_SECONDS = "5"
VOICE_TAG = "<<<voice_"


class Charge(Struct, frozen=True):
    """`amount` is None when the book has no price."""

    units: Decimal
    amount: Decimal | None


def charge_of(
    endpoint: Endpoint, body: Mapping[str, Any], book: PriceBook, film: Decimal | None = None
) -> Charge:
    """What a body that passed validation costs. `film` is the length of one that decides how long the clip becomes: a
    second that was begun is charged."""
    seconds, tier = seconds_of(body) if film is None else math.ceil(film), tier_of(endpoint, body)
    price = book.unit_price(endpoint.id, tier)
    units = seconds * units_per_second(endpoint, tier, book)
    return Charge(units, None if price is None else seconds * price)


def units_per_second(endpoint: Endpoint, tier: Tier, book: PriceBook) -> Decimal:
    if endpoint.units is not None and tier in endpoint.units.per_second:
        return endpoint.units.per_second[tier]
    price, base = book.unit_price(endpoint.id, tier), base_price(endpoint, book)
    return ONE if price is None or base is None else (price / base).quantize(ONE)


def base_price(endpoint: Endpoint, book: PriceBook) -> Decimal | None:
    """USD for one unit, as the pricing API tells it; None when the book has no price at all."""
    known = {tier: price for tier in TIERS if (price := book.unit_price(endpoint.id, tier)) is not None}
    if endpoint.units is not None:
        told = (known[tier] / units for tier, units in endpoint.units.per_second.items() if tier in known)
        return next(told, None)
    whole = [int(price * NANO) for price in known.values()]
    return Decimal(math.gcd(*whole)) / NANO if whole else None


def seconds_of(body: Mapping[str, Any]) -> int:
    return sum(shot_seconds(body))


def shot_seconds(body: Mapping[str, Any]) -> list[int]:
    """The shots' lengths; with several shots their sum decides and `duration` is not looked at."""
    shots = body.get("multi_prompt") or [body]
    return [int(shot.get("duration") or DEFAULT_SECONDS) for shot in shots]


def prompts_of(body: Mapping[str, Any]) -> list[str]:
    return [shot.get("prompt") or "" for shot in body.get("multi_prompt") or [body]]


def audio_of(endpoint: Endpoint, body: Mapping[str, Any]) -> bool:
    """As asked for, or as the endpoint does by itself. The words are those that pydantic takes for false."""
    if endpoint.switch is None:
        return endpoint.makes_sound({})
    name = endpoint.wire(endpoint.switch)
    value = body.get(name)
    if isinstance(value, str):
        value = value.lower() not in {"0", "off", "f", "false", "n", "no"}
    return endpoint.makes_sound({name: value})


def tier_of(endpoint: Endpoint, body: Mapping[str, Any]) -> Tier:
    if not audio_of(endpoint, body):
        return "silent"
    elements = (body.get("elements") or []) if endpoint.takes("elements") else []
    bound = any(element.get("voice_id") for element in elements)
    ids = endpoint.accepts("voice_ids") and bool(body.get("voice_ids"))
    named = ids and any(VOICE_TAG in prompt for prompt in prompts_of(body))
    return "voice" if bound or named else "audio"
