"""create-voice: a sample is listened to, and an id comes of it. What fal refuses is refused with its own kinds of error
(fal's list of error types, 2026-10); no live refusal of this endpoint has been recorded."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from storyboard.catalog.endpoints import REHEARSED, VoiceMaker, catalog
from storyboard.errors import MediaError
from storyboard.sandbox.checks import Error, Field, fields, text
from storyboard.sandbox.outcome import Outcome, refused
from storyboard.sandbox.stills import NamedMedia, Unreachable, file_of, media_error, unreachable
from storyboard.sandbox.validation import BODY

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.sandbox.record import QueuedRequest
    from storyboard.sandbox.sandbox import Sandbox

DIGITS = 18  # of fal's ids


def voice_of(request: QueuedRequest, sandbox: Sandbox) -> Outcome:
    """The id of a new voice, a new one each time, or fal's refusal of the sample."""
    maker = catalog().voices
    body: Any = request.body
    errors = fields({maker.field: Field(text(), required=True, nullable=False)})(body, BODY)
    errors = errors or _sample_refused(NamedMedia(("body", maker.field), _url(body, maker)), sandbox, maker)
    if errors:
        return refused(errors)
    price = sandbox.book.unit_price(maker.id, "run")
    known = int(hashlib.sha256(request.id.encode()).hexdigest(), 16) % 10**DIGITS
    return Outcome(
        200,
        "Voice created",
        answer={"voice_id": f"{REHEARSED}{known:0{DIGITS}d}"},
        units="1.0",
        charged=None if price is None else str(price),
    )


def _url(body: Any, maker: VoiceMaker) -> str:
    return str(body.get(maker.field)) if isinstance(body, dict) else ""


def _sample_refused(media: NamedMedia, sandbox: Sandbox, maker: VoiceMaker) -> list[Error]:
    try:
        path = file_of(media.url, sandbox.state)
    except Unreachable:
        return [unreachable(media)]
    return [] if path is None else _heard(media, path, maker)


def _heard(media: NamedMedia, path: Path, maker: VoiceMaker) -> list[Error]:
    from storyboard.media.sound_file import probe_sound

    formats = [f".{name}" for name in maker.formats]
    try:
        seconds = float(probe_sound(path).seconds)
    except MediaError:
        message = f"Unsupported audio format. Supported formats are: {', '.join(formats)}."
        return [media_error("unsupported_audio_format", media, message, supported_formats=formats)]
    least, most = (float(each) for each in maker.seconds)
    if seconds < least:
        message = f"Audio duration is below the minimum of {least:g} seconds."
        context = {"min_duration": least, "provided_duration": seconds}
        return [media_error("audio_duration_too_short", media, message, **context)]
    if seconds > most:
        message = f"Audio duration exceeds the maximum of {most:g} seconds."
        context = {"max_duration": most, "provided_duration": seconds}
        return [media_error("audio_duration_too_long", media, message, **context)]
    return []
