"""A way from one network to another: run as a program, by machines that have a network of their own.

    python apart.py PORT SOCKET -- COMMAND…    in a new network: COMMAND finds at 127.0.0.1:PORT what SOCKET leads to
    python apart.py PORT SOCKET                in the old one: SOCKET leads to 127.0.0.1:PORT

The command keeps this process's id; the way dies with it, as a machine's network does when its power fails.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"
DIES_WITH_ITS_PARENT = 1  # of prctl
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.close()


def _passing_on(connect: Callable[[], Awaitable[Streams]]) -> Callable[..., Awaitable[None]]:
    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, away = await connect()
        except OSError:
            writer.close()
            return
        await asyncio.gather(_copied(reader, away), _copied(there, writer))

    return passed_on


async def served(port: int, path: str, *, inside: bool) -> None:
    """Passes on until the process ends; says so on stdout once it does."""
    if inside:
        server = await asyncio.start_server(
            _passing_on(lambda: asyncio.open_unix_connection(path)), LOOPBACK, port
        )
    else:
        server = await asyncio.start_unix_server(
            _passing_on(lambda: asyncio.open_connection(LOOPBACK, port)), path
        )
    print("ready", flush=True)  # noqa: T201 - whoever started it waits for that
    await server.serve_forever()


def _alone(port: int, path: str, command: list[str]) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    told, tell = os.pipe()
    if os.fork() == 0:
        ctypes.CDLL(None).prctl(DIES_WITH_ITS_PARENT, signal.SIGKILL)
        os.dup2(tell, sys.stdout.fileno())
        os.close(told)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
        asyncio.run(served(port, path, inside=True))
    os.close(tell)
    os.read(told, 1)
    os.close(told)
    os.execvp(command[0], command)  # noqa: S606 - a test's own command


if __name__ == "__main__":
    if "--" in sys.argv:
        _alone(int(sys.argv[1]), sys.argv[2], sys.argv[4:])
    else:
        asyncio.run(served(int(sys.argv[1]), sys.argv[2], inside=False))
