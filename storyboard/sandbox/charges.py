"""What fal would charge: seconds of output by tier, as billable units and as money.

fal counts in units a second times a base price. Recorded: 3.0 units for 5 s of v3 standard without audio, 4.0
for v3 pro (2026-04-18); the units with audio and with voice follow from the published prices a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storyboard.catalog.prices import PriceBook, Tier

STANDARD: Mapping[Tier, Decimal] = {
    "silent": Decimal("0.6"),
    "audio": Decimal("0.9"),
    "voice": Decimal("1.1"),
}
PRO: Mapping[Tier, Decimal] = {"silent": Decimal("0.8"), "audio": Decimal("1.2"), "voice": Decimal("1.4")}
FLAT: Mapping[Tier, Decimal] = {"silent": Decimal("1.0"), "audio": Decimal("1.0"), "voice": Decimal("1.0")}
UNITS_PER_SECOND = {"/v3/standard/": STANDARD, "/v3/pro/": PRO}
DEFAULT_SECONDS = "5"
VOICE_TAG = "<<<voice_"


@dataclass(frozen=True, slots=True)
class Charge:
    """`amount` is None when the book has no price."""

    units: Decimal
    amount: Decimal | None


def charge_of(endpoint: str, body: Mapping[str, Any], book: PriceBook) -> Charge:
    """What a body that passed validation costs."""
    seconds, tier = seconds_of(body), tier_of(body)
    price = book.unit_price(endpoint, tier)
    return Charge(seconds * units_per_second(endpoint, tier), None if price is None else seconds * price)


def units_per_second(endpoint: str, tier: Tier) -> Decimal:
    return next((units for part, units in UNITS_PER_SECOND.items() if part in endpoint), FLAT)[tier]


def base_price(endpoint: str, book: PriceBook) -> Decimal | None:
    """USD for one unit, as the pricing API tells it."""
    price = book.unit_price(endpoint, "silent")
    return None if price is None else price / units_per_second(endpoint, "silent")


def seconds_of(body: Mapping[str, Any]) -> int:
    return sum(shot_seconds(body))


def shot_seconds(body: Mapping[str, Any]) -> list[int]:
    """The shots' lengths; with several shots their sum decides and `duration` is not looked at."""
    shots = body.get("multi_prompt") or [body]
    return [int(shot.get("duration") or DEFAULT_SECONDS) for shot in shots]


def prompts_of(body: Mapping[str, Any]) -> list[str]:
    return [shot.get("prompt") or "" for shot in body.get("multi_prompt") or [body]]


def audio_of(body: Mapping[str, Any]) -> bool:
    """Audio is on unless it is switched off. The words are those that pydantic takes for false."""
    value = body.get("generate_audio")
    if isinstance(value, str):
        return value.lower() not in {"0", "off", "f", "false", "n", "no"}
    return value is None or bool(value)


def tier_of(body: Mapping[str, Any]) -> Tier:
    if not audio_of(body):
        return "silent"
    bound = any(element.get("voice_id") for element in body.get("elements") or [])
    named = bool(body.get("voice_ids")) and any(VOICE_TAG in prompt for prompt in prompts_of(body))
    return "voice" if bound or named else "audio"
