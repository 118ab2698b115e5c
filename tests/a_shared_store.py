"""A clip store that machines share: a real S3 server on loopback, and a counter before it that can be told to fail."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from rude_server import Asked, answer, hang_up, read_request

from storyboard.ledger.place import Place, place_of
from storyboard.ledger.store import Store

OWNER = httpx.Client(verify=False, trust_env=False)  # noqa: S501 - it asks this machine, and without TLS
BUCKET = "films"
URL = f"s3://{BUCKET}/potters"
SECRET = "canary-of-the-store-8f2e61"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "mara", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1"}
CLIP = re.compile(r"/([0-9a-f]{64})\.mp4$")
Answering = Callable[[Asked, bytes, socket.socket], bool]
"""Gets a request, the server's answer to it and the connection; True when it has answered by itself."""


def as_asked(asked: Asked, data: bytes, connection: socket.socket) -> bool:
    return False


@dataclass
class Counted:
    """What was asked of the server. `before` sees a request and may answer it, so that the server never hears of it;
    `after` sees the server's answer and may send another one, or a part."""

    server: str
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    at_head: Answering = as_asked  # as `before`, while most of a large body is still with the client
    before: Answering = as_asked
    after: Answering = as_asked

    def count(self, method: str) -> Counter[str]:
        """How often an object was asked for, by the clip's name or its path."""
        found: Counter[str] = Counter()
        for one in self.asked:
            path = urlsplit(one.path).path
            clip = CLIP.search(path)
            if one.method == method:
                found[clip[1] if clip else path] += 1
        return found

    def quiet(self) -> None:
        self.at_head = self.before = self.after = as_asked
        self.asked.clear()

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(30)
            asked = read_request(connection, read_body=False)
            if asked is None:
                return
            self.asked.append(asked)
            if self.at_head(asked, b"", connection):
                return
            while len(asked.body) < int(asked.headers.get("content-length", "0")):
                if not (more := connection.recv(1 << 16)):
                    return
                asked.body += more
            if self.before(asked, b"", connection):
                return
            data = self._forwarded(asked)
            if not self.after(asked, data, connection):
                connection.sendall(data)

    def _forwarded(self, asked: Asked) -> bytes:
        host = urlsplit(self.server)
        headers = {**asked.headers, "connection": "close"}
        lines = [f"{asked.method} {asked.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
        data = b""
        with socket.create_connection((host.hostname, host.port), timeout=30) as onwards:
            onwards.sendall("\r\n".join(lines).encode("latin-1") + asked.body)
            while chunk := onwards.recv(1 << 16):
                data += chunk
        return data.replace(b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nconnection: close\r\n", 1)


@contextmanager
def counted(server: str) -> Iterator[Counted]:
    made = Counted(server)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        made.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    threading.Thread(target=made.serve, args=(connection,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            accepting.join()


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """The address of an S3 server of somebody else's making, which knows writes that create only."""
    import logging

    server_of = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_of.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass
class Bucket:
    """The bucket as its owner sees it, past storyboard."""

    server: str

    def __call__(self, method: str, path: str = "", body: bytes = b"") -> bytes:
        owner = "AWS4-HMAC-SHA256 Credential=owner/20261127/us-east-1/s3/aws4_request"
        headers = {"authorization": owner, "content-type": "video/mp4"}
        url = f"{self.server}/{BUCKET}{path}"
        return OWNER.request(method, url, content=body, headers=headers).raise_for_status().content

    def objects(self) -> set[str]:
        return set(re.findall(r"<Key>([^<]*)</Key>", self("GET", "?list-type=2").decode()))

    def of(self, clip: str) -> str:
        return f"/potters/clips/{clip[:2]}/{clip}.mp4"


@pytest.fixture
def bucket(s3: str) -> Iterator[Bucket]:
    """An empty one."""
    made = Bucket(s3)
    made("PUT")
    yield made
    for name in made.objects():
        made("DELETE", f"/{name}")


@pytest.fixture
def counter(s3: str, bucket: Bucket) -> Iterator[Counted]:
    with counted(s3) as made:
        yield made


@pytest.fixture
def shared(counter: Counted, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """This process, and those that it starts, share their clips in the bucket."""
    for name, value in environment_of(counter).items():
        monkeypatch.setenv(name, value)
    return counter


def environment_of(counter: Counted) -> dict[str, str]:
    return {"STORYBOARD_STORE": URL, "AWS_ENDPOINT_URL": counter.url, **CREDENTIALS}


def machine(folder: Path, base_url: str | None = None) -> Place:
    """A place of a project in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    place = place_of(folder, base_url)
    place.ready()
    return place


def stored(place: Place, data: bytes) -> str:
    """Bytes in the store of a machine, as a clip; its name."""
    store, clip = Store(place), hashlib.sha256(data).hexdigest()
    temporary = store.incoming("a-test")
    temporary.write_bytes(data)
    store.put(temporary, clip)
    return clip


def refused(status: int, code: str = "SlowDown") -> Answering:
    def said(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        body = f"<Error><Code>{code}</Code><Message>{SECRET} is in here</Message></Error>".encode()
        connection.sendall(answer(status, b"" if asked.method == "HEAD" else body))
        return True

    return said


def once(method: str, answering: Answering, times: int = 1) -> Answering:
    """The first requests of that method alone."""
    left = [times]

    def said(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        if asked.method != method or left[0] == 0:
            return False
        left[0] -= 1
        return answering(asked, data, connection)

    return said


def cut_off(after: int) -> Answering:
    """The server goes away in the middle of its answer, so many bytes into the body."""

    def said(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        head, _, body = data.partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n" + body[:after])
        hang_up(connection, reset=False)
        return True

    return said


def gone(asked: Asked, data: bytes, connection: socket.socket) -> bool:
    hang_up(connection, reset=True)
    return True


def content(size: int, seed: int = 1) -> bytes:
    return (
        bytes(os.urandom(size))
        if seed == 0
        else (hashlib.sha256(b"%d" % seed).digest() * (size // 32 + 1))[:size]
    )
