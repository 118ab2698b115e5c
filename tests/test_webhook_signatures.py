"""Whether a call is fal's: judged by keys and signatures that another library made, and by fal's own rules."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import nacl.signing
import pytest
from a_plan import TEXT, Bench, bench, plan, request
from rude_server import Asked, answer, rude_server
from sandboxes import visiting

from storyboard.errors import UsageError
from storyboard.fal.account import Account
from storyboard.fal.webhooks import AGAIN, FRESH, Call, Keys, NotFals, call_of, called, named, webhook_url
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.sandbox.webhooks import signed, signing_key
from storyboard.secret import Secret

__all__ = ["bench"]

CANARY = "canary1234:canary5678"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BODY = b'{"request_id": "inner-1", "gateway_request_id": "outer-1", "status": "OK", "payload": {"video": {}}}'
FALS, ANOTHER = nacl.signing.SigningKey(b"f" * 32), nacl.signing.SigningKey(b"a" * 32)


def headers_of(
    key: nacl.signing.SigningKey = FALS, body: bytes = BODY, request_id: str = "abc-1", late: float = 0
) -> dict[str, str]:
    """As fal's documentation says, by PyNaCl."""
    stamp = str(int(NOW.timestamp() - late))
    message = f"{request_id}\nuser_1\n{stamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    return {
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": "user_1",
        "X-Fal-Webhook-Timestamp": stamp,
        "X-Fal-Webhook-Signature": key.sign(message).signature.hex(),
    }


def jwks(*keys: nacl.signing.SigningKey) -> bytes:
    rows = [
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": base64.urlsafe_b64encode(bytes(k.verify_key)).decode().rstrip("="),
        }
        for k in keys
    ]
    return json.dumps(
        {"keys": [{"kty": "RSA", "n": "x"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}, *rows]}
    ).encode()


def made(headers: dict[str, str], body: bytes = BODY) -> Call:
    return call_of(list(headers.items()), body, NOW)


@dataclass
class Turning:
    """Time that is turned by hand."""

    seconds: float = 0.0

    def elapsed(self) -> float:
        return self.seconds


def with_keys(
    answers: Callable[[Asked], bytes], work: Callable[[Keys, Turning], Awaitable[Any]]
) -> tuple[Any, list[Asked]]:
    clock = Turning()
    with rude_server() as server:
        server.others = answers

        async def all_of_it() -> Any:
            async with Wire(Account(Secret(CANARY), server.base_url), World(elapsed=clock.elapsed)) as wire:
                return await work(Keys(wire), clock)

        return asyncio.run(all_of_it()), server.asked


async def verdict(keys: Keys, call: Call) -> str:
    try:
        await keys.check(call)
    except NotFals as refusal:
        return refusal.rule
    return "taken"


def test_what_fal_signed_is_taken_and_nothing_else_is() -> None:
    good = made(headers_of())
    forged = made(headers_of(ANOTHER))
    other_body = made(headers_of(), BODY + b" ")
    swapped = headers_of() | {"X-Fal-Webhook-Request-Id": "abc-2"}
    other_user = headers_of() | {"X-Fal-Webhook-User-Id": "user_2"}
    other_time = headers_of() | {"X-Fal-Webhook-Timestamp": str(int(NOW.timestamp()) + 1)}
    calls = [good, forged, other_body, made(swapped), made(other_user), made(other_time), good]

    async def work(keys: Keys, clock: Turning) -> list[str]:
        return [await verdict(keys, call) for call in calls]

    verdicts, asked = with_keys(lambda _: answer(200, jwks(ANOTHER_ONE, FALS)), work)
    assert verdicts == ["taken", *["forged"] * 5, "taken"]
    assert len(asked) == 1, "kept"
    assert asked[0].path == "/.well-known/jwks.json"
    assert "authorization" not in asked[0].headers
    assert "canary" not in str(asked[0])


ANOTHER_ONE = nacl.signing.SigningKey(b"o" * 32)


def test_a_new_key_is_looked_for_once_in_a_while() -> None:
    keys_now = [jwks(ANOTHER)]
    seen: list[str] = []

    async def work(keys: Keys, clock: Turning) -> None:
        call, forged = made(headers_of()), made(headers_of(ANOTHER_ONE))
        seen.append(await verdict(keys, call))  # fetched, not there
        keys_now[0] = jwks(FALS)
        seen.extend([await verdict(keys, forged) for _ in range(50)])
        seen.append(await verdict(keys, call))
        clock.seconds += AGAIN + 1
        seen.append(await verdict(keys, call))  # fetched again: fal has a new key
        clock.seconds += FRESH + 1
        keys_now[0] = jwks(ANOTHER)
        seen.append(await verdict(keys, call))  # the day is over, and fal has the key no more

    _, asked = with_keys(lambda _: answer(200, keys_now[0]), work)
    assert seen == ["forged"] * 52 + ["taken", "forged"]
    assert len(asked) == 3


NO_KEYS = {
    "503": answer(503, b"<html>nginx</html>"),
    "a redirect": answer(302, b"", "Location: http://127.0.0.1:1/.well-known/jwks.json"),
    "a page": answer(200, b"<html></html>"),
    "a list": answer(200, b"[]"),
    "brackets": answer(200, b"[" * 60_000),
    "none": answer(200, b'{"keys": []}'),
    "no list": answer(200, b'{"keys": {"x": 1}}'),
    "other kinds": answer(
        200, b'{"keys": [7, null, {"kty": "RSA"}, {"kty": "OKP", "crv": "X25519", "x": "AA"}]}'
    ),
    "a short key": answer(200, b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}'),
    "too large": answer(200, b" " * 70_000 + jwks(FALS)),
    "compressed": answer(200, jwks(FALS), "Content-Encoding: gzip"),
    "no answer": b"",
}


@pytest.mark.parametrize("name", NO_KEYS)
def test_without_keys_nothing_is_judged(name: str) -> None:
    async def work(keys: Keys, clock: Turning) -> list[str]:
        return [await verdict(keys, made(headers_of())) for _ in range(20)]

    verdicts, asked = with_keys(lambda _: NO_KEYS[name], work)
    assert set(verdicts) == {"keys unreachable"}
    assert len(asked) == 1, "asked again only after a while"


def test_the_keys_come_from_fals_own_host_alone() -> None:
    asked: list[httpx.Request] = []

    class Net(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            asked.append(request)
            return httpx.Response(301, headers={"location": "https://evil.example/jwks.json"})

    async def work() -> str:
        async with Wire(Account(Secret(CANARY)), World(transport=Net)) as wire:
            return await verdict(Keys(wire), made(headers_of()))

    assert asyncio.run(work()) == "keys unreachable"
    [only] = asked
    assert str(only.url) == "https://rest.fal.ai/.well-known/jwks.json"
    assert "authorization" not in only.headers


@pytest.mark.parametrize("late", [301, 600, -301, 10**9, 299, -299, 0])
def test_five_minutes_either_way(late: float) -> None:
    if abs(late) <= 300:
        assert made(headers_of(late=late)).request_id == "abc-1"
        return
    with pytest.raises(NotFals) as refused:
        made(headers_of(late=late))
    assert refused.value.rule == "late"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Request-Id", "../../x"), ("Request-Id", ""), ("Request-Id", "a b"), ("Request-Id", "x" * 200),
        ("User-Id", ""), ("User-Id", "a\u00e9"), ("Timestamp", "soon"), ("Timestamp", "-1"), ("Timestamp", "1e9"),
        ("Timestamp", "01"), ("Timestamp", "9" * 13), ("Timestamp", "\u0663"), ("Signature", "00"),
        ("Signature", "zz" * 64),
        ("Signature", " " + "00" * 64), ("Signature", "0" * 129),
    ],
)  # fmt: skip
def test_headers_of_another_form(name: str, value: str) -> None:
    with pytest.raises(NotFals) as refused:
        made(headers_of() | {f"X-Fal-Webhook-{name}": value})
    assert refused.value.rule == "malformed"


def test_a_header_once_and_all_of_them() -> None:
    rows = list(headers_of().items())
    for broken in (rows[1:], [*rows, rows[3]], [*rows, ("x-fal-webhook-signature", "00" * 64)]):
        with pytest.raises(NotFals) as refused:
            call_of(broken, BODY, NOW)
        assert refused.value.rule == "malformed"


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"[" * 100_000, b"[]", b'{"request_id": ["x"], "gateway_request_id": "../x"}']
)
def test_a_body_names_what_it_names(body: bytes) -> None:
    assert named(made(headers_of(body=body), body)) == ("abc-1",)
    assert named(made(headers_of())) == ("abc-1", "inner-1", "outer-1")


def test_what_the_sandbox_signs_pynacl_verifies(tmp_path: Path) -> None:
    key = signing_key(tmp_path)
    headers = signed(key, "abc", "1795176000", BODY)
    message = (
        f"abc\n{headers['X-Fal-Webhook-User-Id']}\n1795176000\n{hashlib.sha256(BODY).hexdigest()}".encode()
    )
    with visiting(tmp_path) as visitor:
        [row] = visitor.http.get("/.well-known/jwks.json").json()["keys"]
    public = nacl.signing.VerifyKey(base64.urlsafe_b64decode(row["x"] + "="))
    public.verify(message, bytes.fromhex(headers["X-Fal-Webhook-Signature"]))
    with pytest.raises(nacl.exceptions.BadSignatureError):
        public.verify(message + b" ", bytes.fromhex(headers["X-Fal-Webhook-Signature"]))
    assert signing_key(tmp_path).private_bytes_raw() == key.private_bytes_raw(), "kept"


REAL, LOOK_ALIKE = Account(Secret("id:secret")), Account(Secret("x"), "http://127.0.0.1:9")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/x", "ftp://hooks.example", "hooks.example/x", "", "https://", "https:///x",
        "https://user@hooks.example/", "https://a:b@hooks.example/", "https://hooks.example/#x",
        "https://hooks.example/ x", "https://hooks.example\\@evil.example/", "https://hooks.example/\r\nX: y", "https://h\u00f6rn.example/",
        "https://[::1", "https://hooks.example:99999/", "https://hooks.example/" + "x" * 3000,
    ],
)  # fmt: skip
def test_urls_that_nobody_is_told_to_call(url: str) -> None:
    for account in (REAL, LOOK_ALIKE, None):
        with pytest.raises(UsageError, match="Nothing was sent"):
            webhook_url(url, account)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8/x",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/",
    ],
)
def test_this_machine_is_for_look_alikes(url: str) -> None:
    assert webhook_url(url, LOOK_ALIKE) == webhook_url(url, None) == url
    with pytest.raises(UsageError):
        webhook_url(url, REAL)


def test_a_submit_carries_the_url_whole_and_the_digest_does_not(bench: Bench) -> None:
    url = "https://hooks.example:8443/a%2Fb/c?token=1&x=\u007e+2"
    assert webhook_url(url, REAL) == url
    planned = plan(request(bench.project, start=None))
    with rude_server() as server:
        server.submit = lambda connection: connection.sendall(answer(422, b'{"detail": "no"}'))
        bench.carry_out(planned, server.base_url, webhook=url)
    [post] = server.posts
    assert post.path == f"/{TEXT}{called(url)}"
    assert httpx.URL(post.path).params["fal_webhook"] == url
    assert bench.takes()["dawn"].digest == planned.steps[0].request.digest
