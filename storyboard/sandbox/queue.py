"""fal's queue: submit, status, status stream, result, cancel.

Submit takes the full endpoint id in its path; everything after it takes the owner and the app only. As on the
live queue, a full path to a request answers a GET with an empty body and a cancel with 405.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from storyboard.sandbox import access
from storyboard.sandbox.broken import REFUSALS, Cut, Dropped, nginx_page, too_many
from storyboard.sandbox.ids import request_id
from storyboard.sandbox.output import output_of
from storyboard.sandbox.preference import preference_of
from storyboard.sandbox.record import QueuedRequest, app_of, body_digest
from storyboard.sandbox.runners import Runners
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.times import iso
from storyboard.sandbox.watch import missing_intent

NOT_FOUND = {"status": "NOT_FOUND"}
TRUE_WORDS = {"1", "true", "yes"}


class QueuePath(Struct, frozen=True):
    """A path with `/requests/` in it, taken apart. `rest` is what stands after the id: "", "status",
    "cancel", …"""

    app: str
    id: str
    rest: str
    full: bool  # more than owner and app before `requests`


async def queue(request: Request) -> Response:
    """Everything that is no other route."""
    path = request.path_params["path"].strip("/")
    about = queue_path(path)
    if about is None:
        if request.method != "POST" or "/" not in path:
            return JSONResponse({"detail": "Method Not Allowed"}, 405)
        return await submit(request, path)
    refused = access.refusal(request, request.app.state.sandbox)
    return refused or await _about(request, about)


def queue_path(path: str) -> QueuePath | None:
    endpoint, found, tail = path.partition("/requests/")
    if not found:
        return None
    id_, _, rest = tail.partition("/")
    return QueuePath(app_of(endpoint), id_, rest, endpoint != app_of(endpoint))


async def submit(request: Request, endpoint: str) -> Response:
    """Any JSON is accepted at once; whether the model takes it shows in the result."""
    sandbox: Sandbox = request.app.state.sandbox
    sandbox.state.next_number("submits")
    data = await request.body()
    _watch(request, sandbox, data)
    refused = access.paid_refusal(request, sandbox) or _queue_too_long(request, sandbox)
    if refused is not None:
        return refused
    fault = sandbox.first_fault("before accept")
    if fault is not None:
        return REFUSALS[fault]()
    try:
        body = json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return JSONResponse(
            {"detail": "The request body is not valid JSON", "error_type": "bad_request"}, 400
        )
    return await _accept(request, endpoint, body)


def _watch(request: Request, sandbox: Sandbox, data: bytes) -> None:
    """Notes a submission that came before its intent was on the disk: at this instant, refused later or not."""
    if sandbox.settings.watched_ledger is None:
        return
    intent = request.headers.get("idempotency-key")
    reason = missing_intent(sandbox.settings.watched_ledger, intent, data)
    if reason is not None:
        sandbox.state.note_unannounced({"submit": sandbox.state.count("submits"), "reason": reason})


def _no_number(word: str) -> float:
    raise ValueError(word)  # NaN and Infinity are Python's, not JSON's


def _queue_too_long(request: Request, sandbox: Sandbox) -> Response | None:
    most = request.query_params.get("fal_max_queue_length", "")
    waiting = sum(1 for queued in sandbox.state.requests.values() if queued.state == "IN_QUEUE")
    if most.isdecimal() and waiting > int(most):
        return too_many("Queue length exceeded")
    return None


async def _accept(request: Request, endpoint: str, body: Any) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    runners: Runners = request.app.state.runners
    number, now = sandbox.state.next_number("requests"), sandbox.now()
    wanted = preference_of(request)
    queued = QueuedRequest(
        id=request_id(sandbox.settings.seed, number, now),
        number=number,
        endpoint=endpoint,
        body=body,
        digest=body_digest(body),
        accepted_at=now,
        fault=sandbox.first_fault("in the life"),
        webhook=request.query_params.get("fal_webhook"),
        base=base_url(request),
        start_within=_start_within(request),
        payload_kept=request.headers.get("x-fal-store-io") != "0",
        keep_seconds=wanted.seconds,
        acl=wanted.acl,
    )
    sandbox.state.save(queued)
    runners.take(queued)
    fault = sandbox.first_fault("at accept")
    if fault == "drop-after-accept":
        return Dropped()
    if fault == "slow":
        await sandbox.hold(sandbox.settings.slow_seconds)
    told = submitted(queued, base_url(request), sandbox)
    answer = JSONResponse(told, 200, {"x-fal-request-id": queued.id})
    return Cut(answer.body, 200, dict(answer.headers)) if fault == "cut-answer" else answer


def _start_within(request: Request) -> float | None:
    """The caller's deadline to start, under its older and its newer name."""
    for name in ("x-fal-request-start-timeout", "x-fal-request-timeout"):
        try:
            return float(request.headers[name])
        except (KeyError, ValueError):
            continue
    return None


def base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def urls(queued: QueuedRequest, base: str) -> dict[str, str]:
    own = f"{base}/{queued.app}/requests/{queued.id}"
    return {"response_url": own, "status_url": f"{own}/status", "cancel_url": f"{own}/cancel"}


def submitted(queued: QueuedRequest, base: str, sandbox: Sandbox) -> dict[str, Any]:
    """The answer to a submission."""
    return {
        "status": "IN_QUEUE",
        "request_id": queued.id,
        "gateway_request_id": queued.id,
        **urls(queued, base),
        "queue_position": sandbox.state.queue_position(queued),
    }


def status_of(queued: QueuedRequest, base: str, sandbox: Sandbox, *, with_logs: bool) -> dict[str, Any]:
    """A status with the keys that both official clients need in each state."""
    status: dict[str, Any] = {"status": queued.state, "request_id": queued.id, **urls(queued, base)}
    if queued.state == "IN_QUEUE":
        return status | {"queue_position": sandbox.state.queue_position(queued)}
    logs = [
        {"message": text, "timestamp": iso(at), "level": "INFO", "source": "USER"} for at, text in queued.logs
    ]
    status |= {"logs": logs if with_logs else None, "metrics": {}}
    if queued.status_code == 200:  # noqa: PLR2004
        status["metrics"] = {"inference_time": round(queued.running_seconds, 3)}
    if queued.error is not None:
        status |= {"error": queued.error, "error_type": queued.error_type}
    return status


async def _about(request: Request, path: QueuePath) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    if path.full:
        return (
            Response(b"", 200)
            if request.method == "GET"
            else JSONResponse({"detail": "Method Not Allowed"}, 405)
        )
    if request.method == "GET" and sandbox.first_fault("poll") is not None:
        return nginx_page()
    queued = sandbox.state.requests.get(path.id)
    if queued is None or queued.lost or queued.app != path.app:
        return JSONResponse(NOT_FOUND, 404)
    answer = ANSWERS.get((request.method, path.rest))
    if answer is None:
        return JSONResponse({"detail": "Method Not Allowed"}, 405)
    return answer(request, queued)


def _status(request: Request, queued: QueuedRequest) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    body = status_of(queued, base_url(request), sandbox, with_logs=_with_logs(request))
    return JSONResponse(body, 200 if queued.state == "COMPLETED" else 202, {"x-fal-request-id": queued.id})


def _with_logs(request: Request) -> bool:
    return request.query_params.get("logs", "").lower() in TRUE_WORDS


def _stream(request: Request, queued: QueuedRequest) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    events = _events(queued.id, base_url(request), sandbox, with_logs=_with_logs(request))
    headers = {"cache-control": "no-cache", "x-fal-request-id": queued.id}
    return StreamingResponse(events, 200, headers, "text/event-stream")


async def _events(id_: str, base: str, sandbox: Sandbox, *, with_logs: bool) -> AsyncIterator[str]:
    """A status at each change, with the log lines that are new, until the request is completed."""
    seen, last = 0, None
    while True:
        changed = sandbox.state.changed  # taken before looking, or a change during the yield would be missed
        queued = sandbox.state.requests[id_]
        new_lines = replace(queued, logs=queued.logs[seen:])
        bare = status_of(queued, base, sandbox, with_logs=False)
        if bare != last or (with_logs and new_lines.logs):
            yield f"data: {json.dumps(status_of(new_lines, base, sandbox, with_logs=with_logs))}\n\n"
        if queued.state == "COMPLETED" or sandbox.closing.is_set():
            return
        seen, last = len(queued.logs), bare
        await changed.wait()


def _result(request: Request, queued: QueuedRequest) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    headers = {
        "x-fal-request-id": queued.id,
        "x-fal-served-from": sandbox.runner_id,
        "x-robots-tag": "noindex",
    }
    if queued.status_code is None:
        return JSONResponse({"detail": "Request is still in progress"}, 400, headers)
    if queued.error_type is not None:
        headers["X-Fal-Error-Type"] = queued.error_type
    if queued.error_type == "request_timeout" and queued.started_at is None:
        headers["X-Fal-Request-Timeout-Type"] = "user"
    if queued.units is not None:
        headers["x-fal-billable-units"] = queued.units
    return AsciiJSON(output_of(queued, base_url(request)), queued.status_code, headers)


class AsciiJSON(JSONResponse):
    """JSON that repeats what was sent: half a surrogate pair can be escaped but not encoded."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def _cancel(request: Request, queued: QueuedRequest) -> Response:
    runners: Runners = request.app.state.runners
    if queued.state == "COMPLETED":
        return JSONResponse({"status": "ALREADY_COMPLETED"}, 400)
    runners.cancel(queued)
    return JSONResponse({"status": "CANCELLATION_REQUESTED"}, 202)


ANSWERS = {
    ("GET", "status"): _status,
    ("GET", "status/stream"): _stream,
    ("GET", ""): _result,
    ("GET", "response"): _result,
    ("PUT", "cancel"): _cancel,
}
