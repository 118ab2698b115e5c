"""Uploads by signed PUT. A file is named by its content, `<sha256>.<ext>`: that name is what the history
is later searched by, and what lets one upload serve every scene that shows the still."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from storyboard.fal.errors import NotReached, OddAnswer
from storyboard.fal.hosts import media_url, moved
from storyboard.fal.keeping import upload_headers
from storyboard.fal.queue import TRANSIENT, TRIES, asked
from storyboard.fal.wire import Answer, Wire

CONTENT_TYPES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "webp": "image/webp",
    "gif": "image/gif",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
}


async def upload(wire: Wire, sha256: str, extension: str, content: bytes) -> str:
    """Stores the bytes with fal; returns their URL."""
    content_type = CONTENT_TYPES[extension]
    url = f"{wire.account.storage}/storage/upload/initiate?storage_type=fal-cdn-v3"
    for attempt in range(TRIES):
        body = {"file_name": f"{sha256}.{extension}", "content_type": content_type}
        answer = await asked(wire, "POST", url, body, headers=upload_headers(wire.settings))
        if answer.status != 200:  # noqa: PLR2004
            raise OddAnswer(
                f"fal's storage refused an upload (HTTP {answer.status}). No request was sent for it."
            )
        told = answer.json()
        if not isinstance(told, Mapping):
            raise OddAnswer("fal's storage answered an upload with something else than its URLs.")
        file_url, upload_url = (
            media_url(wire.account, told.get("file_url")),
            media_url(wire.account, told.get("upload_url")),
        )
        if await _put(wire, upload_url, content, content_type):
            return file_url
        await wire.world.sleep(wire.world.jitter(0.5 * 2**attempt))
    raise NotReached(
        "A file could not be uploaded to fal's storage. No request was sent for it; check the network and "
        "run the same command again."
    )


async def _put(wire: Wire, url: str, content: bytes, content_type: str) -> bool:
    """True when stored, False when it may be tried again."""
    try:
        answer: Answer = await wire.put(moved(wire.account, url), content, content_type)
    except (httpx.TransportError, httpx.StreamError, TimeoutError):
        return False
    if answer.status in TRANSIENT:
        return False
    if not 200 <= answer.status <= 299:  # noqa: PLR2004
        raise OddAnswer(f"fal's storage refused the bytes of an upload (HTTP {answer.status}).")
    return True
