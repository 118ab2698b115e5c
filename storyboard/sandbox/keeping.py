"""Who may fetch a clip, for how long, and how it is deleted."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.sandbox import access
from storyboard.sandbox.access import platform_error
from storyboard.sandbox.ids import token
from storyboard.sandbox.output import clip_path
from storyboard.sandbox.queue import base_url
from storyboard.sandbox.record import QueuedRequest
from storyboard.sandbox.sandbox import Sandbox

REFUSED = {"forbid": 403, "hide": 404}
LONGEST = 604_800  # seconds that a signed address may be good for


def refused_clip(request: Request, sandbox: Sandbox, queued: QueuedRequest) -> Response | None:
    """What the CDN answers in place of a clip: it has expired, was deleted, or is not for everybody."""
    life = queued.keep_seconds
    if queued.deleted or (life is not None and sandbox.now() >= (queued.ended_at or 0.0) + life):
        return JSONResponse({"detail": "Not Found"}, 404)
    signed = request.query_params.get("identity") == _identity(sandbox)
    status = REFUSED.get(queued.acl or "allow")
    if status is None or signed:
        return None
    return JSONResponse({"detail": "Forbidden" if status == 403 else "Not Found"}, status)  # noqa: PLR2004


def _identity(sandbox: Sandbox) -> str:
    return token(sandbox.settings.seed, "identity", 1)


async def sign(request: Request) -> Response:
    """An address that opens a file whatever its ACL says."""
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox)
    if refused is not None:
        return refused
    try:
        seconds = (await request.json())["expiration_seconds"]
        good = isinstance(seconds, int) and 1 <= seconds <= LONGEST
    except (ValueError, KeyError, TypeError):
        good = False
    path = urlsplit(request.query_params.get("url", "")).path
    if not good or not path.startswith("/files/"):
        return platform_error(400, "validation_error", "Invalid request parameters")
    return JSONResponse({"signed_url": f"{base_url(request)}{path}?identity={_identity(sandbox)}"})


async def delete_payloads(request: Request) -> Response:
    """What was asked and answered, and the clip; uploads stay."""
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.platform_refusal(request, sandbox, admin=True)
    if refused is not None:
        return refused
    queued = sandbox.state.requests.get(request.path_params["id"])
    if queued is None:
        return platform_error(404, "not_found", "Request not found")
    files: list[dict[str, Any]] = []
    if queued.clip is not None:
        files.append({"link": f"{base_url(request)}/{clip_path(queued)}", "exception": None})
    sandbox.state.change(queued.id, deleted=True, payload_kept=False)
    return JSONResponse({"cdn_delete_results": files})
