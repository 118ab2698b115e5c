"""The sandbox on a loopback port: for the command, and in a thread of its own for rehearsals and tests."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn
from msgspec import Struct
from uvicorn.protocols.http.h11_impl import H11Protocol

from storyboard.errors import WorldError
from storyboard.listening import bind, url_of
from storyboard.sandbox.app import create_app
from storyboard.sandbox.broken import HANG_UP
from storyboard.sandbox.settings import SandboxSettings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Receive, Scope, Send

    from storyboard.sandbox.sandbox import Sandbox
    from storyboard.sandbox.state import State

WHAT = "the sandbox"  # that listens, in messages
GRACE_SECONDS = 1
START_POLL_SECONDS = 0.01
STOP_SECONDS = 20  # a drawing that does not end holds nobody up
NOT_STARTED = (
    "the sandbox could not be started: its state folder can't be written, or the disk is full. "
    "Nothing was bought; make room, or name another folder with --state, and run the same command again."
)


class RunningSandbox(Struct, frozen=True):
    """`sandbox.settings` may be replaced while it runs."""

    base_url: str
    sandbox: Sandbox


class Connection(H11Protocol):
    """uvicorn's, with a way for the application to hang up."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = _with_hang_up(self.app, transport)


def _with_hang_up(app: ASGIApp, transport: asyncio.Transport) -> ASGIApp:
    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**scope.get("extensions", {}), HANG_UP: transport.close}
        await app({**scope, "extensions": extensions}, receive, send)

    return inner


def bind_again(port: int, state: State) -> socket.socket:
    """Without a port, the one of the last start on this state where it is free: whoever was interrupted then
    still holds URLs with it."""
    if port:
        return bind(port, WHAT)
    try:
        listening = bind(state.port, WHAT)
    except WorldError:
        listening = bind(0, WHAT)
    state.remember_port(listening.getsockname()[1])
    return listening


def serve(app: Starlette, listening: socket.socket) -> None:
    """Serves in this thread until Ctrl-C, which raises KeyboardInterrupt when everything is closed."""
    with listening:
        try:
            _server(app).run(sockets=[listening])
        except SystemExit as failure:  # how uvicorn says that the start failed
            raise WorldError(NOT_STARTED) from failure


@contextmanager
def running(settings: SandboxSettings) -> Iterator[RunningSandbox]:
    """A sandbox in a thread of its own. Requests that are not done when the context ends go on at the next
    start."""
    app = create_app(settings)
    with bind_again(settings.port, app.state.sandbox.state) as listening:
        server = _server(app)
        thread = threading.Thread(target=server.run, args=([listening],), name="sandbox", daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(START_POLL_SECONDS)
        if not server.started:
            raise WorldError(NOT_STARTED)
        try:
            yield RunningSandbox(url_of(listening), app.state.sandbox)
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)


class Server(uvicorn.Server):
    """uvicorn's, which would wait for open streams when it ends: they are ended first."""

    def __init__(self, config: uvicorn.Config, sandbox: Sandbox) -> None:
        super().__init__(config)
        self._sandbox = sandbox

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._sandbox.close()
        await super().shutdown(sockets)


def _server(app: Starlette) -> Server:
    return Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        ),
        app.state.sandbox,
    )
