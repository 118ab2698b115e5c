"""A listening socket on this machine alone, for whatever is served here: the look-alike of fal, the preview."""

from __future__ import annotations

import os
import socket

from storyboard.errors import WorldError

LOOPBACK = "127.0.0.1"
BACKLOG = 128


def bind(port: int, what: str) -> socket.socket:
    """A listening socket on loopback; `what` listens, in messages. Raises WorldError when the port is taken."""
    # asyncio switches off Nagle's delay only on sockets that say they are TCP: without it each answer waits
    # 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere the option would let two processes share the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((LOOPBACK, port))
        listening.listen(BACKLOG)
    except OSError as failure:
        listening.close()
        raise WorldError(
            f"{what} can't listen on port {port} of this machine: {failure.strerror or failure}. "
            "Nothing was started. Choose another with --port, or leave it out for any free one."
        ) from failure
    return listening


def url_of(listening: socket.socket) -> str:
    return f"http://{LOOPBACK}:{listening.getsockname()[1]}"
