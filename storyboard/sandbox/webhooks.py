"""Webhooks: the end of a request told to the URL that came with it, signed as fal signs.

fal drops private and loopback targets; here they are all that there is to call. The times between tries are shortened.
Without the package `cryptography` nothing can be signed, and nothing is called.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.sandbox.broken import nginx_page
from storyboard.sandbox.output import output_of
from storyboard.sandbox.record import Delivery, QueuedRequest
from storyboard.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LOGGER = logging.getLogger(__name__)
KEY_FILE = "webhook-key"
USER = "user_of_the_sandbox"
LATE = 600  # seconds
DUPLICATES = 5
TAKEN, MOVED = range(200, 300), range(300, 400)


class Letter(Struct, frozen=True):
    """What one call carries."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    kind: str = ""


def signing_key(folder: Path) -> Ed25519PrivateKey:
    """The sandbox's own key, made at first need. Raises ModuleNotFoundError without `cryptography`."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = folder / KEY_FILE
    if not path.exists():
        aside = path.with_suffix(".part")
        aside.touch(0o600)
        aside.write_text(secrets.token_hex(32), encoding="ascii")
        aside.replace(path)
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(path.read_text(encoding="ascii")))


async def public_keys(request: Request) -> Response:
    """fal's JWKS: the keys by which webhooks are judged."""
    sandbox: Sandbox = request.app.state.sandbox
    if sandbox.settings.webhook_keys_outage:
        return nginx_page()
    try:
        raw = signing_key(sandbox.state.folder).public_key().public_bytes_raw()
    except ModuleNotFoundError:
        return JSONResponse({"keys": []})
    x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    return JSONResponse({"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA"}]})


class Webhooks:
    """The calls that are under way."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._calls: set[asyncio.Task[None]] = set()

    def announce(self, ended: QueuedRequest) -> None:
        """Calls the request's webhook, if it has one that was not called yet, until it takes the call."""
        if ended.webhook is not None and not ended.delivered:
            task = asyncio.create_task(self._told(ended))
            self._calls.add(task)
            task.add_done_callback(self._calls.discard)

    async def stop(self) -> None:
        """Leaves what is not told for the next start."""
        tasks = list(self._calls)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _told(self, ended: QueuedRequest) -> None:
        try:
            key = signing_key(self._sandbox.state.folder)
        except ModuleNotFoundError as missing:
            LOGGER.warning("no webhook is called: signing needs %s", missing.name)
            return
        strikes = self._sandbox.strikes
        lost, forged, late, again = (strikes(f"webhook-{n}") for n in ("lost", "forged", "late", "duplicate"))
        async with httpx.AsyncClient(
            trust_env=False, timeout=self._sandbox.settings.webhook_seconds, follow_redirects=False
        ) as http:
            if forged:
                await self._call(http, ended, self._letter(ended, stranger(), kind="forged"))
            if late:
                await self._call(http, ended, self._letter(ended, key, late=LATE, kind="late"))
            taken = None if lost else await self._until_taken(http, ended, key)
            for _ in range(DUPLICATES if taken and again else 0):
                await self._call(http, ended, taken, kind="duplicate")
        self._sandbox.state.change(ended.id, delivered=True)

    async def _until_taken(
        self, http: httpx.AsyncClient, ended: QueuedRequest, key: Ed25519PrivateKey
    ) -> Letter | None:
        """The call that was taken; None when it was given up, as fal does at once for a redirect."""
        for pause in (*self._sandbox.settings.webhook_pauses, None):
            letter = self._letter(ended, key)
            status = await self._call(http, ended, letter)
            if status in TAKEN:
                return letter
            if status in MOVED or pause is None:
                return None
            await asyncio.sleep(pause)
        return None

    async def _call(
        self, http: httpx.AsyncClient, ended: QueuedRequest, letter: Letter | None, kind: str = ""
    ) -> int | None:
        if letter is None:
            return None
        status = None
        try:
            async with http.stream("POST", letter.url, content=letter.body, headers=letter.headers) as answer:
                status = answer.status_code
        except (httpx.HTTPError, httpx.InvalidURL):
            pass  # recorded below as no answer
        state = self._sandbox.state
        row = Delivery(self._sandbox.now(), status, kind or letter.kind)
        state.change(ended.id, deliveries=(*state.requests[ended.id].deliveries, row))
        return status

    def _letter(
        self, ended: QueuedRequest, key: Ed25519PrivateKey, *, late: int = 0, kind: str = ""
    ) -> Letter:
        body = json.dumps(told_of(ended)).encode("ascii")
        timestamp = str(int(self._sandbox.now()) - late)
        return Letter(ended.webhook or "", body, signed(key, ended.id, timestamp, body), kind)


def stranger() -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


def signed(key: Ed25519PrivateKey, request_id: str, timestamp: str, body: bytes) -> dict[str, str]:
    """The headers of a call."""
    message = "\n".join([request_id, USER, timestamp, hashlib.sha256(body).hexdigest()])
    return {
        "content-type": "application/json",
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": USER,
        "X-Fal-Webhook-Timestamp": timestamp,
        "X-Fal-Webhook-Signature": key.sign(message.encode()).hex(),
    }


def told_of(ended: QueuedRequest) -> dict[str, Any]:
    """The body of a call: the result as it would be answered, or the error."""
    ids = {"request_id": ended.id, "gateway_request_id": ended.id}
    payload = output_of(ended, ended.base)
    if ended.status_code == 200:  # noqa: PLR2004
        return {**ids, "status": "OK", "payload": payload}
    return {
        **ids,
        "status": "ERROR",
        "error": f"Invalid status code: {ended.status_code}",
        "payload": payload,
    }
