"""How a request ends, and the bodies that its result answers with when it did not end well."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from storyboard.sandbox.checks import Error, error


class Outcome(Struct, frozen=True):
    """`log` is the last line of the request's log. `charged` and `units` are exact decimal text."""

    status_code: int
    log: str
    answer: Any = None
    error: str | None = None
    error_type: str | None = None
    clip: str | None = None
    clip_bytes: int = 0
    units: str | None = None
    charged: str | None = "0"


TIMED_OUT = Outcome(
    status_code=504,
    log="Request timed out",
    answer={"detail": "Request timed out", "error_type": "request_timeout"},
    error="Request timed out",
    error_type="request_timeout",
)
# What a cancelled request is charged has not been recorded; the sandbox takes nothing for it.
CANCELLED = Outcome(
    status_code=499,
    log="Request cancelled",
    answer={"detail": "Request was cancelled by the client", "error_type": "client_cancelled"},
    error="Request was cancelled by the client",
    error_type="client_cancelled",
)


def refused(errors: list[Error]) -> Outcome:
    """A body that fal does not take: COMPLETED without an error in the status, as recorded live."""
    return Outcome(422, "Request validation failed", {"detail": errors})


def against_policy(body: Any) -> Outcome:
    prompt = body.get("prompt") if isinstance(body, dict) else None
    message = "The content could not be processed because it was flagged by a content checker."
    return refused([_fal_error("content_policy_violation", "prompt", message, prompt)])


def no_such_path(endpoint: str) -> Outcome:
    return Outcome(404, "No such path", {"detail": f"Path /{'/'.join(endpoint.split('/')[2:])} not found"})


def machine_failed(reason: str) -> Outcome:
    answer = {"detail": [_fal_error("internal_server_error", None, "Internal server error", None)]}
    return Outcome(500, f"Internal server error: {reason}", answer)


def _fal_error(kind: str, field: str | None, message: str, value: Any) -> Error:
    place = ("body", field) if field else ("body",)
    return error(kind, place, message, value) | {"url": f"https://docs.fal.ai/errors/#{kind}"}
