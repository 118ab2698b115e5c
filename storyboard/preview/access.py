"""Who is answered: the browser of the person who started the preview, from the page that it was given, and nobody else.

A page of another site can make a browser ask anything of this machine, also by a name of its own that leads here. So
each request names us as its host, comes from no other site, and carries what only our own page has:

    room      the first part of every path: cookies know no ports, but they know paths, and so none of ours ever goes to
              another server on this machine
    start     of the address that is printed; it lets a person in, as often as they like
    once      of the address that is opened: whoever may list this machine's programs sees it, and it lets in once
    cookie    of who was let in: reads the page, its media and its events. Scripts can't see it
    token     stands in the page: what changes or spends has it in a header, which no form and no image can send
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from urllib.parse import parse_qs

from msgspec import Struct, field
from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "storyboard-preview"
TOKEN = "x-storyboard-token"  # noqa: S105 - the name of a header
START = "start"
LET_IN = "storyboard.let_in"  # in the scope of who came by an address
NAMES = ("127.0.0.1", "localhost")
OURS = {"same-origin", "none"}  # of Sec-Fetch-Site: from our page, or typed
READS = {"GET", "HEAD"}
JSON = "application/json"
LONGEST = 1 << 14  # bytes of what is posted

ALWAYS = {
    "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",  # the page has its own
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def _random() -> str:
    return secrets.token_urlsafe(24)


class Access(Struct):
    """The secrets of one preview, on one port. Used in the event loop's thread alone, but for the addresses."""

    port: int
    room: str = field(default_factory=_random)
    start: str = field(default_factory=_random)
    once: str = field(default_factory=_random)
    cookie: str = field(default_factory=_random)
    token: str = field(default_factory=_random)

    @property
    def root(self) -> str:
        return f"/{self.room}/"

    @property
    def address(self) -> str:
        """What is printed."""
        return self._address(self.start)

    @property
    def opened(self) -> str:
        """What a browser is given."""
        return self._address(self.once)

    def _address(self, start: str) -> str:
        return f"http://{NAMES[0]}:{self.port}{self.root}?{START}={start}"

    @property
    def set_cookie(self) -> str:
        return f"{COOKIE}={self.cookie}; Path={self.root}; HttpOnly; SameSite=Strict"

    def refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The code and the words for a request that gets nothing; None for one that is answered."""
        headers = _Headers(scope)
        hosts = [f"{name}:{self.port}" for name in NAMES]
        if headers.one("host") not in hosts:
            return 421, "This is the preview of a storyboard on this machine, and nothing by that name."
        if not scope["path"].startswith(self.root):
            return 404, "There is nothing here."
        origin = headers.all("origin")
        if any(each not in [f"http://{host}" for host in hosts] for each in origin):
            return 403, "Another site asked. Nothing was done."
        if scope["method"] in READS:
            return self._refusal_to_read(scope, headers)
        return self._refusal_to_act(headers, from_here=len(origin) == 1)

    def _refusal_to_read(self, scope: Scope, headers: _Headers) -> tuple[int, str] | None:
        if headers.one("sec-fetch-dest", "document") == "document" and self._lets_in(scope):
            scope[LET_IN] = True
            return None  # also when the address was clicked on in another page: it opens our own, whole
        if headers.one("sec-fetch-site", "none") not in OURS:
            return 403, "Another site asked. Nothing was done."
        if self._known(headers):
            return None
        return (
            403,
            "Open the address that `storyboard preview` printed: it holds the token that this one lacks.",
        )

    def _refusal_to_act(self, headers: _Headers, *, from_here: bool) -> tuple[int, str] | None:
        if not from_here or headers.one("sec-fetch-site", "same-origin") != "same-origin":
            return 403, "What changes or spends is asked for by the preview's own page. Nothing was done."
        if not self._known(headers) or not _same(headers.one(TOKEN), self.token):
            return 403, "The token is missing or another one. Nothing was done: reload the page."
        if headers.one("content-type").partition(";")[0].strip().lower() != JSON:
            return 415, "Only JSON is taken. Nothing was done."
        size = headers.one("content-length")
        if headers.all("transfer-encoding") or not size.isdecimal() or int(size) > LONGEST:
            return 413, "That is more than there can be to say. Nothing was done."
        return None

    def _lets_in(self, scope: Scope) -> bool:
        """Is it the page itself, asked for by the address that was printed, or for the first time by the other one?"""
        given = parse_qs(scope["query_string"].decode("latin-1")).get(START, [""])[0]
        if scope["path"] != self.root or not given:
            return False
        if _same(given, self.once):
            self.once = ""
            return True
        return _same(given, self.start)

    def _known(self, headers: _Headers) -> bool:
        return any(_same(value, self.cookie) for value in headers.cookies())


class Guard:
    """Before everything else: who is not to be answered is not, and every answer says how it is to be taken."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._access.refusal(scope)
        answer = self._app if refusal is None else PlainTextResponse(refusal[1], refusal[0])

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await answer(scope, receive, told)


class _Headers:
    """Of a request, as they came. Where one comes twice, neither counts."""

    def __init__(self, scope: Scope) -> None:
        self._raw: Iterable[tuple[bytes, bytes]] = scope["headers"]

    def all(self, name: str) -> list[str]:
        return [value.decode("latin-1") for key, value in self._raw if key.decode("latin-1").lower() == name]

    def one(self, name: str, default: str = "") -> str:
        found = self.all(name)
        return default if not found else found[0] if len(found) == 1 else ""

    def cookies(self) -> list[str]:
        """The values of ours. Other servers on this machine have theirs beside it, and in whatever form: none of them
        keeps ours from being found."""
        pairs = (pair.strip().partition("=") for text in self.all("cookie") for pair in text.split(";"))
        return [value for name, _, value in pairs if name == COOKIE]


def _same(given: str, own: str) -> bool:
    return secrets.compare_digest(given.encode("latin-1", "replace"), own.encode())
