"""What fal says that a request is billed for: billable units, in a header of its result."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

HEADER = "x-fal-billable-units"
PLAIN = re.compile(
    r"^[0-9]{1,12}(?:\.[0-9]{1,12})?$"
)  # no exponent: a short text can name a number of gigabytes


def units(headers: Mapping[str, str]) -> Decimal | None:
    """The units; None when fal names none, or none that can be meant."""
    text = headers.get(HEADER, "").strip()
    return Decimal(text) if PLAIN.match(text) else None


def billed(headers: Mapping[str, str]) -> bool:
    """Does fal name anything but zero? What can't be read is taken for something."""
    return bool(headers.get(HEADER, "").strip()) and units(headers) != 0
