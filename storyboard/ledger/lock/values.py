"""What the values of a line of storyboard.lock may be: each reader returns the record's value or raises ValueError with
the reason."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from storyboard.ledger.record import State

WRITTEN = frozenset(
    {
        *(State.UNKNOWN, State.SENT, State.COMPLETED, State.DOWNLOADED, State.VERIFIED),
        *(State.FAILED, State.CANCELLED),
    }
)
DIGEST = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
ENDPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
MONEY = re.compile(r"[0-9]{1,12}(\.[0-9]{1,30})?")  # more than was ever paid, and exact to compute with

FIRST_YEAR, LAST_YEAR = 2000, 2999


def public_url(url: str | None) -> str | None:
    """A URL without what may be secret in it: its query, and a name and password before the host."""
    if url is None:
        return None
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"^([a-z]+://)[^/]*@", r"\1", plain)


def formed(form: re.Pattern[str], words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > 500 or not form.fullmatch(value):  # noqa: PLR2004 - of a name
            raise ValueError(f"is not {words}")
        return value

    return read


def text(most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise ValueError(f"is not text of at most {most} characters")
        return value

    return read


def count(most: int, least: int = 1) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"is not a number from {least} to {most}")
        return value

    return read


def one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return str(value)

    return read


def state(value: Any) -> State:
    return State(one_of(*sorted(state.value for state in WRITTEN))(value))


def decimal(value: Any) -> Decimal:
    return Decimal(
        formed(MONEY, "a plain decimal number in quotes, of at most 12 digits before the point")(value)
    )


def time(value: Any) -> str:
    """Of a year that can be reckoned with in every zone."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise ValueError("is not a time with its zone, as 2026-11-20T12:00:00+00:00 is")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError(f"is not a time between the years {FIRST_YEAR} and {LAST_YEAR}")
    return str(value)


def url(value: Any) -> str:
    good = isinstance(value, str) and value.startswith("https://") and len(value) <= 4096  # noqa: PLR2004 - of a URL
    if not good or not value.isascii() or not value.isprintable():
        raise ValueError("is not an https address")
    return public_url(value) or ""


def body(value: Any) -> str:
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - the kind that all readers raise
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and "\n" not in one for one in value):
        raise ValueError("is not a list of lines of text")
    return tuple(value)
