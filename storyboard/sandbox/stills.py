"""The media that a body names: found among the uploads, and refused as fal refuses them.

A URL to elsewhere can't be fetched without a network: it is taken as it is, and drawn as a neutral card.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes, urlsplit

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint, Limits
from storyboard.media.fact import MediaFact
from storyboard.sandbox.checks import Error, Place, error
from storyboard.sandbox.state import State

IMAGES = {"png", "jpeg", "webp", "gif"}
DOCS = "https://docs.fal.ai/errors/#"
LOCAL = "/files/b/"


class NamedMedia(Struct, frozen=True):
    """One URL of a body and where it stands; a `source` is the film that the clip starts from."""

    place: Place
    url: str
    video: bool = False
    source: bool = False


class Unreachable(Exception):
    """A URL of ours, or a data: URL, that leads to no bytes."""


def media_of(endpoint: Endpoint, body: Mapping[str, Any]) -> Iterator[NamedMedia]:
    """Of the fields that the endpoint has: others are ignored, whatever they name."""
    for name in ("start_image_url", "end_image_url"):
        called = endpoint.wire(name)
        if endpoint.takes(name) and body.get(called):
            yield NamedMedia(("body", called), body[called])
    if endpoint.takes("video_url") and body.get("video_url"):
        yield NamedMedia(("body", "video_url"), body["video_url"], video=True, source=True)
    elements = (body.get("elements") or []) if endpoint.takes("elements") else []
    for index, element in enumerate(elements):
        yield from _media_of_element(element, ("body", "elements", index))


def _media_of_element(element: Mapping[str, Any], place: Place) -> Iterator[NamedMedia]:
    if element.get("frontal_image_url"):
        yield NamedMedia((*place, "frontal_image_url"), element["frontal_image_url"])
    for number, url in enumerate(element.get("reference_image_urls") or []):
        yield NamedMedia((*place, "reference_image_urls", number), url)
    if element.get("video_url"):
        yield NamedMedia((*place, "video_url"), element["video_url"], video=True)


def film_length(endpoint: Endpoint, body: Mapping[str, Any], state: State) -> Decimal | None:
    """Seconds of the film that decides how long the clip becomes; None where none does, or it is not here."""
    path = file_of(body["video_url"], state) if endpoint.follows else None
    return fact_of(path).seconds if path is not None else None


def fact_of(path: Path) -> MediaFact:
    from storyboard.media.headers import inspect

    return inspect(path.parent, path.name)


def file_of(url: str, state: State) -> Path | None:
    """The bytes behind a URL as a file; None for a URL to elsewhere. Raises Unreachable."""
    if url.startswith("data:"):
        return _data_file(url, state)
    path = urlsplit(url).path
    if not path.startswith(LOCAL):
        if "://" not in url:
            raise Unreachable(url)
        return None
    upload = state.uploads.get(path.lstrip("/"))
    if upload is None or upload.size is None:
        raise Unreachable(url)
    return state.uploads_folder / upload.token


def _data_file(url: str, state: State) -> Path:
    head, comma, text = url.partition(",")
    if not comma:
        raise Unreachable(url)
    try:
        data = base64.b64decode(text) if head.endswith(";base64") else unquote_to_bytes(text)
    except (binascii.Error, ValueError) as failure:
        raise Unreachable(url) from failure
    path = state.stills_folder / hashlib.sha256(data).hexdigest()
    if not path.exists():
        aside = path.with_name(path.name + ".part")
        aside.write_bytes(data)
        aside.replace(path)
    return path


def media_refusal(endpoint: Endpoint, body: Mapping[str, Any], state: State) -> list[Error]:
    """The `detail` of fal's 422 for the first medium that will not do, empty when all will."""
    for media in media_of(endpoint, body):
        limits = endpoint.limits
        limits = limits.of_source(body.get("character_orientation")) if media.source else limits
        found = _refused(media, state, limits)
        if found is not None:
            return [found]
    return []


def _refused(media: NamedMedia, state: State, limits: Limits) -> Error | None:
    try:
        path = file_of(media.url, state)
    except Unreachable:
        return unreachable(media)
    if path is None:
        return None
    fact = fact_of(path)
    return _video_refused(media, fact, limits) if media.video else _image_refused(media, fact, limits)


def _image_refused(media: NamedMedia, fact: MediaFact, limits: Limits) -> Error | None:
    if fact.kind not in IMAGES or fact.width is None or fact.height is None:
        message = "Failed to load the image. Please ensure it is not corrupted and in a supported format."
        return media_error("image_load_error", media, message)
    if fact.size > limits.image_bytes:
        return _too_large(media, limits.image_bytes)
    least = limits.image_pixels
    if min(fact.width, fact.height) < least:
        message = f"Image dimensions are too small. Minimum dimensions are {least}x{least} pixels."
        return media_error("image_too_small", media, message, min_height=least, min_width=least)
    low, high = limits.image_ratio
    if not low <= Decimal(fact.width) / fact.height <= high:
        message = f"Image aspect ratio must be between {low} and {high}."
        return media_error("value_error", media, message)
    return None


def _video_refused(media: NamedMedia, fact: MediaFact, limits: Limits) -> Error | None:
    if fact.kind != "mp4":
        formats = [".mp4", ".mov"]
        message = f"Unsupported video format. Supported formats are: {', '.join(formats)}."
        return media_error("unsupported_video_format", media, message, supported_formats=formats)
    if fact.size > limits.video_bytes:
        return _too_large(media, limits.video_bytes)
    return _video_length_refused(media, fact.seconds, limits)


def _video_length_refused(media: NamedMedia, seconds: Decimal | None, limits: Limits) -> Error | None:
    least, most = limits.video_seconds
    if seconds is not None and seconds > most:
        message = f"Video duration exceeds the maximum of {most} seconds."
        context = {"max_duration": float(most), "provided_duration": float(seconds)}
        return media_error("video_duration_too_long", media, message, **context)
    if seconds is not None and seconds < least:
        message = f"Video duration is below the minimum of {least} seconds."
        context = {"min_duration": float(least), "provided_duration": float(seconds)}
        return media_error("video_duration_too_short", media, message, **context)
    return None


def _too_large(media: NamedMedia, most: int) -> Error:
    message = f"File size exceeds the maximum allowed size of {most} bytes."
    return media_error("file_too_large", media, message, max_size=most)


def unreachable(media: NamedMedia) -> Error:
    message = "Failed to download the file. Please check if the URL is accessible and try again."
    return media_error("file_download_error", media, message)


def media_error(kind: str, media: NamedMedia, message: str, **context: Any) -> Error:
    """Errors of fal's own kinds carry the address of their page."""
    found = error(kind, media.place, message, media.url, **context)
    return found | {"url": DOCS + kind}
