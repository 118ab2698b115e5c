"""fal in memory that plays the faults it is told to, each by name, and keeps the one true record of what it took.

The faults of a submit are the table of what a POST can come to: whether the request was taken or not, the answer
looks the same.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
from virtual_time import START, Timeline

from storyboard.fal.history import canonical

BASE = "http://127.0.0.1:9"
PAGE = 5  # rows of history
QUEUE_KEEPS = 3600.0  # seconds that the queue knows a request after its end
HTML = "<html><h1>nginx</h1></html>"

TAKEN = {  # the server has the request, whatever the answer looks like
    "reset after": httpx.ReadError("reset"),
    "closed after": httpx.RemoteProtocolError("closed"),
    "silence after": httpx.ReadTimeout("silence"),
}
NOT_TAKEN = {
    "nobody there": httpx.ConnectError("refused"),
    "no way": httpx.ConnectTimeout("no way"),
    "reset before": httpx.ReadError("reset"),  # the very same error as after
    "cut in the body": httpx.RemoteProtocolError("reset"),
    "not written": httpx.WriteTimeout("slow"),
    "write cut": httpx.WriteError("reset"),
}
REFUSED = {"400": 400, "401": 401, "402": 402, "403": 403, "404": 404, "413": 413, "422": 422, "429": 429}
ODD = {"500": 500, "502": 502, "503": 503, "504": 504, "408": 408, "409": 409, "425": 425, "307": 307}
STALE = 6.0  # seconds: what an answer that is another's is older by
SUBMIT = (  # kinds: a fault is drawn by its kind first
    tuple(TAKEN),
    tuple(NOT_TAKEN),
    tuple(REFUSED),
    tuple(f"{name} taken" for name in ODD),
    tuple(f"{name} not taken" for name in ODD),
    ("page taken", "cut", "no id", "hangs taken", "another's id"),
    ("page with id", "cut with id", "202 with id", "500 with id", "slow"),
    ("page not taken", "hangs not taken"),
)
GET = (
    *("reset", "nobody there", "silence", "hangs", "500", "502", "503", "429", "401", "404", "301"),
    *("page", "half", "cut", "null", "list", "compressed"),
)
ASK = {
    "status": (*GET, "backwards", "odd word"),
    "result": (*GET, "still running", "elsewhere", "no clip", "wrong size"),
    "clip": (*GET, "short", "other clip"),
    "history": (*GET, "empty", "twice", "for ever", "a row without id", "strangers"),
    "cancel": GET,
    "initiate": (*GET, "elsewhere"),
    "put": GET,
}
ENDS = ("ok", "ok", "ok", "refused", "broken")  # what becomes of a request
TAKES = (2.0, 2.0, 40.0, 900.0)  # seconds until it has ended
LAGS = (1.0, 300.0, 15 * 3600.0)  # and from then until the history shows it


class Streamed(httpx.AsyncByteStream):
    """A body as it comes over a network; cut off where that is the fault."""

    def __init__(self, body: bytes, *, cut: bool = False) -> None:
        self._body, self._cut = body, cut

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body
        if self._cut:
            raise httpx.RemoteProtocolError("peer closed connection without sending complete message body")


@dataclass
class Job:
    """What fal took, and what becomes of it. Times are true seconds; `recorded` is when the history shows it."""

    id: str
    body: str
    given: dict[str, Any]
    intent: str
    accepted: float
    begins: float
    ends: float
    recorded: float
    end: str

    @property
    def billed(self) -> bool:
        """Could the person be charged for it? Not what broke at fal, nor what left the queue before it began."""
        return self.end in {"ok", "refused", "cancelled late"}


@dataclass
class PlayedFal(httpx.AsyncBaseTransport):
    """`rate` is how often a call meets a fault; which, and what becomes of the requests, is in the dice. At rate 0 all
    goes well."""

    time: Timeline
    clip: bytes
    rate: float = 0.0
    dice: random.Random = field(default_factory=lambda: random.Random(0))  # noqa: S311 - to be played again
    jobs: dict[str, Job] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    met: Counter[str] = field(default_factory=Counter)
    outage: float = -1.0  # until then nothing is added to the history, and it says so to nobody
    witness: Callable[[str, str], None] = lambda *_: None
    honest_date: bool = True

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.05)
        content = await request.aread()
        call = _call(request)
        self.asked[call] += 1
        fault = self._fault(call)
        told = await (
            self._submitted(request, content, fault) if call == "submit" else self._got(call, request, fault)
        )
        return await self._sent(told, fault)

    def _fault(self, call: str) -> str:
        if call == "other" or self.dice.random() >= self.rate:
            return ""
        kinds = SUBMIT if call == "submit" else (ASK[call],)
        fault = self.dice.choice(self.dice.choice(kinds))
        self.met[f"{call}: {fault}"] += 1
        return fault

    async def _sent(self, told: httpx.Response, fault: str) -> httpx.Response:
        headers = dict(told.headers)
        if self.honest_date:
            headers["date"] = format_datetime(self.time.true(), usegmt=True)
        if fault == "compressed":
            headers["content-encoding"] = "gzip"
        stream = Streamed(told.content, cut=fault.startswith("cut"))
        return httpx.Response(told.status_code, headers=headers, stream=stream)

    # the paid call

    async def _submitted(self, request: httpx.Request, content: bytes, fault: str) -> httpx.Response:
        if fault in NOT_TAKEN:
            raise NOT_TAKEN[fault]
        if fault == "hangs not taken":
            await asyncio.sleep(1e5)
        if fault == "page not taken":
            return httpx.Response(200, text=HTML)
        if fault in REFUSED:
            wait = {"retry-after": "7"} if fault == "429" else {}
            return httpx.Response(REFUSED[fault], json={"detail": "no"}, headers=wait)
        if fault.endswith(" not taken"):
            return httpx.Response(ODD[fault.removesuffix(" not taken")], text=HTML)
        job = self._take(request, content)
        if fault in TAKEN:
            raise TAKEN[fault]
        if fault in {"slow", "hangs taken"}:
            await asyncio.sleep(100 if fault == "slow" else 1e5)
        return self._answer(job, fault)

    def _answer(self, job: Job, fault: str) -> httpx.Response:
        header = {"x-fal-request-id": job.id}
        if fault.removesuffix(" taken") in ODD:
            return httpx.Response(ODD[fault.removesuffix(" taken")], text=HTML)
        if fault in {"page taken", "page with id"}:
            return httpx.Response(200, text=HTML, headers=header if fault == "page with id" else {})
        if fault in {"cut", "cut with id"}:
            return httpx.Response(
                200, text='{"request_id": "', headers=header if fault == "cut with id" else {}
            )
        if fault in {"202 with id", "500 with id"}:
            return httpx.Response(int(fault[:3]), json={}, headers=header)
        if fault == "no id":
            return httpx.Response(200, json={"status": "IN_QUEUE"})
        named = self._stale(job) if fault == "another's id" else job.id
        root = f"{BASE}/fal-ai/kling-video/requests/{named}"
        urls = {"status_url": f"{root}/status", "response_url": root, "cancel_url": f"{root}/cancel"}
        return httpx.Response(200, json={"request_id": named, **urls})

    def _stale(self, job: Job) -> str:
        """The id of an answer from before. One of the same moment, whose own answer was lost, nobody could tell from
        the right one: the ledger has no other sign of it than its time."""
        first = next(iter(self.jobs.values()))
        return first.id if first.accepted < job.accepted - STALE else job.id

    def _take(self, request: httpx.Request, content: bytes) -> Job:
        given = json.loads(content)
        body, intent = canonical(given), request.headers["idempotency-key"]
        self.witness(body, intent)
        now = self.time.seconds
        end, takes, lag = (
            [self.dice.choice(x) for x in (ENDS, TAKES, LAGS)] if self.rate else ("ok", 3.0, 1.0)
        )
        number = len(self.jobs)
        when = int((START.timestamp() + now) * 1000)
        name = f"{when:012x}7{number:03x}8{0:015x}"
        named = "-".join((name[:8], name[8:12], name[12:16], name[16:20], name[20:]))
        ends = now + takes
        recorded = max(ends + lag, self.outage)
        job = Job(named, body, given, intent, now, now + takes / 2, ends, recorded, end)
        self.jobs[named] = job
        return job

    # everything that is free

    async def _got(self, call: str, request: httpx.Request, fault: str) -> httpx.Response:
        match fault:
            case "reset":
                raise httpx.ReadError("reset")
            case "nobody there":
                raise httpx.ConnectError("refused")
            case "silence":
                await asyncio.sleep(30)
                raise httpx.ReadTimeout("silence")
            case "hangs":
                await asyncio.sleep(1e5)
            case "500" | "502" | "503" | "401" | "404" | "301":
                return httpx.Response(int(fault), text=HTML, headers={"location": "http://127.0.0.2:9/x"})
            case "429":
                return httpx.Response(429, json={"detail": "slow down"}, headers={"retry-after": "20"})
            case "page" | "half" | "null" | "list":
                return httpx.Response(
                    200, text={"page": HTML, "half": "{", "null": "null", "list": "[[]]"}[fault]
                )
        return getattr(self, f"_{call}")(request, fault)

    def _job(self, request: httpx.Request) -> Job | None:
        """The request that is asked for, as long as the queue knows it."""
        job = self.jobs.get(request.url.path.split("/")[4])
        return job if job is not None and self.time.seconds < job.ends + QUEUE_KEEPS else None

    def _status(self, request: httpx.Request, fault: str) -> httpx.Response:
        job = self._job(request)
        if job is None:
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        if fault == "odd word":
            return httpx.Response(200, json={"status": "THINKING"})
        if self.time.seconds < job.begins or fault == "backwards":
            return httpx.Response(202, json={"status": "IN_QUEUE", "queue_position": 2})
        if self.time.seconds < job.ends:
            return httpx.Response(202, json={"status": "IN_PROGRESS", "logs": None})
        return httpx.Response(200, json={"status": "COMPLETED", "logs": None})

    def _result(self, request: httpx.Request, fault: str) -> httpx.Response:
        job = self._job(request)
        if job is None:
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        if self.time.seconds < job.ends or fault == "still running":
            return httpx.Response(400, json={"detail": "Request is still in progress"})
        if job.end != "ok":
            return _failed(job)
        output = self._output(job)
        if fault == "elsewhere":
            output["video"]["url"] = "http://127.0.0.2:9/files/x.mp4"
        if fault == "wrong size":
            output["video"]["file_size"] = 7
        return httpx.Response(200, json={} if fault == "no clip" else output)

    def _output(self, job: Job) -> dict[str, Any]:
        return {"video": {"url": f"{BASE}/files/{job.id}.mp4", "file_size": len(self.clip)}}

    def _clip(self, request: httpx.Request, fault: str) -> httpx.Response:
        del request
        if fault == "short":
            return httpx.Response(200, content=self.clip[: len(self.clip) // 2])
        return httpx.Response(200, content=self.clip[::-1] if fault == "other clip" else self.clip)

    def _history(self, request: httpx.Request, fault: str) -> httpx.Response:
        asked = request.url.params
        seen = [
            job for job in self.jobs.values() if job.recorded <= self.time.seconds and _within(job, asked)
        ]
        if fault == "empty":
            seen = []
        rows = [self._row(job) for job in seen if asked.get("request_id") in {None, job.id}]
        if fault == "strangers":
            rows = [
                {"request_id": f"strange-{n}", "json_input": {"prompt": "x"}, "status_code": 200}
                for n in range(9)
            ]
        if fault == "twice":
            rows = [row for row in rows for _ in range(2)]
        if fault == "a row without id":
            rows = [*rows, {"sent_at": "yesterday"}]
        begin = int(asked.get("cursor", 0))
        more = fault == "for ever" or begin + PAGE < len(rows)
        page = {
            "items": rows[begin : begin + PAGE],
            "has_more": more,
            "next_cursor": str(begin + PAGE) if more else None,
        }
        if fault == "for ever":
            page["next_cursor"] = "0"
        return httpx.Response(200, json=page)

    def _row(self, job: Job) -> dict[str, Any]:
        codes = {"ok": 200, "refused": 422, "broken": 500}
        row: dict[str, Any] = {
            "request_id": job.id,
            "status_code": codes.get(job.end, 499),
            "json_input": job.given,
        }
        row["sent_at"] = (START + timedelta(seconds=job.accepted)).isoformat()
        row["started_at"] = None if job.end == "cancelled early" else row["sent_at"]
        row["json_output"] = self._output(job) if job.end == "ok" else None
        return row

    def _cancel(self, request: httpx.Request, fault: str) -> httpx.Response:
        del fault
        job = self._job(request)
        if job is None:
            return httpx.Response(404, json={"status": "NOT_FOUND"})
        now = self.time.seconds
        if now >= job.ends:
            return httpx.Response(400, json={"status": "ALREADY_COMPLETED"})
        job.end = "cancelled early" if now < job.begins else "cancelled late"
        job.ends = job.recorded = now
        return httpx.Response(202, json={"status": "CANCELLATION_REQUESTED"})

    def _other(self, request: httpx.Request, fault: str) -> httpx.Response:
        del request, fault
        return httpx.Response(404, json={"detail": "not here"})

    def _initiate(self, request: httpx.Request, fault: str) -> httpx.Response:
        name = json.loads(request.content)["file_name"]
        host = "http://127.0.0.2:9" if fault == "elsewhere" else BASE
        return httpx.Response(
            200, json={"file_url": f"{host}/files/{name}", "upload_url": f"{host}/put/{name}"}
        )

    def _put(self, request: httpx.Request, fault: str) -> httpx.Response:
        del request, fault
        return httpx.Response(200)


def _within(job: Job, asked: httpx.QueryParams) -> bool:
    """Is it in the time that was asked for?"""
    at = START + timedelta(seconds=job.accepted)
    edges = [datetime.fromisoformat(asked[name]) for name in ("start", "end") if name in asked]
    return not edges or edges[0] <= at <= edges[1]


def _failed(job: Job) -> httpx.Response:
    if job.end == "refused":
        detail = [{"loc": ["body", "prompt"], "msg": "no", "type": "content_policy_violation"}]
        return httpx.Response(422, json={"detail": detail})
    if job.end == "broken":
        return httpx.Response(500, json={"detail": "It broke", "error_type": "internal_error"})
    return httpx.Response(499, json={"detail": "Request was cancelled", "error_type": "client_cancelled"})


# What a render can do without: the stream falls back to polling, a charge stays unknown, a file needs no signature.
NOT_PLAYED = ("/status/stream", "/v1/models/pricing", "/v1/models/billing-events", "/v1/storage/files/sign")


def _call(request: httpx.Request) -> str:
    path = request.url.path
    if path.endswith(NOT_PLAYED):
        return "other"
    assert urlsplit(BASE).port == request.url.port and request.url.host == "127.0.0.1", f"asked {request.url}"  # noqa: PT018
    if request.method == "PUT":
        return "cancel" if path.endswith("/cancel") else "put"
    if request.method == "POST":
        return "initiate" if "/storage/" in path else "submit"
    if path.startswith("/v1/"):
        return "history"
    if path.startswith("/files/"):
        return "clip"
    return "status" if path.endswith("/status") else "result"
