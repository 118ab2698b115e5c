"""fal's request history: the one witness for a submit whose answer was lost.

Found means taken. Not found means nothing: the list holds ended requests, and its recording has lagged by
15 hours (fal's status page, 2026-05-11). A page that can't be read whole ends the search without a
verdict.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from msgspec import Struct

from storyboard.fal.errors import OddAnswer
from storyboard.fal.hosts import request_id_of
from storyboard.fal.queue import TRIES, asked
from storyboard.fal.wire import Wire
from storyboard.ledger.record import TakeRecord

PAGES = 200
BY_CONTENT = re.compile(r"([0-9a-f]{64})\.(?:png|jpg|jpeg|webp|gif|mp4|mov|mp3|wav)$")
MARGIN = timedelta(minutes=15)  # around our own sending time, beside the skew of the clocks
FARTHEST = timedelta(
    hours=26
)  # a day and what a zone can add: a take that is farther off was adopted, not sent
VERSION_7 = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")


class Past(Struct, frozen=True):
    """One entry. `body` is canonical; `output` is the result where fal kept it; `began` unless fal says that no runner
    ever took it."""

    request_id: str
    at: datetime | None
    status: int | None
    body: str | None
    output: Any
    began: bool = True


def canonical(arguments: Any) -> str:
    """Arguments as text by which two bodies are compared: each upload's URL replaced by its content's
    hash."""
    return json.dumps(_by_content(arguments), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


async def entries(
    wire: Wire, endpoint: str, start: datetime, end: datetime, *, pages: int = PAGES, tries: int = TRIES
) -> tuple[Past, ...]:
    """Every entry of an endpoint in that time, all pages. Raises OddAnswer when any page is not what fal
    documents."""
    query = {
        "endpoint_id": endpoint,
        "start": start.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "end": end.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "expand": "payloads",
        "limit": "100",
    }
    return await _pages(wire, query, pages, tries)


async def entry(wire: Wire, endpoint: str, request_id: str) -> Past | None:
    """The entry of one request, kept for 90 days, long after the queue forgot it."""
    query = {"endpoint_id": endpoint, "request_id": request_id, "expand": "payloads"}
    found = await _pages(wire, query)
    return next((past for past in found if past.request_id == request_id), None)


def matches(
    past: Sequence[Past], body: str, sent_at: datetime, skew: timedelta, then: Sequence[timedelta] = ()
) -> list[Past]:
    """The entries with that body from around that time, oldest first. `skew` is fal's clock less ours now; `then` what
    it may have been at the sending, when our clock was another."""
    room = MARGIN + abs(skew)

    def near(at: datetime) -> bool:
        return abs(at - sent_at) <= room or any(abs(at - sent_at - seen) <= MARGIN for seen in then)

    found = [p for p in past if p.body == body and p.at is not None and near(p.at)]
    return sorted(found, key=lambda p: (p.at or sent_at, p.request_id))


def skews_around(take: TakeRecord, takes: Sequence[TakeRecord]) -> tuple[timedelta, ...]:
    """How far fal's clock was from ours when the takes before and after this one were sent: their ids tell fal's time,
    the ledger ours. A clock that has been set right since does not show it any more."""
    told = [(t.number, seen) for t in takes if (seen := _skew_of(t)) is not None]
    before = max((row for row in told if row[0] < take.number), default=None)
    after = min((row for row in told if row[0] > take.number), default=None)
    return tuple(row[1] for row in (before, after) if row is not None)


def _skew_of(take: TakeRecord) -> timedelta | None:
    theirs = accepted_at(take.request_id or "")
    if theirs is None or take.sent_at is None:
        return None
    skew = theirs - datetime.fromisoformat(take.sent_at)
    return skew if abs(skew) <= FARTHEST else None


async def _pages(
    wire: Wire, query: dict[str, str], pages: int = PAGES, tries: int = TRIES
) -> tuple[Past, ...]:
    found: dict[str, Past] = {}
    cursors: set[str] = set()
    cursor: str | None = None
    for _ in range(pages):
        asking = query | ({"cursor": cursor} if cursor else {})
        url = f"{wire.account.platform}/v1/models/requests/by-endpoint?{urlencode(asking)}"
        answer = await asked(wire, "GET", url, tries=tries)
        page = answer.json() if answer.status == 200 else None  # noqa: PLR2004
        if not isinstance(page, Mapping) or not isinstance(page.get("items"), list):
            raise OddAnswer(f"fal's request history can't be read (HTTP {answer.status}).")
        found |= {past.request_id: past for past in map(_past, page["items"])}
        cursor = page.get("next_cursor")
        if not page.get("has_more"):
            return tuple(found.values())
        if not isinstance(cursor, str) or not cursor or cursor in cursors:
            break
        cursors.add(cursor)
    raise OddAnswer("fal's request history does not come to an end.")


def _past(row: Any) -> Past:
    request_id = request_id_of(row.get("request_id")) if isinstance(row, Mapping) else None
    if request_id is None:
        raise OddAnswer("fal's request history holds an entry without an id.")
    status, body = row.get("status_code"), row.get("json_input")
    return Past(
        request_id=request_id,
        at=accepted_at(request_id) or _time(row.get("sent_at")),
        status=status if isinstance(status, int) else None,
        body=canonical(body) if isinstance(body, Mapping) else None,
        output=row.get("json_output"),
        began="started_at" not in row or row["started_at"] is not None,
    )


def _by_content(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _by_content(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_by_content(inner) for inner in value]
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return _content(value)
    return value


def _content(url: str) -> str:
    try:
        found = BY_CONTENT.search(urlsplit(url).path)
    except ValueError:
        return url
    return f"sha256:{found[1]}" if found else url


def accepted_at(request_id: str) -> datetime | None:
    """The acceptance time that a version 7 id carries: the server's own, free of recording lag."""
    if not VERSION_7.match(request_id):
        return None
    return _moment(int(request_id.replace("-", "")[:12], 16) / 1000)


def _time(text: Any) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC)


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
