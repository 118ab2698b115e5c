"""The one paid request: one POST, and the truth about what became of it.

fal has no idempotency key, so a POST that may have been taken is never sent again. What happened is one of
four: accepted (fal gave an id), refused for certain (a status by which nothing was queued), nothing left
(the connection never stood), and everything else: unknown, which may be paid.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from msgspec import Struct

from storyboard.fal.complaints import submit_error
from storyboard.fal.errors import FalError, OddAnswer
from storyboard.fal.hosts import queue_url, request_id_of, submission
from storyboard.fal.keeping import submit_headers
from storyboard.fal.webhooks import called
from storyboard.fal.wire import Answer, Wire, chunks, lower, retry_after
from storyboard.ledger.record import Submission

# By these fal says that it queued nothing. Any other status leaves that open: 502 is seen after acceptance.
CERTAIN = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422, 429})
BEFORE_THE_FIRST_BYTE = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
)
ANSWER_BYTES = 1 << 20
DEADLINE = 180.0  # seconds for the whole POST
START_WITHIN = "7200"  # seconds; what has not begun by then fal drops unbilled, so that "unknown" has an end


class Accepted(Struct, frozen=True):
    submission: Submission


class RefusedCertainly(Struct, frozen=True):
    status: int
    error: FalError
    wait: float | None  # seconds that fal asks to wait


class NothingLeft(Struct, frozen=True):
    reason: str


class Unknown(Struct, frozen=True):
    """`seen_id` is an id that came with an answer which did not say that the request was taken."""

    reason: str
    seen_id: str | None = None


Outcome = Accepted | RefusedCertainly | NothingLeft | Unknown


class Departure(Struct):
    """Has a byte left? Set just before the first one is written; who interrupts a submit looks here."""

    left: bool = False


async def submit(
    wire: Wire,
    endpoint: str,
    content: bytes,
    intent: str,
    *,
    on_id: Callable[[Submission], None],
    departure: Departure,
    webhook: str | None = None,
) -> Outcome:
    """Sends the body once. `on_id` makes the id durable as soon as the answer's header shows it, before
    the body. `webhook` is a checked URL that fal is to call at the end."""
    departure.left = wire.world.transport is not None  # only real connections tell when they begin
    known: list[Submission] = []

    def keep(submission: Submission) -> None:
        on_id(submission)
        known.append(submission)

    async def trace(event: str, info: Mapping[str, Any]) -> None:
        del info
        if "send_request_headers.started" in event:
            departure.left = True

    headers = submit_headers(wire.settings) | {
        "idempotency-key": intent,  # not documented for the queue; harmless, and a help the day it is
        "x-fal-request-timeout": START_WITHIN,
        "x-app-fal-disable-fallback": "true",  # the model that was priced, or none
    }
    url = f"{wire.account.queue}/{endpoint}" + (called(webhook) if webhook else "")
    try:
        async with asyncio.timeout(DEADLINE), wire.pay(url, content, headers, trace) as response:
            return await _outcome(wire, endpoint, response, keep)
    except BEFORE_THE_FIRST_BYTE as failure:
        # Only the kind is told: the text of a protocol error can hold the header, and so the key.
        if departure.left and wire.world.transport is None:
            return Unknown(f"the connection failed while sending ({type(failure).__name__})")
        return NothingLeft(f"no connection to {httpx.URL(url).host} ({type(failure).__name__})")
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as failure:
        if known:
            return Accepted(known[0])
        return Unknown(f"the request left, but no answer came ({type(failure).__name__})")


async def _outcome(
    wire: Wire, endpoint: str, response: httpx.Response, on_id: Callable[[Submission], None]
) -> Outcome:
    status = response.status_code
    seen = request_id_of(response.headers.get("x-fal-request-id"))
    taken = response.is_success
    if taken and seen:
        on_id(submission(wire.account, endpoint, seen))
    body = await _body(response)
    if status in CERTAIN:
        wait = retry_after(lower(response.headers), wire.world.now())
        return RefusedCertainly(status, submit_error(status, body), wait)
    if not taken:
        return Unknown(f"fal's answer does not say whether the request was taken (HTTP {status})", seen)
    request_id = seen or (request_id_of(body.get("request_id")) if isinstance(body, Mapping) else None)
    if request_id is None:
        return Unknown(f"the answer holds no request id (HTTP {status})")
    return Accepted(_submission(wire, endpoint, request_id, body))


async def _body(response: httpx.Response) -> Any:
    """The JSON of a small answer; None for anything that can't be read. The id may be known without it."""
    parts = bytearray()
    try:
        async for chunk in chunks(response):
            parts += chunk
            if len(parts) > ANSWER_BYTES:
                return None
    except (httpx.HTTPError, httpx.StreamError, OddAnswer):
        return None
    return Answer(response.status_code, {}, bytes(parts)).json_or_none()


def _submission(wire: Wire, endpoint: str, request_id: str, body: Any) -> Submission:
    """The URLs that the answer names, where they are whole and on the queue's own host."""
    built = submission(wire.account, endpoint, request_id)
    if not isinstance(body, Mapping) or body.get("request_id") != request_id:
        return built
    try:
        return Submission(
            request_id,
            queue_url(wire.account, body.get("status_url")),
            queue_url(wire.account, body.get("response_url")),
            queue_url(wire.account, body.get("cancel_url")),
        )
    except OddAnswer:
        return built
