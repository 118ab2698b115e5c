"""How many takes a render has at fal at once."""

from __future__ import annotations

import os

from storyboard.errors import UsageError

MOST_AT_A_TIME = 100


def at_a_time() -> int:
    """How many takes may be at fal at once: STORYBOARD_CONCURRENCY, or what fal gives a new account."""
    text = os.environ.get("STORYBOARD_CONCURRENCY", "").strip() or "2"
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_AT_A_TIME:
        return int(text)
    raise UsageError(f"STORYBOARD_CONCURRENCY is a number from 1 to {MOST_AT_A_TIME}, not {text!r}.")
