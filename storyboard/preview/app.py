"""The preview as a web application: a page, its events, its media, and four things that can be asked of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from storyboard.editor.overlay import Stamp, stamp_of
from storyboard.errors import Refused, StoryboardError, UsageError
from storyboard.ledger.store import sha256_of
from storyboard.preview.access import LET_IN, Access, Guard
from storyboard.preview.preview import Preview
from storyboard.secret import redact

Body = TypeVar("Body", bound=Struct)
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]*)">')
MOST_KEPT = 1_000  # small pictures, of some 20 kB each
DIGITS = 10  # of a revision: nobody saves that often
KEPT = {"cache-control": "private, max-age=86400, immutable"}  # what is named by its content stays what it is


class Pick(Struct, frozen=True, forbid_unknown_fields=True):
    scene: str
    take: int


class Confirm(Struct, frozen=True, forbid_unknown_fields=True):
    """`plan` is the digest of the plan that was shown."""

    plan: str


class Nothing(Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Pages:
    """What is answered to each request that the guard lets through."""

    def __init__(self, preview: Preview, access: Access) -> None:
        self._preview, self._access = preview, access
        self._known: dict[
            Path, tuple[Stamp | None, str]
        ] = {}  # the hashes of files that were served, while they stay

    async def page(self, request: Request) -> Response:
        await self._preview.looking.begun.wait()
        text = self._preview.page(self._access.token)
        found = POLICY.search(text)
        policy = (
            f"{unescape(found[1])}; frame-ancestors 'none'" if found is not None else "default-src 'none'"
        )
        headers = {"content-security-policy": policy}
        if LET_IN in request.scope:
            headers["set-cookie"] = self._access.set_cookie
        return HTMLResponse(text, headers=headers)

    async def events(self, request: Request) -> Response:
        heard = request.headers.get("last-event-id") or request.query_params.get("since", "")
        revision = int(heard) if heard.isdecimal() and len(heard) < DIGITS else 0
        told = self._preview.events.listen(lambda: [self._preview.live.since(revision)])
        return StreamingResponse(told, media_type="text/event-stream")

    async def media(self, request: Request) -> Response:
        name = request.path_params["name"]
        served = self._preview.media.get(name)
        if served is None or not await asyncio.to_thread(self._is_still, served.path, served.sha256):
            return Response("There is no such picture or clip any more.", 404, media_type="text/plain")
        if served.small:
            jpeg = await asyncio.to_thread(_small, served.path, name)
            return Response(jpeg, headers=KEPT, media_type="image/jpeg")
        return FileResponse(served.path, headers=KEPT, media_type="video/mp4")

    def _is_still(self, path: Path, sha256: str | None) -> bool:
        """Whether a file is there and what its name says."""
        stamp = stamp_of(path)
        if stamp is None or sha256 is None:
            return stamp is not None
        if self._known.get(path, (None, ""))[0] != stamp:
            self._known[path] = (stamp, sha256_of(path))
        return self._known[path][1] == sha256

    async def plan(self, request: Request) -> Response:
        del request
        return HTMLResponse(self._preview.confirm())

    async def pick(self, request: Request) -> Response:
        asked = await _body(request, Pick)
        return _said(await asyncio.to_thread(self._preview.film.pick, asked.scene, asked.take))

    async def render(self, request: Request) -> Response:
        await self._preview.buying.confirm((await _body(request, Confirm)).plan)
        return _said("The render has begun.")

    async def stop(self, request: Request) -> Response:
        await _body(request, Nothing)
        self._preview.buying.stop()
        return _said("Nothing more is sent.")

    async def animatic(self, request: Request) -> Response:
        await _body(request, Nothing)
        self._preview.draw()
        return _said("The animatic is being drawn.")


@lru_cache(MOST_KEPT)
def _small(path: Path, name: str) -> bytes:
    """A picture as a small JPEG; `name` is of its content. Raises MediaError."""
    del name
    from storyboard.media.thumbnail import thumbnail

    return thumbnail(path).jpeg


def application(preview: Preview, access: Access) -> Guard:
    pages = Pages(preview, access)
    answers: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "": pages.page,
        "events": pages.events,
        "plan": pages.plan,
        "media/{name}": pages.media,
    }
    acts = {"pick": pages.pick, "render": pages.render, "stop": pages.stop, "animatic": pages.animatic}
    routes = [Route(access.root + path, answer) for path, answer in answers.items()]
    routes += [Route(access.root + path, act, methods=["POST"]) for path, act in acts.items()]

    async def failed(request: Request, failure: Exception) -> Response:
        return await _refused(request, preview.film.failed(failure))

    answers_to = {StoryboardError: _refused, ClientDisconnect: _gone, Exception: failed}
    return Guard(Starlette(routes=routes, exception_handlers=answers_to), access)


def _said(text: str) -> Response:
    return JSONResponse({"said": text})


async def _refused(request: Request, failure: Exception) -> Response:
    del request
    code = 409 if isinstance(failure, Refused) else 400 if isinstance(failure, UsageError) else 503
    return JSONResponse({"error": redact(str(failure))}, code)


async def _gone(request: Request, failure: Exception) -> Response:
    """Whoever asked went away in the middle of asking, and nobody hears the answer."""
    del request, failure
    return Response(status_code=400)


async def _body(request: Request, kind: type[Body]) -> Body:
    """What was posted; the guard has seen that it is small. Raises UsageError."""
    try:
        return msgspec.json.decode(await request.body(), type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as failure:
        raise UsageError(f"That makes no sense here: {failure}. Nothing was done.") from None
