"""A way to a server that breaks at a moment of one's choice: a socket in a folder of its own, from which everything is
passed on, until the message of a chosen number comes."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from a_postgres import PORT, Server

Moment = Literal["before", "after"]  # the message is never passed on; it is, and its answer is not


@dataclass
class Way:
    """`at` is the number of the message that the way breaks at, 0 for none; `seen` counts them, `broken` is what it
    broke at. A message is what the client sends at a time."""

    to: str
    at: int = 0
    moment: Moment = "before"
    stays: bool = False  # broken from then on
    seen: int = 0
    broken: bytes = b""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self, data: bytes) -> bool:
        with self.lock:
            self.seen += 1
            if self.stays and self.broken:
                return True
            if self.seen == self.at:
                self.broken = data
            return self.seen == self.at

    def carry(self, client: socket.socket) -> None:
        """Until one of both ends it, or the way breaks."""
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self.to)
            while True:
                ready, _, _ = select.select([client, server], [], [])
                side = client if client in ready else server
                data = side.recv(1 << 20)
                if not data:
                    return
                if side is client and self.strikes(data):
                    if self.moment == "after" and data == self.broken:
                        server.sendall(data)
                        server.settimeout(0.5)  # what is half of something has no answer
                        server.recv(1 << 20)  # it is carried out
                    return
                (server if side is client else client).sendall(data)


@contextmanager
def way_to(server: Server, folder: Path) -> Iterator[tuple[Way, str]]:
    """A way, and the URL of the common database by it."""
    folder.mkdir(exist_ok=True)
    name = f".s.PGSQL.{PORT}"
    way = Way(str(server.socket / name))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / name))
        listener.listen()
        threading.Thread(target=_opened, args=(listener, way), daemon=True).start()
        yield way, server.common.replace(str(server.socket), str(folder))
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def _opened(listener: socket.socket, way: Way) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=way.carry, args=(client,), daemon=True).start()
