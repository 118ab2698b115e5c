"""fal's platform API: prices, estimates, the history of requests, what is left of the money."""

from __future__ import annotations

import base64
import json
from decimal import Decimal
from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.catalog.endpoints import catalog
from storyboard.sandbox import access
from storyboard.sandbox.access import platform_error
from storyboard.sandbox.charges import base_price, charge_of
from storyboard.sandbox.output import output_of
from storyboard.sandbox.queue import AsciiJSON, base_url
from storyboard.sandbox.record import QueuedRequest
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.times import iso, seconds_from

ENDPOINTS_AT_ONCE = 50
PAGE = 100
DAY = 86_400.0
HISTORY_DAYS = 90
STATUSES = {
    "success": range(200, 300),
    "user_error": range(400, 500),
    "error": range(500, 600),
}
INVALID = ("validation_error", "Invalid request parameters")
TYPICAL_CALL = {"duration": "5"}  # what `historical_api_price` counts as one call: all else by default


async def pricing(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox)
    if refused is not None:
        return refused
    asked = _endpoints(request)
    if not 1 <= len(asked) <= ENDPOINTS_AT_ONCE:
        return platform_error(400, *INVALID)
    prices = [(endpoint, _base_price(endpoint, sandbox)) for endpoint in asked]
    unknown = [endpoint for endpoint, price in prices if price is None]
    if unknown:
        return platform_error(404, "not_found", f"No pricing for {', '.join(unknown)}")
    rows = [_price_row(endpoint, price) for endpoint, price in prices if price is not None]
    return JSONResponse({"prices": rows, "next_cursor": None, "has_more": False})


def _base_price(endpoint: str, sandbox: Sandbox) -> Decimal | None:
    if endpoint == catalog().voices.id:
        return sandbox.book.unit_price(endpoint, "run")
    row = catalog().find(endpoint)
    return None if row is None or row.id != endpoint else base_price(row, sandbox.book)


def _price_row(endpoint: str, price: Decimal) -> dict[str, Any]:
    return {"endpoint_id": endpoint, "unit_price": float(price), "unit": "units", "currency": "USD"}


def _endpoints(request: Request) -> list[str]:
    """Repeated, or with commas."""
    words = [part for value in request.query_params.getlist("endpoint_id") for part in value.split(",")]
    return list(dict.fromkeys(word.strip() for word in words if word.strip()))


async def estimate(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox)
    if refused is not None:
        return refused
    try:
        asked = await request.json()
        kind = asked["estimate_type"]
        total = sum((_cost(sandbox, kind, *row) for row in asked["endpoints"].items()), Decimal(0))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
        return platform_error(400, *INVALID)
    return JSONResponse({"estimate_type": kind, "total_cost": float(total), "currency": "USD"})


def _cost(sandbox: Sandbox, kind: str, endpoint: str, quantity: dict[str, Any]) -> Decimal:
    """Raises KeyError or TypeError for what can't be priced."""
    if kind == "unit_price":
        return Decimal(str(quantity["unit_quantity"])) * _known(_base_price(endpoint, sandbox))
    if kind == "historical_api_price":
        return Decimal(str(quantity["call_quantity"])) * _known(_typical(endpoint, sandbox))
    raise KeyError(kind)


def _typical(endpoint: str, sandbox: Sandbox) -> Decimal | None:
    row = catalog().find(endpoint)
    return None if row is None else charge_of(row, TYPICAL_CALL, sandbox.book).amount


def _known(price: Decimal | None) -> Decimal:
    if price is None:
        raise KeyError("price")
    return price


class HistoryQuery(Struct, frozen=True):
    """What of the history is asked for. `after` is where the last page ended: (sort key, id)."""

    endpoints: tuple[str, ...]
    request_id: str | None
    start: float
    end: float
    status: str | None
    sort_by: str
    limit: int
    after: tuple[float, str] | None
    payloads: bool

    def covers(self, queued: QueuedRequest) -> bool:
        ended = queued.ended_at
        return (
            ended is not None
            and (not self.endpoints or queued.endpoint in self.endpoints)
            and self.request_id in {None, queued.id}
            and self.start <= ended < self.end
            and (self.status is None or queued.status_code in STATUSES[self.status])
        )

    def key(self, queued: QueuedRequest) -> tuple[float, str]:
        return (queued.running_seconds if self.sort_by == "duration" else queued.ended_at or 0.0, queued.id)


async def history(request: Request) -> Response:
    """Requests that have ended, the newest end first. What waits or runs is not listed, nor what ended
    only just now when the settings make the recording lag."""
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox)
    if refused is not None:
        return refused
    if sandbox.settings.history_outage:
        return platform_error(503, "server_error", "The service is temporarily unavailable")
    try:
        query = history_query(request, sandbox.now())
    except (ValueError, KeyError, TypeError):
        return platform_error(400, *INVALID)
    return AsciiJSON(_page(query, sandbox, base_url(request)))


def history_query(request: Request, now: float) -> HistoryQuery:
    """Raises ValueError, KeyError or TypeError when a parameter makes no sense."""
    asked = request.query_params
    request_id = asked.get("request_id")
    endpoints = tuple(_endpoints(request))
    if not endpoints and request_id is None:
        raise ValueError("endpoint_id")
    days = HISTORY_DAYS if request_id else 1
    status, sort_by, limit = (
        asked.get("status"),
        asked.get("sort_by", "ended_at"),
        int(asked.get("limit", PAGE)),
    )
    if status not in {None, *STATUSES} or sort_by not in {"ended_at", "duration"} or not 1 <= limit <= PAGE:
        raise ValueError("status, sort_by or limit")
    return HistoryQuery(
        endpoints=endpoints,
        request_id=request_id,
        start=seconds_from(asked["start"]) if "start" in asked else now - days * DAY,
        end=seconds_from(asked["end"]) if "end" in asked else now + 1,
        status=status,
        sort_by=sort_by,
        limit=limit,
        after=_from_cursor(asked["cursor"]) if "cursor" in asked else None,
        payloads="payloads" in ",".join(asked.getlist("expand")).split(","),
    )


def _page(query: HistoryQuery, sandbox: Sandbox, base: str) -> dict[str, Any]:
    listed = sandbox.now() - sandbox.settings.history_lag
    found = [q for q in sandbox.state.requests.values() if query.covers(q) and (q.ended_at or 0.0) <= listed]
    rows = sorted(found, key=query.key, reverse=True)
    rest = [q for q in rows if query.after is None or query.key(q) < query.after]
    page = rest[: query.limit]
    more = len(rest) > len(page)
    items = [_item(q, base, payloads=query.payloads) for q in page]
    return {"items": items, "next_cursor": _cursor(query.key(page[-1])) if more else None, "has_more": more}


def _item(queued: QueuedRequest, base: str, *, payloads: bool) -> dict[str, Any]:
    item = {
        "request_id": queued.id,
        "endpoint_id": queued.endpoint,
        "sent_at": iso(queued.accepted_at),
        "started_at": iso(queued.started_at) if queued.started_at is not None else None,
        "ended_at": iso(queued.ended_at or 0.0),
        "status_code": queued.status_code,
        "duration": round(queued.running_seconds, 3),
    }
    if payloads:
        item["json_input"] = queued.body if queued.payload_kept else None
        item["json_output"] = output_of(queued, base) if queued.payload_kept else None
    return item


def _cursor(key: tuple[float, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _from_cursor(text: str) -> tuple[float, str]:
    key, id_ = json.loads(base64.urlsafe_b64decode(text))
    return float(key), str(id_)


async def account(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox, admin=True)
    if refused is not None:
        return refused
    answer: dict[str, Any] = {"username": "sandbox"}
    if request.query_params.get("expand") == "credits":
        balance = sandbox.settings.balance
        left = Decimal(100) - sandbox.charged() if balance is None else balance - sandbox.charged()
        answer["credits"] = {"current_balance": float(left), "currency": "USD"}
    return JSONResponse(answer)
