"""A gate before a sandbox: it lets requests through one by one, and can kill who asks at any of them."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from rude_server import Asked, hang_up, read_request

SLOW = 0.4  # seconds; less than an interrupted submit may take to bring its answer home
SUBMIT = re.compile(r"^/fal-ai/kling-video/v3/[a-z0-9/-]+$")


@dataclass
class Gate:
    """`strikes` says of each request "before", "during" or "after" when `strike` is to be called, once."""

    sandbox: str
    base_url: str = ""
    strike: Callable[[], None] = lambda: None
    strikes: Callable[[Asked], str | None] = lambda _: None
    asked: list[Asked] = field(default_factory=list)
    struck: bool = False

    @property
    def submits(self) -> int:
        return sum(_is_submit(asked) for asked in self.asked)

    def serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.settimeout(60)
            asked = read_request(connection)
            if asked is None:
                return
            self.asked.append(asked)
            when = None if self.struck else self.strikes(asked)
            if when is not None:
                self.struck = True
            if when == "before":
                self.strike()
                hang_up(connection, reset=True)
                return
            if when == "during":
                self.strike()
                time.sleep(SLOW)  # the answer is under way when the blow is felt
            for part in self._forward(asked):
                if when != "after":
                    connection.sendall(part)  # as it comes: a stream tells what happens while it happens
            if when == "after":
                self.strike()
                hang_up(connection, reset=True)

    def _forward(self, asked: Asked) -> Iterator[bytes]:
        host = urlsplit(self.sandbox)
        headers = {**asked.headers, "connection": "close"}
        lines = [f"{asked.method} {asked.path} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
        with socket.create_connection((host.hostname, host.port), timeout=60) as onwards:
            onwards.sendall("\r\n".join(lines).encode("latin-1") + asked.body)
            while chunk := onwards.recv(1 << 16):
                yield chunk


def _is_submit(asked: Asked) -> bool:
    return asked.method == "POST" and bool(SUBMIT.match(asked.path))


@contextmanager
def toll_gate(sandbox: str) -> Iterator[Gate]:
    gate = Gate(sandbox)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        gate.base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        def accept() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=gate.serve, args=(connection,), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield gate
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            accepting.join()
