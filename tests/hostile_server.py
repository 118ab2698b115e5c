"""A fal that answers one of its calls with whatever is worst, and a second server that nobody may ever ask."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rude_server import Asked, RudeServer, answer, hang_up, read_request, rude_server

CALLS = ("submit", "status", "result", "clip", "history")
ID = "06a1f8f0-0b8c-7079-a88d-e0c9c5d92975"  # given long after every sending
CERTAIN = {400, 401, 402, 403, 404, 405, 413, 415, 422, 429}
ANSI = "\x1b[31m\x1b]52;c;bm8=\x07\u202e\u2066\x00\x9b2J"
Shape = Callable[["Setting"], "bytes | Callable[[socket.socket], None]"]


@dataclass(frozen=True)
class Setting:
    """What a shape is made from: the good body of the call, the trap's URL, and whether a clip is asked for."""

    good: bytes
    trap: str


def _body(text: bytes | str | Any, status: int = 200, *headers: str) -> Shape:
    body = (
        text
        if isinstance(text, bytes)
        else text.encode()
        if isinstance(text, str)
        else json.dumps(text).encode()
    )
    return lambda _: answer(status, body, *headers)


def _raw(data: bytes) -> Shape:
    return lambda _: data


def _good(status: int, *headers: str) -> Shape:
    return lambda on: answer(status, on.good, *headers)


def _away(status: int) -> Shape:
    return lambda on: answer(status, b"", f"Location: {on.trap}/stolen")


def _fields(value: Callable[[Setting], Any]) -> Shape:
    """The good answer with that in the place of every leaf."""

    def shape(on: Setting) -> bytes:
        try:
            return answer(200, _json(_everywhere(json.loads(on.good), value(on))))
        except ValueError:  # a clip has no fields
            return answer(200, _json(value(on)))

    return shape


def _json(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")


def _everywhere(value: Any, leaf: Any) -> Any:
    if isinstance(value, dict) and value:
        return {name: _everywhere(inner, leaf) for name, inner in value.items()}
    return [_everywhere(inner, leaf) for inner in value] if isinstance(value, list) and value else leaf


def _head(*lines: str, status: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([status, *lines, "", ""]).encode("latin-1", "replace")


def _with_good(*lines: str) -> Shape:
    return lambda on: _head(*lines) + on.good


def _endless(first: bytes, more: bytes, times: int = 4000) -> Shape:
    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(times):
            connection.sendall(more)

    return lambda _: script


def _dripped(first: bytes, drop: bytes) -> Shape:
    def script(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(400):
            connection.sendall(drop)
            time.sleep(0.02)

    return lambda _: script


def _silent(connection: socket.socket) -> None:
    connection.settimeout(15)
    connection.recv(1)


LEAVES: dict[str, Callable[[Setting], Any]] = {
    "null": lambda _: None,
    "true": lambda _: True,
    "-1": lambda _: -1,
    "1e308": lambda _: 1e308,
    "NaN": lambda _: float("nan"),
    "10**400": lambda _: 10**400,
    "a list": lambda _: [],
    "a mapping": lambda _: {},
    "a megabyte": lambda _: "x" * (1 << 20),
    "control characters": lambda _: ANSI,
    "a lone surrogate": lambda _: "\ud800",
    "a path": lambda _: "../../../etc/passwd",
    "another host": lambda on: f"{on.trap}/x",
    "another host, no scheme": lambda on: on.trap.replace("http:", "") + "/x",
    "userinfo": lambda on: on.trap.replace("http://", "http://queue.fal.run@") + "/x",
    "a backslash": lambda on: on.trap + "\\@fal.media/x",
    "an odd address": lambda on: on.trap.replace("127.0.0.1", "2130706433") + "/x",
    "a short address": lambda on: on.trap.replace("127.0.0.1", "127.1") + "/x",
    "a mapped address": lambda on: on.trap.replace("127.0.0.1", "[::ffff:127.0.0.1]") + "/x",
    "a file": lambda _: "file:///etc/passwd",
    "the metadata service": lambda _: "http://169.254.169.254/latest/",
    "a line break in a URL": lambda on: on.trap + "/\r\nHost: x",
}
BOMB = gzip.compress(b" " * (64 << 20), 1)
OPEN = _head("Content-Type: application/json", "Connection: close")
CHUNKED = _head("Transfer-Encoding: chunked", "Connection: close")
FAULTY = {"detail": [{"loc": ["body", "prompt", ANSI], "msg": ANSI * 200, "type": ANSI, "ctx": {"x": ANSI}}]}

SHAPES: dict[str, Shape] = {
    **{f"every field is {name}": _fields(leaf) for name, leaf in LEAVES.items()},
    **{
        f"JSON {text[:12]}": _body(text)
        for text in (
            "null",
            "true",
            "0",
            "1e999",
            "NaN",
            "-Infinity",
            '"text"',
            "[]",
            "[[]]",
            "{}",
            '{"items": [{}]}',
        )
    },
    **{
        f"a page, HTTP {s}": _body("<html>sign in</html>", s, "Content-Type: text/html")
        for s in (200, 202, 500, 503)
    },
    **{
        f"good, HTTP {s}": _good(s) for s in (201, 203, 205, 206, 226, 300, 305, 418, 451, 511, 599, 600, 999)
    },
    **{f"refused, HTTP {s}": _body({"detail": "no"}, s) for s in sorted(CERTAIN)},
    **{f"to another host, HTTP {s}": _away(s) for s in (301, 302, 303, 307, 308)},
    "HTTP 204": _raw(_head(status="HTTP/1.1 204 No Content")),
    "HTTP 304": _raw(_head(status="HTTP/1.1 304 Not Modified")),
    "HTTP 099": _raw(_head("Content-Length: 0", status="HTTP/1.1 099 What")),
    "HTTP twenty": _raw(_head("Content-Length: 0", status="HTTP/1.1 twenty OK")),
    "100, then good": lambda on: _head(status="HTTP/1.1 100 Continue") + answer(200, on.good),
    "101": _raw(_head("Upgrade: h2c", "Connection: upgrade", status="HTTP/1.1 101 Switching")),
    "103 for ever": _endless(b"", _head("Link: </x>", status="HTTP/1.1 103 Early Hints"), 20_000),
    "HTTP/0.9": lambda on: on.good,
    "HTTP/2": _raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "HTTP/9.9": lambda on: answer(200, on.good).replace(b"HTTP/1.1", b"HTTP/9.9"),
    "TLS": _raw(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    "nothing": _raw(b""),
    "half a status line": _raw(b"HTTP/1.1 2"),
    "half a header": _raw(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "control characters in the reason": lambda on: answer(200, on.good).replace(b"Whatever", b"\x1b[31mRed"),
    "longer than it says": lambda on: answer(200, on.good + b"}}}}", length=len(on.good)),
    "shorter than it says": lambda on: answer(200, on.good[:-3], length=len(on.good)),
    "half of it": lambda on: answer(200, on.good[: len(on.good) // 2], length=len(on.good)),
    "a negative length": _with_good("Content-Length: -5"),
    "an enormous length": _with_good("Content-Length: 1000000000000000000"),
    "a length of words": _with_good("Content-Length: many"),
    "two lengths": _with_good("Content-Length: 3", "Content-Length: 30"),
    "length and chunks": _with_good("Content-Length: 3", "Transfer-Encoding: chunked"),
    "an unknown transfer": _with_good("Transfer-Encoding: bananas"),
    "a lying chunk": lambda on: CHUNKED + b"5\r\n" + on.good + b"\r\n0\r\n\r\n",
    "a chunk of 2**64": lambda on: CHUNKED + b"10000000000000000\r\n" + on.good,
    "a chunk of -1": lambda on: CHUNKED + b"-1\r\n" + on.good,
    "no last chunk": lambda on: CHUNKED + b"%x\r\n" % len(on.good) + on.good + b"\r\n",
    "a chunk's endless extension": _endless(CHUNKED + b"5;", b"x" * 65536, 400),
    "endless headers": _endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"x" * 8000 + b"\r\n", 400),
    "one endless header": _endless(b"HTTP/1.1 200 OK\r\nX-More: ", b"x" * 65536, 400),
    "10,000 headers": lambda on: (
        _head(*(f"X-{n}: 1" for n in range(10_000)), f"Content-Length: {len(on.good)}") + on.good
    ),
    "a header with a NUL": _with_good("X-Odd: a\x00b"),
    "a header without a colon": _with_good("nonsense"),
    "a folded header": _with_good("X-Odd: a", "  folded"),
    "two types": lambda on: answer(200, on.good, "Content-Type: text/html", "Content-Type: application/json"),
    **{
        f"a bomb as {name}": _body(BOMB, 200, f"Content-Encoding: {name}")
        for name in ("gzip", "br", "zstd", "x, gzip")
    },
    "a bomb as an error": _body(BOMB, 422, "Content-Encoding: gzip"),
    "an endless body": _endless(OPEN, b" " * 65536),
    "endless digits": _endless(OPEN, b"1" * 65536, 200),
    "endless brackets": _body(b"[" * 200_000),
    "endless mappings": _body(b'{"a":' * 100_000),
    "a number of 100,000 digits": _body(b'{"request_id": ' + b"1" * 100_000 + b"}"),
    "UTF-16": lambda on: answer(200, on.good.decode("utf-8", "replace").encode("utf-16")),
    "a byte-order mark": lambda on: answer(200, b"\xef\xbb\xbf" + on.good),
    "not UTF-8": _body(b'{"request_id": "\xff\xfe", "status": "\xff"}'),
    "keys twice": lambda on: answer(
        200, on.good[:-1] + b', "status": 1, "request_id": 2, "video": 3, "items": 4}'
    ),
    "complaints in control characters": _body(FAULTY, 422),
    "complaints that are none": _body({"detail": [[], None, {"loc": 5, "msg": [], "type": {}}]}, 422),
    "ten thousand complaints": _body(
        {"detail": [{"loc": ["body"], "msg": "x" * 500, "type": "x"}] * 10_000}, 422
    ),
    "an error that echoes": _body(b'{"detail": "Authorization: Key canaryid:canarysecret"}', 500),
    "ids from hell": lambda on: answer(200, on.good, f"x-fal-request-id: {'../' * 30}"),
    "an id of a mile": _body("{}", 200, "x-fal-request-id: " + "a" * 5000),
    "wait for ever": _body("{}", 503, "Retry-After: 999999999999"),
    "wait for less than nothing": _body("{}", 503, "Retry-After: -5"),
    "a date far off": lambda on: answer(200, on.good, "Date: Fri, 31 Dec 9999 23:59:59 GMT"),
    "a date that is none": lambda on: answer(200, on.good, "Date: \x01\x02"),
    "units from hell": lambda on: answer(
        200, on.good, "x-fal-billable-units: 1e999999", "x-fal-retryable: perhaps"
    ),
    "cookies": lambda on: answer(200, on.good, "Set-Cookie: a=b; Domain=fal.run", "Clear-Site-Data: *"),
    "silence": lambda _: _silent,
    "reset": lambda _: lambda connection: hang_up(connection, reset=True),
    "a dripping header": _dripped(b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"),
    "a dripping body": _dripped(OPEN, b" "),
}


@dataclass
class Hostile(RudeServer):
    """One call is answered in one shape; all others as fal would. `refused` is whether it says so with a status."""

    clip: bytes = b""
    attacked: str = ""
    shape: Shape = lambda _: b""
    trap: str = ""
    clips: list[Asked] = field(default_factory=list)
    statuses: set[bytes] = field(default_factory=set)

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            asked = read_request(connection)
            if asked is None:
                return
            self.asked.append(asked)
            call = _call(asked)
            if call == "clip":
                self.clips.append(asked)
            good = self._good(call)
            if call != self.attacked:
                connection.sendall(answer(200, good))
                return
            said = self.shape(Setting(good, self.trap))
            if callable(said):
                said(connection)
                return
            self.statuses.add(said[9:12])
            connection.sendall(said)

    def _good(self, call: str) -> bytes:
        root = f"{self.base_url}/fal-ai/kling-video/requests/{ID}"
        urls = {"status_url": f"{root}/status", "response_url": root, "cancel_url": f"{root}/cancel"}
        told: dict[str, Any] = {
            "submit": {"request_id": ID, **urls},
            "status": {"status": "COMPLETED", "logs": [{"message": "done"}], "queue_position": 0},
            "result": {"video": {"url": f"{self.base_url}/files/x.mp4", "file_size": len(self.clip)}},
            "history": {"items": [], "has_more": False, "next_cursor": None},
        }
        return self.clip if call == "clip" else json.dumps(told[call]).encode()


def _call(asked: Asked) -> str:
    if asked.method == "POST":
        return "submit"
    if asked.path.startswith("/v1/"):
        return "history"
    if asked.path.startswith("/files/"):
        return "clip"
    return "status" if "/status" in asked.path else "result"


@contextmanager
def hostile(clip: bytes, call: str, shape: str) -> Iterator[tuple[Hostile, list[bytes]]]:
    """The server, and what came to the trap: nothing, if all is well."""
    caught: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as trap:

        def wait() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = trap.accept()
                    with connection:
                        connection.settimeout(1)
                        caught.append(connection.recv(65536))

        threading.Thread(target=wait, daemon=True).start()
        there = Hostile(clip=clip, attacked=call, shape=SHAPES[shape])
        there.trap = f"http://127.0.0.1:{trap.getsockname()[1]}"
        with rude_server(there):
            yield there, caught
        with contextlib.suppress(OSError):
            trap.shutdown(socket.SHUT_RDWR)
