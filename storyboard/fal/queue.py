"""The queue after the submit: status, logs, result, cancel. All of it may be asked again, none of it costs
money.

COMPLETED is not success: a failed and a cancelled request are COMPLETED too. The result is judged by its
HTTP code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

import httpx
from msgspec import Struct

from storyboard.fal.complaints import common_error, generation_error, typed
from storyboard.fal.errors import (
    FalError,
    KeyProblem,
    NotReached,
    OddAnswer,
    RequestForgotten,
    TooManyRequests,
)
from storyboard.fal.hosts import media_url, moved, queue_url
from storyboard.fal.units import units
from storyboard.fal.wire import Answer, Wire, retry_after
from storyboard.ledger.record import Submission
from storyboard.secret import redact

TRIES = 5
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
VOICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")  # fal's own are digits
STILL_RUNNING = "still in progress"  # what an early result says; a live body of 2026-09
LONGEST_LINE = 500
LARGEST = 1 << 48  # bytes: what states more is no size, and more than the ledger can hold

Phase = Literal["queued", "running", "done"]
PHASES: dict[str, Phase] = {"IN_QUEUE": "queued", "IN_PROGRESS": "running", "COMPLETED": "done"}


class Status(Struct, frozen=True):
    """`position` counts the requests ahead; `lines` are all log lines so far, or, of a stream, the new ones."""

    phase: Phase
    position: int | None = None
    lines: tuple[str, ...] = ()


class Result(Struct, frozen=True):
    """What was made: where the clip is, or the id of the voice; its size in bytes and the billable units where fal
    states them."""

    clip_url: str | None
    file_size: int | None
    billable_units: Decimal | None
    voice: str | None = None


Cancelled = Literal["requested", "completed", "not found"]


async def status(wire: Wire, submission: Submission) -> Status:
    """Where the request stands. Raises RequestForgotten when the queue no longer knows it."""
    url = queue_url(wire.account, moved(wire.account, submission.status_url))
    answer = await asked(wire, "GET", str(httpx.URL(url).copy_merge_params({"logs": "1"})))
    if answer.status == 404:  # noqa: PLR2004
        raise forgotten(submission)
    return status_in(answer.json(), submission, answer.status)


def status_in(body: Any, submission: Submission, code: int) -> Status:
    """The status that a body holds. Raises OddAnswer."""
    word = body.get("status") if isinstance(body, Mapping) else None
    phase = PHASES.get(word) if isinstance(word, str) else None
    if phase is None:
        raise OddAnswer(f"The status of request {submission.request_id} can't be read (HTTP {code}).")
    position = body.get("queue_position")
    return Status(phase, position if isinstance(position, int) else None, _lines(body.get("logs")))


async def result(wire: Wire, submission: Submission) -> Result | None:
    """What was made; None while fal says that it is not done. Raises GenerationFailed for an error
    result."""
    url = queue_url(wire.account, moved(wire.account, submission.response_url))
    answer = await asked(wire, "GET", url)
    body = answer.json_or_none()
    if answer.status == 404:  # noqa: PLR2004
        raise forgotten(submission)
    if answer.status == 200:  # noqa: PLR2004
        return made(wire, body, answer.headers)
    if answer.status == 202 or STILL_RUNNING in answer.body[:400].decode("utf-8", "replace"):  # noqa: PLR2004
        return None
    if answer.status == 422 or (answer.status >= 400 and typed(body, answer.headers)):  # noqa: PLR2004
        raise generation_error(answer.status, body, answer.headers)
    # Anything else may pass: the take stays sent, since calling it failed would let it be bought again.
    raise OddAnswer(f"The result of request {submission.request_id} can't be read (HTTP {answer.status}).")


async def cancel(wire: Wire, submission: Submission) -> Cancelled:
    """Asks fal to stop. What runs already gets a signal only, and may still be charged."""
    url = queue_url(wire.account, moved(wire.account, submission.cancel_url))
    answer = await asked(wire, "PUT", url)
    if answer.status == 404:  # noqa: PLR2004
        return "not found"
    if answer.status == 400:  # noqa: PLR2004
        return "completed"
    if answer.status in {200, 202}:
        return "requested"
    raise OddAnswer(f"fal's answer to the cancellation can't be read (HTTP {answer.status}).")


def made(wire: Wire, body: Any, headers: Mapping[str, str]) -> Result:
    """The clip or the voice that a successful result names. Raises OddAnswer when there is none, or its clip is on no
    known host."""
    found = body if isinstance(body, Mapping) else {}
    video, voice = found.get("video"), found.get("voice_id")
    if isinstance(voice, str) and VOICE.fullmatch(voice):
        return Result(None, None, units(headers), voice)
    if not isinstance(video, Mapping):
        raise OddAnswer(
            "fal says that the request succeeded, but its result names neither a clip nor a voice."
        )
    size = video.get("file_size")
    good = isinstance(size, int) and not isinstance(size, bool) and 0 < size <= LARGEST
    url = media_url(wire.account, moved(wire.account, str(video.get("url"))))
    return Result(url, size if good else None, units(headers))


async def asked(
    wire: Wire,
    method: str,
    url: str,
    body: Any = None,
    *,
    tries: int = TRIES,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """An answer to an unpaid request, asked again while fal or the way to it stumbles.

    Raises KeyProblem, NotReached or TooManyRequests; an answer of 5xx that holds fal's own error is
    returned when it stays, since results carry those.
    """
    answer: Answer | None = None
    trouble = ""
    for attempt in range(tries):
        try:
            answer = await wire.ask(method, url, body, headers=headers)
        except (httpx.TransportError, httpx.StreamError, TimeoutError) as failure:
            trouble = f"{httpx.URL(url).host}: {type(failure).__name__}"
        else:
            if not _may_pass(answer):
                break
        if attempt + 1 < tries:
            await wire.world.sleep(_pause(wire, attempt, answer))
    if answer is None:
        raise NotReached(
            f"fal can't be reached ({trouble}). What was bought is recorded: check the network and run the "
            "same command again."
        )
    return _judged(answer)


def forgotten(submission: Submission) -> RequestForgotten:
    return RequestForgotten(
        f"fal's queue no longer knows request {submission.request_id}; it keeps results for about an hour."
    )


def _may_pass(answer: Answer) -> bool:
    if answer.status not in TRANSIENT:
        return False
    retryable = answer.headers.get("x-fal-retryable", "").strip().lower()
    if retryable in {"true", "false"}:
        return retryable == "true"
    return answer.status in {408, 425, 429} or not typed(answer.json_or_none(), answer.headers)


def _judged(answer: Answer) -> Answer:
    body = answer.json_or_none()
    error: FalError | None = common_error(answer.status, body)
    if isinstance(error, KeyProblem | TooManyRequests):
        raise error
    if error is not None and not typed(body, answer.headers):
        raise error
    return answer


def _pause(wire: Wire, attempt: int, answer: Answer | None) -> float:
    asked_for = retry_after(answer.headers, wire.world.now()) if answer else None
    return max(wire.world.jitter(min(0.5 * 2**attempt, 20.0)), asked_for or 0.0)


def _lines(logs: Any) -> tuple[str, ...]:
    if not isinstance(logs, list):
        return ()
    found = (row.get("message") for row in logs if isinstance(row, Mapping))
    return tuple(redact(str(message))[:LONGEST_LINE] for message in found if message)
