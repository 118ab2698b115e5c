"""Pages of fal's platform API: questions that cost nothing, and answers that are believed as far as they make sense."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from storyboard.fal.errors import OddAnswer
from storyboard.fal.queue import TRIES, asked
from storyboard.fal.wire import Wire

DEAREST = 10_000  # USD: what states more is no price
NANO = Decimal(1_000_000_000)
FOUND, NOT_FOUND = 200, 404


async def page(
    wire: Wire, path: str, query: list[tuple[str, str]], what: str, *, tries: int = TRIES
) -> Mapping[str, Any] | None:
    """One page; None when fal knows nothing of that. `what` begins the sentence when it can't be read. Raises OddAnswer
    and others of FalError."""
    url = f"{wire.account.platform}{path}?{urlencode(query)}"
    answer = await asked(wire, "GET", url, tries=tries)
    if answer.status == NOT_FOUND:
        return None
    found = answer.json() if answer.status == FOUND else None
    if not isinstance(found, Mapping):
        raise OddAnswer(f"{what} can't be read (HTTP {answer.status}).")
    return found


async def pages(
    wire: Wire, path: str, query: list[tuple[str, str]], what: str, *, most: int, tries: int = TRIES
) -> AsyncIterator[Mapping[str, Any] | None]:
    """All pages, at most so many; None for the only one when fal knows nothing of that."""
    cursors: set[str] = set()
    asking = list(query)
    for _ in range(most):
        found = await page(wire, path, asking, what, tries=tries)
        yield found
        if found is None or not found.get("has_more"):
            return
        cursor = found.get("next_cursor")
        if not isinstance(cursor, str) or not cursor or cursor in cursors:
            break
        cursors.add(cursor)
        asking = [*query, ("cursor", cursor)]
    raise OddAnswer(f"{what}: fal's pages do not come to an end.")


def rows(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The mappings of a page's list. Raises OddAnswer when there is no such list."""
    listed = found.get(name)
    if not isinstance(listed, list):
        raise OddAnswer(f"fal's answer names no {name.replace('_', ' ')}.")
    return [row for row in listed if isinstance(row, Mapping)]


def amount(value: Any, *, negative: bool = False) -> Decimal | None:
    """Exact, as the number was written; None for what can't be meant."""
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > DEAREST:
        return None
    if not math.isfinite(value) or (value < 0 and not negative):
        return None
    return Decimal(repr(value)).quantize(1 / NANO).normalize()
