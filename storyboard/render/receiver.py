"""What `storyboard webhook` does with a call: judged, then noted as a hint for whoever waits. It asks fal for nothing
but its public keys, and follows nothing that a call says.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Literal

import uvicorn
from msgspec import Struct, field
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from storyboard.errors import LedgerError
from storyboard.fal.webhooks import BODY_BYTES, Call, Keys, NotFals, call_of, named
from storyboard.fal.world import World
from storyboard.ledger.facts import known_takes
from storyboard.ledger.place import Place
from storyboard.ledger.record import State, TakeRecord
from storyboard.render.hints import Hints
from storyboard.report.counted import counted

BODY_SECONDS = 10.0
HEAD_SECONDS = 10.0
MOST_AT_ONCE = 64  # connections; who is beyond hears 503
GRACE_SECONDS = 2
CLOSING = {"connection": "close"}  # a connection has one call: who keeps one open holds up the others

Kind = Literal[
    "noted",
    "again",  # the same once more, or about a take that is home already
    "unknown request",
    "forged",
    "late",
    "malformed",
    "too large",
    "too slow",
    "keys unreachable",
    "not noted",  # this machine failed
]
# fal tries again after anything but 2xx: what a second try can't better is refused all the same, since only a
# taken call may be answered as one.
CODES: dict[Kind, int] = {
    "noted": 200,
    "again": 200,
    "unknown request": 404,
    "forged": 401,
    "late": 400,
    "malformed": 400,
    "too large": 413,
    "too slow": 408,
    "keys unreachable": 503,
    "not noted": 503,
}


class _Ended(Exception):
    """A call is judged, as of that kind."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class Receiver(Struct):
    """`heard` is told what came of each call, in words, and the take that it is about, where there is one."""

    place: Place
    keys: Keys
    world: World
    heard: Callable[[Kind, str, TakeRecord | None], None]
    body_seconds: float = BODY_SECONDS
    counts: Counter[Kind] = field(default_factory=Counter)

    async def answer(self, request: Request) -> Response:
        take: TakeRecord | None = None
        try:
            call = await self._call(request)
            take = await asyncio.to_thread(self._known, call)
            kind, text = await asyncio.to_thread(self._noted, take)
        except _Ended as end:
            kind, text = end.kind, str(end)
        except LedgerError as failure:
            kind, text = "not noted", str(failure)
        self.counts[kind] += 1
        self.heard(kind, text, take)
        return JSONResponse({"detail": kind}, CODES[kind], CLOSING)

    async def _call(self, request: Request) -> Call:
        """The call, verified."""
        body = await self._body(request)
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        try:
            call = call_of(headers, body, self.world.now())
            await self.keys.check(call)
        except NotFals as refusal:
            raise _Ended(refusal.rule, str(refusal)) from refusal
        return call

    async def _body(self, request: Request) -> bytes:
        parts = bytearray()
        stated = request.headers.get("content-length", "0")
        if stated.isdecimal() and int(stated[:20]) > BODY_BYTES:
            raise _Ended("too large", f"it states {stated[:20]} bytes")
        try:
            async with asyncio.timeout(self.body_seconds):
                async for chunk in request.stream():
                    parts += chunk
                    if len(parts) > BODY_BYTES:
                        raise _Ended("too large", f"it has more than {BODY_BYTES >> 20} MiB")
        except (TimeoutError, ClientDisconnect):
            raise _Ended("too slow", f"its body did not come within {self.body_seconds:g} s") from None
        return bytes(parts)

    def _known(self, call: Call) -> TakeRecord:
        """The take that a call is about. The ledger is read anew: a render writes it meanwhile."""
        takes, _ = known_takes(self.place.project, place=self.place)
        for request_id in named(call):
            for take in takes:
                if take.request_id == request_id:
                    return take
        raise _Ended("unknown request", _unknown(call.request_id, takes))

    def _noted(self, take: TakeRecord) -> tuple[Kind, str]:
        if take.state is not State.SENT:
            return "again", f"scene {take.scene} is {take.state.value} already"
        new = Hints(self.place.hints).note(take.request_id or "")
        return ("noted", "") if new else ("again", f"scene {take.scene} was noted before")


def _unknown(request_id: str, takes: tuple[TakeRecord, ...]) -> str:
    lost = [take.scene for take in takes if take.state in {State.UNKNOWN, State.SENDING}]
    text = f"the ledger has no request {request_id}"
    if not lost:
        return text
    scenes = f"{counted(len(lost), 'scene')}: {', '.join(lost[:5])}"
    return f"{text}; answers to submits were lost ({scenes}), and it may be one of them"


class Connection(H11Protocol):
    """uvicorn's, which would wait for a request's head for ever."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self.cycle is None:
            self.transport.abort()


class Server(uvicorn.Server):
    """uvicorn's, without its signals: the command has its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def receive(receiver: Receiver, listening: socket.socket, stop: asyncio.Event) -> None:
    """Serves until `stop` is set, and ends what is open then."""
    server = Server(
        uvicorn.Config(
            application(receiver),
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve([listening]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        server.should_exit = True
        stopping.cancel()
        await serving


def application(receiver: Receiver) -> Starlette:
    """Takes calls at any path, since a tunnel may put one before ours."""

    async def refused(request: Request, failure: Exception) -> Response:
        del request, failure
        return JSONResponse({"detail": "only POST"}, 405, {"allow": "POST", **CLOSING})

    answer: Callable[[Request], Awaitable[Response]] = receiver.answer
    return Starlette(
        routes=[Route("/{path:path}", answer, methods=["POST"])], exception_handlers={HTTPException: refused}
    )
