"""What each request cost, for a key that may see bills: fal's billing events, listed when its accounting is done."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.sandbox import access
from storyboard.sandbox.access import platform_error
from storyboard.sandbox.record import QueuedRequest
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.times import iso, seconds_from

MOST = 10_000  # a page
DAYS = 90  # that may be asked for at once
DAY = 86_400.0


class BillQuery(Struct, frozen=True):
    """`end` is not in it. `after` is where the last page ended: (time, id)."""

    ids: tuple[str, ...]
    endpoints: tuple[str, ...]
    start: float
    end: float
    limit: int
    after: tuple[float, str] | None

    def covers(self, queued: QueuedRequest) -> bool:
        ended = queued.ended_at
        return (
            ended is not None
            and self.start <= ended < self.end
            and (not self.ids or queued.id in self.ids)
            and (not self.endpoints or queued.endpoint in self.endpoints)
        )


async def billing_events(request: Request) -> Response:
    """Requests whose price the book does not know are left out, as is what the accounting has not reached yet."""
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox, admin=True)
    if refused is not None:
        return refused
    try:
        query = bill_query(request, sandbox.now())
    except (ValueError, KeyError, TypeError):
        return platform_error(400, "validation_error", "Invalid request parameters")
    return JSONResponse(_page(query, sandbox))


def bill_query(request: Request, now: float) -> BillQuery:
    """Raises ValueError, KeyError or TypeError when a parameter makes no sense."""
    asked = request.query_params
    end = seconds_from(asked["end"]) if "end" in asked else now + 1
    start = seconds_from(asked["start"]) if "start" in asked else end - DAY
    limit = int(asked.get("limit", MOST))
    if not 1 <= limit <= MOST or end - start > DAYS * DAY + 1:
        raise ValueError("limit or time")
    after = asked.get("cursor")
    return BillQuery(
        ids=_listed(request, "request_id"),
        endpoints=_listed(request, "endpoint_id"),
        start=start,
        end=end,
        limit=limit,
        after=_from_cursor(after) if after else None,
    )


def _listed(request: Request, name: str) -> tuple[str, ...]:
    return tuple(part for value in request.query_params.getlist(name) for part in value.split(",") if part)


def _page(query: BillQuery, sandbox: Sandbox) -> dict[str, Any]:
    listed = sandbox.now() - sandbox.settings.billing_lag
    charged = [q for q in sandbox.state.in_order() if q.units is not None and q.charged is not None]
    known = [q for q in charged if query.covers(q) and (q.ended_at or 0.0) <= listed]
    rest = [q for q in sorted(known, key=_key) if query.after is None or _key(q) > query.after]
    page = rest[: query.limit]
    more = len(rest) > len(page)
    cursor = base64.urlsafe_b64encode(json.dumps(_key(page[-1])).encode()).decode() if more else None
    return {"billing_events": [_event(q) for q in page], "next_cursor": cursor, "has_more": more}


def _key(queued: QueuedRequest) -> tuple[float, str]:
    return (queued.ended_at or 0.0, queued.id)


def _from_cursor(text: str) -> tuple[float, str]:
    at, id_ = json.loads(base64.urlsafe_b64decode(text))
    return float(at), str(id_)


def _event(queued: QueuedRequest) -> dict[str, Any]:
    units, total = Decimal(queued.units or "0"), Decimal(queued.charged or "0")
    return {
        "request_id": queued.id,
        "endpoint_id": queued.endpoint,
        "timestamp": iso(queued.ended_at or 0.0),
        "output_units": float(units),
        "unit_price": float(total / units) if units else 0.0,
        "percent_discount": 0.0,
        "cost_subtotal": float(total),
        "cost_discount": 0.0,
        "cost_total": float(total),
        "cost_estimate_nano_usd": int(total * 1_000_000_000),
    }
