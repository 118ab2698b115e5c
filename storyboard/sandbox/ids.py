"""Names that look random and are not: each follows from the seed and a number that was counted."""

from __future__ import annotations

import hashlib
import uuid

RANDOM_BITS = 74
FRACTION_BITS = 64


def token(seed: int, purpose: str, number: int) -> str:
    """32 hexadecimal digits."""
    return hashlib.sha256(f"{seed}/{purpose}/{number}".encode()).hexdigest()[:32]


def fraction(seed: int, purpose: str, number: int) -> float:
    """From 0 up to but not including 1."""
    digest = hashlib.sha256(f"{seed}/{purpose}/{number}".encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << (FRACTION_BITS - 11))


def request_id(seed: int, number: int, seconds: float) -> str:
    """A UUID of version 7: its first 48 bits are the time of acceptance in milliseconds."""
    random = int(token(seed, "request", number), 16) >> (128 - RANDOM_BITS)
    high, low = random >> 62, random & ((1 << 62) - 1)
    milliseconds = int(seconds * 1000) & ((1 << 48) - 1)
    return str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low))
