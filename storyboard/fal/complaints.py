"""fal's error bodies, read: model errors, platform errors, and Kling's own words relayed by fal.

{"detail": [{"loc": ["body", "multi_prompt", 0, "prompt"], "msg": "…", "type": "value_error", "ctx": {…}}]}
{"detail": "Request timed out", "error_type": "request_timeout"}
{"error": {"type": "validation_error", "message": "…"}}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storyboard.fal.errors import (
    AccountLocked,
    Complaint,
    ContentRefused,
    FalError,
    GenerationCancelled,
    GenerationFailed,
    InputRefused,
    KeyRefused,
    MediaRefused,
    ModelFailed,
    NotReached,
    PlatformFailed,
    RequestRefused,
    TooManyRequests,
)
from storyboard.fal.units import billed, units
from storyboard.secret import redact

LONGEST = 600  # characters of a stranger's text in our message
MOST = 12  # entries
RELAYED = re.compile(r"body: (multiPrompt)\[(\d{1,2})\]\.(\w+): (.*)", re.DOTALL)

# Types of fal's two error pages and of live answers, 2026-10. What is not here is judged by its HTTP code:
# 5xx is the platform's, anything else the input's.
MODEL = (
    "internal_server_error",
    "downstream_service_unavailable",
    "generation_timeout",
    "downstream_service_error",
)
MEDIA_TYPES = (
    "image_too_small",
    "image_too_large",
    "image_load_error",
    "file_download_error",
    "face_detection_error",
    "file_too_large",
    "invalid_archive",
    "archive_file_count_below_minimum",
    "archive_file_count_exceeds_maximum",
    "audio_duration_too_long",
    "audio_duration_too_short",
    "unsupported_audio_format",
    "unsupported_image_format",
    "unsupported_video_format",
    "video_duration_too_long",
    "video_duration_too_short",
)
INPUT_TYPES = (
    "greater_than",
    "greater_than_equal",
    "less_than",
    "less_than_equal",
    "multiple_of",
    "sequence_too_short",
    "sequence_too_long",
    "one_of",
    "feature_not_supported",
    "value_error",
    "missing",
    "literal_error",
    "bad_request",
)
PLATFORM_TYPES = (
    "request_timeout",
    "startup_timeout",
    "runner_scheduling_failure",
    "runner_connection_timeout",
    "runner_disconnected",
    "runner_connection_refused",
    "runner_connection_error",
    "runner_incomplete_response",
    "runner_server_error",
    "internal_error",
)
CLASSES: dict[str, type[GenerationFailed]] = {
    "content_policy_violation": ContentRefused,
    "no_media_generated": ModelFailed,
    "client_cancelled": GenerationCancelled,
    "client_disconnected": GenerationCancelled,
    **dict.fromkeys(MODEL, ModelFailed),
    **dict.fromkeys(MEDIA_TYPES, MediaRefused),
    **dict.fromkeys(INPUT_TYPES, InputRefused),
    **dict.fromkeys(PLATFORM_TYPES, PlatformFailed),
}


def complaints_of(body: Any) -> tuple[Complaint, ...]:
    """What an error body says, entry by entry; () when it is not one of fal's."""
    if not isinstance(body, Mapping):
        return ()
    detail = body.get("detail")
    if isinstance(detail, list):
        return tuple(_entry(row) for row in detail[:MOST] if isinstance(row, Mapping))
    kind = body.get("error_type")
    if isinstance(detail, str):
        return (_relayed(detail, str(kind or "")),)
    error = body.get("error")
    if isinstance(error, Mapping):
        return (Complaint((), _short(error.get("message")), str(error.get("type", "")), {}),)
    if isinstance(error, str):
        return (_relayed(error, str(kind or "")),)
    return ()


def words(complaints: tuple[Complaint, ...], status: int) -> str:
    """fal's own words on one line."""
    said = "; ".join(f"{c.message}" for c in complaints if c.message)
    return f"HTTP {status}: {said}" if said else f"HTTP {status}, without a reason"


def submit_error(status: int, body: Any) -> FalError:
    """What a submit's certain refusal means. Nothing was queued."""
    said = words(complaints_of(body), status)
    common = common_error(status, body)
    if common is not None:
        return common
    return RequestRefused(f"fal refused the request ({said}). Nothing was bought for it.")


def common_error(status: int, body: Any) -> FalError | None:
    """Errors that any of fal's hosts may answer with, whatever was asked; None for all others."""
    said = words(complaints_of(body), status)
    if status == 401:  # noqa: PLR2004
        return KeyRefused(
            f"fal refused the key ({said}). Nothing more is sent, and what was bought is recorded. Check FAL_KEY "
            "against https://fal.ai/dashboard/keys, then run the same command again."
        )
    if status in {402, 403}:
        return AccountLocked(
            f"fal refused the account ({said}). Nothing more is sent, and what was bought is recorded. Top up or "
            "unlock it at https://fal.ai/dashboard/billing, then run the same command again."
        )
    if status == 429:  # noqa: PLR2004
        return TooManyRequests(
            f"fal asked to slow down ({said}). Wait a little, then run the same command again."
        )
    if status >= 500:  # noqa: PLR2004
        return NotReached(
            f"fal is in trouble ({said}). What was bought is recorded: run the same command again later."
        )
    return None


def generation_error(status: int, body: Any, headers: Mapping[str, str]) -> GenerationFailed:
    """What a result that is an error means."""
    found = complaints_of(body)
    kinds = [c.kind for c in found]
    kinds += [str(body.get("error_type", ""))] if isinstance(body, Mapping) else []
    kinds.append(headers.get("x-fal-error-type", ""))
    known = next((CLASSES[kind] for kind in kinds if kind in CLASSES), None)
    if known is None:
        known = PlatformFailed if status >= 500 else InputRefused  # noqa: PLR2004
    text = f"fal: {words(found, status)}"
    return known(text, status, found, units=units(headers), billed=billed(headers))


def typed(body: Any, headers: Mapping[str, str]) -> bool:
    """Is it fal's verdict on the request, with a type, and not a gateway's that could pass?"""
    if headers.get("x-fal-error-type"):
        return True
    return isinstance(body, Mapping) and (
        bool(body.get("error_type")) or any(c.kind for c in complaints_of(body))
    )


def _entry(row: Mapping[str, Any]) -> Complaint:
    context = row.get("ctx")
    return Complaint(
        argument=_argument(row.get("loc")),
        message=_short(row.get("msg")),
        kind=str(row.get("type", ""))[:80],
        context=dict(context) if isinstance(context, Mapping) else {},
    )


def _argument(place: Any) -> tuple[str | int, ...]:
    if not isinstance(place, list):
        return ()
    path = tuple(part for part in place[:MOST] if isinstance(part, str | int) and not isinstance(part, bool))
    return path[1:] if path[:1] == ("body",) else path


def _relayed(text: str, kind: str) -> Complaint:
    # Kling's own check, behind fal's: it names the place in its own spelling.
    found = RELAYED.search(text)
    if found is None:
        return Complaint((), _short(text), kind[:80], {})
    return Complaint(("multi_prompt", int(found[2]), found[3]), _short(text), kind[:80], {})


def _short(text: Any) -> str:
    plain = redact(str(text if text is not None else ""))  # a server may echo what it was sent
    return plain if len(plain) <= LONGEST else plain[:LONGEST] + "…"
