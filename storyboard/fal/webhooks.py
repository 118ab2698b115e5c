"""fal's webhooks: where fal may be told to call, and whether a call is fal's.

A call carries an Ed25519 signature over "request id, user id, timestamp, hex of the body's sha256", a line each, and
fal publishes its keys as a JWKS (fal's documentation, "Webhooks", November 2026). A call that is fal's is a hint to
ask fal, and nothing else: no URL in it is followed, no word in it is believed.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import httpx
from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.fal.account import Account, on_this_machine
from storyboard.fal.errors import FalError, NotReached, OddAnswer
from storyboard.fal.hosts import request_id_of
from storyboard.fal.wire import Wire

LONGEST = 2000  # characters of the URL, which becomes part of another
BODY_BYTES = 4 << 20  # a result is a few hundred bytes; an error repeats the arguments
KEYS_BYTES = 1 << 16
MOST_KEYS = 32
APART = 300  # seconds between fal's timestamp and our clock
FRESH = 24 * 3600.0  # seconds that fal's keys may be kept
SOON = 2.0  # seconds between two tries while they can't be had
AGAIN = 300.0  # seconds between two fetches for the sake of a signature that no key fits
SIGNATURE = re.compile(r"[0-9a-fA-F]{128}")
TIME = re.compile(r"[0-9]{1,12}")
PLAIN = re.compile(r"[!-~]{1,256}")
PREFIX = "x-fal-webhook-"

Refusal = Literal["malformed", "late", "forged", "keys unreachable"]


class NotFals(FalError):
    """A call that is not taken, and by which rule."""

    def __init__(self, rule: Refusal, text: str) -> None:
        super().__init__(text)
        self.rule = rule


class Call(Struct, frozen=True):
    """The signed parts of a call."""

    request_id: str
    user_id: str
    timestamp: int
    signature: bytes
    body: bytes

    def message(self) -> bytes:
        digest = hashlib.sha256(self.body).hexdigest()
        return f"{self.request_id}\n{self.user_id}\n{self.timestamp}\n{digest}".encode()


def webhook_url(text: str, account: Account | None) -> str:
    """The URL, if fal may be told to call it. Raises UsageError. `account` is None for the built-in sandbox."""
    rehearsal = account is None or account.base_url is not None
    try:
        parsed = httpx.URL(text)
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port  # to ask for the port is to check it
    except (httpx.InvalidURL, ValueError):
        raise _unfit("it can't be read as a URL") from None
    if not text.isascii() or not text.isprintable() or " " in text or "\\" in text or len(text) > LONGEST:
        raise _unfit(f"it has a character that no URL has, or more than {LONGEST}")
    if parsed.userinfo or parsed.fragment or not host:
        raise _unfit("it needs a host, and no user, password or fragment")
    if parsed.scheme != "https" and not (rehearsal and parsed.scheme == "http" and on_this_machine(host)):
        raise _unfit("it must be https (http is taken for this machine when a look-alike is asked)")
    if not rehearsal and not _public(host):
        raise _unfit(f"fal can't reach {host}: name a public host, such as that of a tunnel to this machine")
    return text


def called(url: str) -> str:
    """The query of a submit that asks fal to call the URL."""
    return f"?fal_webhook={quote(url, safe='')}"


def call_of(headers: Sequence[tuple[str, str]], body: bytes, now: datetime) -> Call:
    """The call that headers and body make. Raises NotFals when it is none, or not of now."""
    found = _headers(headers)
    request_id = request_id_of(found["request-id"])
    well = PLAIN.fullmatch(found["user-id"]) and TIME.fullmatch(found["timestamp"])
    if request_id is None or not well or not SIGNATURE.fullmatch(found["signature"]):
        raise NotFals("malformed", "a header is not of the documented form")
    if str(int(found["timestamp"])) != found["timestamp"]:
        raise NotFals("malformed", "the timestamp is written oddly")
    timestamp = int(found["timestamp"])
    if abs(now.timestamp() - timestamp) > APART:
        raise NotFals("late", f"the timestamp is more than {APART} s from now")
    return Call(request_id, found["user-id"], timestamp, bytes.fromhex(found["signature"]), body)


def named(call: Call) -> tuple[str, ...]:
    """The request ids that a call names, the header's first. The body's are of a request that fal tried again."""
    try:
        body: Any = json.loads(call.body)
    except (ValueError, RecursionError):
        body = None
    inside = (
        [body.get(name) for name in ("request_id", "gateway_request_id")] if isinstance(body, dict) else []
    )
    ids = (call.request_id, *(request_id_of(value) for value in inside))
    return tuple(dict.fromkeys(value for value in ids if value is not None))


class Keys:
    """fal's public keys, fetched without ours from the one host that has them, and kept for a day at most."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._keys: tuple[bytes, ...] = ()
        self._fetched = self._tried = float("-inf")
        self._fetching = asyncio.Lock()

    async def check(self, call: Call) -> None:
        """Raises NotFals unless one of the keys made the signature."""
        if signed_by(await self._younger_than(FRESH, SOON), call):
            return
        if signed_by(await self._younger_than(AGAIN, AGAIN), call):  # fal may have a new key
            return
        raise NotFals("forged", "no key of fal's made this signature")

    async def _younger_than(self, age: float, rest: float) -> tuple[bytes, ...]:
        """The keys, fetched when they are older, though not within `rest` of the last try."""
        async with self._fetching:
            now = self._wire.world.elapsed()
            if now - self._fetched <= age:
                return self._keys
            if now - self._tried > rest:
                await self._fetch(now)
            elif now - self._fetched > FRESH:
                raise NotFals("keys unreachable", "fal's keys could not be had a moment ago")
            return self._keys

    async def _fetch(self, now: float) -> None:
        self._tried = now
        try:
            self._keys = await public_keys(self._wire)
        except FalError as failure:
            raise NotFals("keys unreachable", f"fal's keys can't be had: {failure}") from failure
        self._fetched = now


async def public_keys(wire: Wire) -> tuple[bytes, ...]:
    """The Ed25519 keys that fal publishes, 32 bytes each. Raises NotReached or OddAnswer."""
    url = f"{wire.account.storage}/.well-known/jwks.json"
    try:
        answer = await wire.read(url, KEYS_BYTES)
    except (httpx.HTTPError, httpx.StreamError, TimeoutError) as failure:
        raise NotReached(f"{httpx.URL(url).host} can't be reached ({type(failure).__name__})") from failure
    body = answer.json_or_none()
    rows = body.get("keys") if answer.status == 200 and isinstance(body, Mapping) else None  # noqa: PLR2004
    found = tuple(key for row in rows[:MOST_KEYS] if (key := _key(row))) if isinstance(rows, list) else ()
    if not found:
        raise OddAnswer(f"what is at {url} (HTTP {answer.status}) holds no key")
    return found


def signed_by(keys: Sequence[bytes], call: Call) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    for key in keys:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(call.signature, call.message())
        except (InvalidSignature, ValueError):
            continue
        return True
    return False


def _key(row: Any) -> bytes | None:
    if not isinstance(row, Mapping) or row.get("kty") != "OKP" or row.get("crv") != "Ed25519":
        return None
    text = row.get("x")
    if not isinstance(text, str) or not re.fullmatch(r"[A-Za-z0-9_-]{43}=?", text):
        return None
    return base64.urlsafe_b64decode(text.rstrip("=") + "=")


def _headers(headers: Sequence[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in headers:
        key = name.lower().removeprefix(PREFIX) if name.lower().startswith(PREFIX) else ""
        if key in found:
            raise NotFals("malformed", "a header comes twice")
        found |= {key: value} if key else {}
    if not {"request-id", "user-id", "timestamp", "signature"} <= set(found):
        raise NotFals("malformed", "a header is missing")
    return found


def _public(host: str) -> bool:
    """Not a proof, which only fal's own look-up would be: it catches what fal is known to drop."""
    if host.endswith((".localhost", ".local", ".internal")) or not {".", ":"} & set(host):
        return False
    try:
        return ip_address(host).is_global
    except ValueError:
        return True


def _unfit(why: str) -> UsageError:
    return UsageError(f"--webhook-url does not fit: {why}. Nothing was sent.")
