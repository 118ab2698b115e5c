"""A server on a raw socket that can be as rude as the internet: it answers submits as scripted, and counts
them."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kept_rows import states

from storyboard.ledger.place import Place

EMPTY_HISTORY = json.dumps({"items": [], "next_cursor": None, "has_more": False}).encode()


@dataclass
class Asked:
    """One request as it came. `whole` is False when the body had not all come."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    whole: bool = True


@dataclass
class RudeServer:
    """`submit` gets the connection after a POST was read, `stream` after the question for a status stream;
    `at_accept` before anything is."""

    base_url: str = ""
    submit: Callable[[socket.socket], None] = lambda _: None
    at_accept: Callable[[socket.socket], bool] = lambda _: False
    others: Callable[[Asked], bytes] = lambda _: answer(200, EMPTY_HISTORY)
    stream: Callable[[socket.socket], None] | None = None
    read_body: bool = True
    ledger: Place | None = None
    asked: list[Asked] = field(default_factory=list)
    ledgers: list[list[tuple[str, str]]] = field(default_factory=list)
    reset: bool = False

    @property
    def posts(self) -> list[Asked]:
        return [a for a in self.asked if a.method == "POST"]

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(20)
            if self.at_accept(connection):
                return
            asked = read_request(connection, read_body=self.read_body)
            if asked is None:
                return
            if asked.method == "POST":
                if self.ledger is not None:
                    self.ledgers.append(states_on_disk(self.ledger))
                self.asked.append(asked)
                self.submit(connection)
            else:
                self.asked.append(asked)
                if self.stream is not None and "/status/stream" in asked.path:
                    self.stream(connection)
                else:
                    connection.sendall(self.others(asked))


def answer(status: int, body: bytes = b"", *headers: str, length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body) if length is None else length}"]
    lines += [*headers, "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body


def hang_up(connection: socket.socket, *, reset: bool) -> None:
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def read_request(connection: socket.socket, *, read_body: bool = True) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = connection.recv(65536)
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    length = int(headers.get("content-length", "0"))
    while read_body and len(body) < length:
        chunk = connection.recv(65536)
        if not chunk:
            break
        body += chunk
    method, path, _ = first.split(" ", 2)
    return Asked(method, path, headers, body, whole=len(body) >= length)


def states_on_disk(place: Place) -> list[tuple[str, str]]:
    """(digest, state) of each take in a copy of the ledger as its file, or its server, stands at this instant."""
    if place.shared is not None:
        return states(place)
    ledger = place.ledger
    copy = ledger.parent / f"copy-{threading.get_ident()}.sqlite"
    for suffix in ("", "-journal"):
        if Path(f"{ledger}{suffix}").exists():
            shutil.copy(f"{ledger}{suffix}", f"{copy}{suffix}")
    with contextlib.closing(sqlite3.connect(copy)) as database:
        return database.execute("SELECT digest, state FROM takes").fetchall()


@contextmanager
def rude_server(server: RudeServer | None = None) -> Iterator[RudeServer]:
    server = server or RudeServer()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                thread = threading.Thread(target=server.serve, args=(connection,), daemon=True)
                thread.start()
                threads.append(thread)

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            accepting.join()
            for thread in threads:
                thread.join(timeout=5)
