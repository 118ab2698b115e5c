"""The local files of a plan: listed and checked before the first byte leaves, then uploaded once by
content."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

from msgspec import Struct, field

from storyboard.catalog.endpoints import catalog
from storyboard.compile.digest import LastFrame, MediaPath
from storyboard.compile.request import MediaUse, Request
from storyboard.compile.requests import digest_again
from storyboard.errors import MediaError, Refused
from storyboard.fal.errors import OddAnswer
from storyboard.fal.history import canonical
from storyboard.fal.hosts import media_url, moved
from storyboard.fal.storage import upload
from storyboard.fal.wire import Wire
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import FOLDER
from storyboard.media.fact import Kind, MediaFact
from storyboard.render.expiry import NEEDED, upload_life

EXTENSIONS: Mapping[str, str] = {"jpeg": "jpg"} | {
    kind: str(kind) for kind in get_args(Kind) if kind not in {"jpeg", "other"}
}


class Upload(Struct, frozen=True):
    """One file that will leave this machine, under the name of its content. `clip` is that whose last frame it is: such
    a picture is drawn when it is needed, and called after the clip."""

    path: str
    sha256: str
    size: int
    extension: str
    clip: Path | None = None
    most: int = 0  # bytes of a last frame


def checked_uploads(project: Path, requests: Sequence[Request]) -> dict[str, Upload]:
    """Path → upload, for every local file of the requests, each decoded whole and unchanged since the plan.

    Raises MediaError or Refused; nothing has been sent then.
    """
    uses = {use.path: use for request in requests for use in request.media if not use.remote}
    facts = {path: _fact(project, use) for path, use in uses.items()}
    for request in requests:
        hashes = {path: fact.sha256 for path, fact in facts.items()}
        if digest_again(request, hashes) != request.identity:
            raise Refused(
                f"A file of {request.scene} changed after the plan was made. Nothing was "
                "sent. Run the same command again to see the new plan."
            )
    return {path: _checked(project, uses[path], fact) for path, fact in facts.items()}


def last_frame_of(request: Request, clip: Path) -> Upload:
    """The picture that a request begins with, to be drawn from that clip."""
    if request.begins is None or request.begins.clip is None:
        raise ValueError(f"{request.scene} begins with no clip's last frame")
    endpoint = catalog().find(request.endpoint)
    most = endpoint.limits.image_bytes if endpoint is not None else 0
    return Upload(str(request.begins), request.begins.name, 0, EXTENSIONS["png"], clip, most)


def _fact(project: Path, use: MediaUse) -> MediaFact:
    from storyboard.media.headers import inspect
    from storyboard.media.sample import sample

    fact = sample(project, use.path, catalog().voices) if use.sample else inspect(project, use.path)
    if fact.problem is not None or fact.sha256 is None:
        reason = fact.detail or fact.problem or "unreadable"
        raise MediaError(f"{_at(use)}: {use.path} can't be uploaded ({reason}). Nothing was sent.")
    return fact


def _checked(project: Path, use: MediaUse, fact: MediaFact) -> Upload:
    from storyboard.media.decode import decodes

    reason = "it is no picture or video" if fact.kind == "other" else None
    if reason is None and not use.sample:
        reason = decodes(project / use.path, fact.kind)
    if reason is not None or fact.sha256 is None:
        raise MediaError(f"{_at(use)}: {use.path} can't be uploaded: {reason}. Nothing was sent.")
    return Upload(use.path, fact.sha256, fact.size, EXTENSIONS[fact.kind])


def _at(use: MediaUse) -> str:
    return f"{use.span.path}:{use.span.line}:{use.span.column}"


class Uploader(Struct):
    """Uploads each file once, however many scenes show it and however often the program runs."""

    wire: Wire
    ledger: Ledger
    project: Path
    uploads: dict[str, Upload]
    _under_way: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def url(self, path: str) -> str:
        """The file's URL with fal."""
        found = self.uploads[path]
        async with self._under_way.setdefault(found.sha256, asyncio.Lock()):
            known = self._known(found.sha256)
            if known is not None:
                return known
            content = await asyncio.to_thread(self._content, found)
            url = await upload(self.wire, found.sha256, found.extension, content)
            self.ledger.uploads.remember(found.sha256, url, upload_life(self.wire.settings))
            return url

    def _known(self, sha256: str) -> str | None:
        """Where an earlier run put the file, when it is with fal until this render can have ended."""
        url = self.ledger.uploads.url(sha256, NEEDED)
        if url is None:
            return None
        try:
            return media_url(self.wire.account, moved(self.wire.account, url))
        except OddAnswer:
            self.ledger.uploads.forget([sha256])
            return None

    def _content(self, found: Upload) -> bytes:
        """What is sent of the file, from the very bytes that the plan was made of: it may be edited meanwhile."""
        if found.clip is not None:
            from storyboard.media.last_frame import last_frame

            kept = self.project / FOLDER / "segments" / f"{found.sha256}.{found.extension}"
            return last_frame(found.clip, kept, found.most)
        from storyboard.media.upload import upload_bytes

        return upload_bytes(self.project / found.path, found.sha256)


async def body_of(request: Request, uploader: Uploader) -> bytes:
    """The exact bytes of the POST: the request's arguments with each local file's place taken by its URL."""
    paths = [use.path for use in request.media if not use.remote]
    paths += [str(request.begins)] if request.begins is not None else []
    return _json(request, {path: await uploader.url(path) for path in paths})


def body_by_content(request: Request, uploads: Mapping[str, Upload]) -> str:
    """The body as the ledger keeps it, before anything is uploaded: each file stands as its content's hash."""
    names = {
        path: f"https://upload.invalid/{found.sha256}.{found.extension}" for path, found in uploads.items()
    }
    return canonical(json.loads(_json(request, names)))


def _json(request: Request, urls: Mapping[str, str]) -> bytes:
    arguments = _sendable(request.arguments, urls)
    return json.dumps(arguments, ensure_ascii=False, allow_nan=False, default=_number).encode()


def _sendable(value: Any, urls: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _sendable(inner, urls) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_sendable(inner, urls) for inner in value]
    if isinstance(value, LastFrame):
        return urls[str(value)]
    return urls[value.path] if isinstance(value, MediaPath) else value


def _number(value: Any) -> float | int:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} is no argument")
