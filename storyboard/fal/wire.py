"""HTTP to fal, with its dangers shut out: no environment trust, no redirects, no decompression, bounded
bodies.

Two ways out: `ask` carries the key and goes to API hosts, `fetch` and `put` carry none and go to where
media lies. A paid POST has a fresh connection to itself: a kept-alive one may be closed under it, with
nobody knowing whether the request was taken. The caller checks each URL with hosts.py first.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import certifi
import httpx
from msgspec import Struct

from storyboard import __version__
from storyboard.fal.account import Account
from storyboard.fal.errors import OddAnswer
from storyboard.fal.world import World
from storyboard.log import listened, note
from storyboard.read.settings import FalSettings

ANSWER_BYTES = 8 << 20  # a page of history with its payloads is the largest
CHUNK = 1 << 16
TIMEOUT = httpx.Timeout(connect=10, read=30, write=60, pool=30)
QUIET = 90.0  # seconds; a stream that says nothing for longer is taken for dead
STREAM_TIMEOUT = httpx.Timeout(connect=10, read=QUIET, write=60, pool=30)
PAID_TIMEOUT = httpx.Timeout(connect=10, read=120, write=60, pool=30)
AGENT = f"storyboard/{__version__}"


class Answer(Struct, frozen=True):
    """A whole answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises OddAnswer for anything else."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as failure:
            kind = self.headers.get("content-type", "no type")[:60]
            raise OddAnswer(
                f"The answer (HTTP {self.status}, {kind}) is not the JSON that fal sends. A proxy or a "
                "sign-in page may stand between; check the network, then run the same command again."
            ) from failure

    def json_or_none(self) -> Any:
        try:
            return self.json()
        except OddAnswer:
            return None


class Seen(Struct):
    """What came of a request: the answer's status, or what broke it off."""

    status: int | None = None
    error: str | None = None


class Wire:
    """Open connections of one run. `skew` is how far fal's clock is from ours, as far as its answers tell."""

    def __init__(self, account: Account, world: World, settings: FalSettings | None = None) -> None:
        self.account = account
        self.world = world
        self.settings = settings or FalSettings()
        self.skew = timedelta(0)
        self._stack = AsyncExitStack()
        self._trust = ssl.create_default_context(cafile=certifi.where())

    async def __aenter__(self) -> Self:
        self._keyed = await self._stack.enter_async_context(self._client(20))
        self._open = await self._stack.enter_async_context(self._client(0))
        self._keyless = await self._stack.enter_async_context(self._client(20))
        self._paid = await self._stack.enter_async_context(self._client(0))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        seconds: float = 60,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request with the key, its whole answer within `seconds`."""
        content = None if body is None else json.dumps(body).encode()
        headers = self._signed() | dict(headers or {})
        async with asyncio.timeout(seconds):
            async with self._stream(self._keyed, method, url, content, headers) as response:
                return await self._whole(response)

    @asynccontextmanager
    async def pay(
        self, url: str, content: bytes, headers: Mapping[str, str], trace: Callable[..., Any]
    ) -> AsyncIterator[httpx.Response]:
        """One POST on a connection of its own; the answer's header, its body not yet read. Never tried
        again."""
        request = self._paid.build_request(
            "POST",
            url,
            content=content,
            headers=self._signed() | {"content-type": "application/json"} | dict(headers),
            timeout=PAID_TIMEOUT,
            extensions={"trace": trace},
        )
        with self._noted("POST", url) as seen:
            response = await self._paid.send(request, stream=True, follow_redirects=False)
            try:
                self._observe(response, seen)
                yield response
            finally:
                await response.aclose()

    async def put(self, url: str, content: bytes, content_type: str, seconds: float = 300) -> Answer:
        """Uploads to a signed URL, without the key."""
        async with asyncio.timeout(seconds):
            headers = {"content-type": content_type}
            async with self._stream(self._keyless, "PUT", url, content, headers) as response:
                return await self._whole(response)

    @asynccontextmanager
    async def fetch(self, url: str) -> AsyncIterator[httpx.Response]:
        """Opens a download, without the key; read it with `chunks`."""
        async with self._stream(self._keyless, "GET", url, None, {}) as response:
            yield response

    @asynccontextmanager
    async def listen(self, url: str, kind: str) -> AsyncIterator[httpx.Response]:
        """Opens an answer of that content type, with the key, that may go on for as long as a render; read it with
        `chunks(response, None)`. It has a connection of its own: open ones would slow down the pool of the others."""
        headers = self._signed() | {"accept": kind, "cache-control": "no-store"}
        async with self._stream(self._open, "GET", url, None, headers, STREAM_TIMEOUT) as response:
            yield response

    async def read(self, url: str, most: int, seconds: float = 20) -> Answer:
        """A small public answer, at most `most` bytes, without the key."""
        async with asyncio.timeout(seconds), self.fetch(url) as response:
            return await self._whole(response, most)

    async def whole(self, response: httpx.Response) -> Answer:
        return await self._whole(response)

    def _client(self, kept: int) -> httpx.AsyncClient:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=kept)
        transport = self.world.transport
        return httpx.AsyncClient(
            transport=transport() if transport else None,
            verify=self._trust,
            trust_env=False,
            follow_redirects=False,
            http2=False,
            limits=limits,
            timeout=TIMEOUT,
            headers={"accept-encoding": "identity", "user-agent": AGENT},
        )

    def _signed(self) -> dict[str, str]:
        return {"authorization": f"Key {self.account.needed_key().reveal()}"}

    @asynccontextmanager
    async def _stream(
        self,
        client: httpx.AsyncClient,
        method: str,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str],
        waits: httpx.Timeout = TIMEOUT,
    ) -> AsyncIterator[httpx.Response]:
        kind = {"content-type": "application/json"} if content is not None else {}
        sent = kind | dict(headers)
        with self._noted(method, url) as seen:
            async with client.stream(method, url, content=content, headers=sent, timeout=waits) as response:
                self._observe(response, seen)
                yield response

    @contextmanager
    def _noted(self, method: str, url: str) -> Iterator[Seen]:
        """One request, told of when its answer has been read, or when it broke off."""
        seen, began = Seen(), self.world.elapsed()
        try:
            yield seen
        except BaseException as failure:
            seen.error = type(failure).__name__
            raise
        finally:
            if listened():
                there, seconds = httpx.URL(url), round(self.world.elapsed() - began, 3)
                host, path = there.netloc.decode(), there.path
                facts = {"status": seen.status, "seconds": seconds, "error": seen.error}
                note("request", method=method, host=host, path=path, **facts)

    async def _whole(self, response: httpx.Response, most: int = ANSWER_BYTES) -> Answer:
        parts: list[bytes] = []
        size = 0
        async for chunk in chunks(response):
            size += len(chunk)
            if size > most:
                raise OddAnswer(f"The answer is larger than {most >> 10:,} KiB. It was not read further.")
            parts.append(chunk)
        return Answer(response.status_code, lower(response.headers), b"".join(parts))

    def _observe(self, response: httpx.Response, seen: Seen) -> None:
        seen.status = response.status_code
        try:
            theirs = parsedate_to_datetime(response.headers.get("date", ""))
        except (TypeError, ValueError, IndexError, OverflowError):
            return
        if theirs.tzinfo is not None and theirs.year < 9000:  # noqa: PLR2004 - room for arithmetic
            self.skew = theirs.astimezone(UTC) - self.world.now()


async def chunks(response: httpx.Response, size: int | None = CHUNK) -> AsyncIterator[bytes]:
    """The body as it came, in pieces of `size` bytes, or (None) as soon as anything comes. A compressed one is
    refused: a few bytes of it can fill the memory."""
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise OddAnswer(
            f"The answer came compressed ({encoding[:40]}) though it was not asked to. It was not read."
        )
    async for chunk in response.aiter_raw(size):
        yield chunk


def lower(headers: httpx.Headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def retry_after(headers: Mapping[str, str], now: datetime, most: float = 60) -> float | None:
    """Seconds that the server asks us to wait, at most `most`; None when it does not say so in a form we
    trust."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 10:  # noqa: PLR2004 - more digits are no time
        return min(float(text), most)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), most)
