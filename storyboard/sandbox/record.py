"""One request as the sandbox remembers it, from acceptance to its end, and one uploaded file."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from msgspec import Struct, to_builtins

NAMESPACES = ("workflows", "comfy")

QueueState = Literal["IN_QUEUE", "IN_PROGRESS", "COMPLETED"]


class Delivery(Struct, frozen=True):
    """One call of a webhook: when, the answer's status (None: there was none), and what was odd about it."""

    at: float
    status: int | None
    kind: str


class QueuedRequest(Struct, frozen=True):
    """Times are seconds since 1970. `number` counts from 1 in the order of acceptance.

    A request that ended has a `status_code`. With 200 it has a `clip` (the name of its file), otherwise an
    `answer` (fal's error body). `charged` is exact decimal text, None when no price is known; "0" as long as
    nothing is due.
    """

    id: str
    number: int
    endpoint: str
    body: Any
    digest: str
    accepted_at: float
    fault: str | None = None
    webhook: str | None = None
    base: str = ""  # the sandbox's URL as its caller wrote it
    deliveries: tuple[Delivery, ...] = ()
    delivered: bool = False  # taken, or given up
    start_within: float | None = None  # the caller's X-Fal-Request-Timeout
    payload_kept: bool = True  # not with X-Fal-Store-IO: 0
    keep_seconds: float | None = None  # after its end; None keeps its clip for ever
    acl: str | None = None  # allow, forbid or hide
    deleted: bool = False
    state: QueueState = "IN_QUEUE"
    started_at: float | None = None
    ended_at: float | None = None
    logs: tuple[tuple[float, str], ...] = ()
    status_code: int | None = None
    answer: Any = None
    error: str | None = None
    error_type: str | None = None
    clip: str | None = None
    clip_bytes: int = 0
    units: str | None = None
    charged: str | None = "0"

    @property
    def app(self) -> str:
        return app_of(self.endpoint)

    @property
    def lost(self) -> bool:
        return self.fault == "lost-request"

    @property
    def running_seconds(self) -> float:
        return (self.ended_at or 0.0) - (self.started_at or self.ended_at or 0.0)


class Upload(Struct, frozen=True):
    """A file that storage was asked to take. It can be fetched once `size` is known. `path` is its URL
    below the base: files/b/ab/<token>_<name>, where the name is the one that was given, in plain
    characters."""

    token: str
    path: str
    content_type: str
    signature: str
    size: int | None = None
    expires_at: float | None = None


def app_of(endpoint: str) -> str:
    """Owner and app: what fal's status, result and cancel URLs are made of. Two namespaces come before the
    owner."""
    parts = endpoint.split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


def body_digest(body: Any) -> str:
    """SHA-256 of the body in canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def request_from(row: dict[str, Any]) -> QueuedRequest:
    """The request that `row_of` and JSON made the row from."""
    logs = tuple((at, text) for at, text in row["logs"])
    deliveries = tuple(Delivery(**one) for one in row.get("deliveries", ()))
    return QueuedRequest(**(row | {"logs": logs, "deliveries": deliveries}))


def row_of(record: QueuedRequest | Upload) -> dict[str, Any]:
    row: dict[str, Any] = to_builtins(record)
    return row
