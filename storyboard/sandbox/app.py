"""The sandbox as a web application: all of fal's hosts on one base URL."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from storyboard.errors import WorldError
from storyboard.sandbox import billing, keeping, own, platform, queue, storage, webhooks
from storyboard.sandbox.runners import Runners
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.settings import SandboxSettings
from storyboard.sandbox.times import iso

FILE = "/files/b/{shard}/{name}"
PARTS = FILE + "/multipart/{upload}"
ROUTES = [
    Route("/_sandbox/ledger", own.ledger),
    Route("/storage/upload/initiate", storage.initiate, methods=["POST"]),
    Route("/storage/upload/initiate-multipart", storage.initiate, methods=["POST"]),
    Route("/storage/auth/token", storage.cdn_token, methods=["POST"]),
    Route("/files/upload", storage.upload_file, methods=["POST"]),
    Route("/files/upload/multipart", storage.upload_file, methods=["POST"]),
    Route(PARTS + "/complete", storage.complete, methods=["POST"]),
    Route(PARTS + "/{number:int}", storage.put_part, methods=["PUT"]),
    Route(FILE, storage.put_file, methods=["PUT"]),
    Route(FILE, storage.get_file, methods=["GET"]),
    Route("/v1/models/pricing", platform.pricing),
    Route("/v1/models/pricing/estimate", platform.estimate, methods=["POST"]),
    Route("/v1/models/requests/by-endpoint", platform.history),
    Route("/v1/models/billing-events", billing.billing_events),
    Route("/v1/models/requests/{id}/payloads", keeping.delete_payloads, methods=["DELETE"]),
    Route("/v1/storage/files/sign", keeping.sign, methods=["POST"]),
    Route("/v1/account/billing", platform.account),
    Route("/.well-known/jwks.json", webhooks.public_keys),
    Route("/{path:path}", queue.queue, methods=["GET", "POST", "PUT"]),
]


def create_app(settings: SandboxSettings) -> Starlette:
    """`app.state.sandbox` and `app.state.runners` are the things behind it. Raises UsageError, WorldError."""
    sandbox = Sandbox(settings)
    runners = Runners(sandbox)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        runners.start()
        yield
        await runners.stop()

    if settings.log is not None:
        _begin(settings.log)
    middleware = [Middleware(RequestLog, path=settings.log, sandbox=sandbox)] if settings.log else []
    app = Starlette(
        routes=ROUTES, middleware=middleware, lifespan=lifespan, exception_handlers={ClientDisconnect: _gone}
    )
    app.state.sandbox = sandbox
    app.state.runners = runners
    return app


async def _gone(request: Request, failure: Exception) -> Response:
    """Whoever asked went away in the middle of asking: no fault of ours, and nobody hears the answer."""
    del request, failure
    return Response(status_code=400)


def _begin(log: Path) -> None:
    try:
        log.open("a").close()
    except OSError as failure:
        raise WorldError(
            f"the request log {log} can't be written: {failure.strerror}. Nothing was started; "
            "name another file with --log."
        ) from failure


class RequestLog:
    """One JSON line a request: when, method, path, status. No headers and no query, so never a key or a
    signature.

    `status` is null where the connection closed without an answer.
    """

    def __init__(self, app: ASGIApp, path: Path, sandbox: Sandbox) -> None:
        self._app = app
        self._path = path
        self._sandbox = sandbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._write(scope, status)

    def _write(self, scope: Scope, status: int | None) -> None:
        at = iso(self._sandbox.now())
        line = {"time": at, "method": scope["method"], "path": scope["path"], "status": status}
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
