"""A terminal of any size, drawn by pyte: what a person would see of a command, while it runs and when it has ended."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import pyte

PATIENCE = 60.0  # seconds
# pyte cuts lines off when it is made narrower, as xterm does.
XTERM = {"TERM": "xterm", "XTERM_VERSION": "XTerm(380)", "PYTHONIOENCODING": "utf-8"}


class Emulator:
    """What an xterm of this size shows of the bytes that it is sent; `raw` are those bytes."""

    def __init__(self, columns: int = 80, lines: int = 24) -> None:
        self.screen = pyte.HistoryScreen(columns, lines, history=10_000, ratio=0.5)
        self._stream = pyte.ByteStream(self.screen)
        self.raw = b""

    # As a stream of Python's, for what writes in this process:
    encoding = "utf-8"

    def write(self, text: str) -> None:
        self.feed(text.replace("\n", "\r\n").encode())

    def flush(self) -> None:
        pass

    def size(self, _: object = None) -> tuple[int, int]:
        return self.screen.columns, self.screen.lines

    def feed(self, data: bytes) -> None:
        self.raw += data
        self._stream.feed(data)

    @property
    def shown(self) -> list[str]:
        """The lines on the screen, without the blank ones below."""
        lines = [line.rstrip() for line in self.screen.display]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    @property
    def all(self) -> list[str]:
        """The same, after what has scrolled away."""
        gone = [
            "".join(row[x].data for x in range(self.screen.columns)).rstrip()
            for row in self.screen.history.top
        ]
        return [*gone, *self.shown]


class Terminal(Emulator):
    """A real pseudo terminal with a process in it. `streams` are those that go to it; the others are pipes."""

    def __init__(
        self,
        command: Sequence[object],
        columns: int = 80,
        lines: int = 24,
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        streams: Sequence[str] = ("stdin", "stdout", "stderr"),
    ) -> None:
        super().__init__(columns, lines)
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        os.set_blocking(self._ours, False)
        ends: dict[str, Any] = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "storyboard", *map(str, command)],
            cwd=cwd,
            env={
                **os.environ,
                "TERM": "xterm",
                "XTERM_VERSION": "XTerm(380)",
                "PYTHONIOENCODING": "utf-8",
                **(env or {}),
            },
            start_new_session=True,
            **{name: theirs if name in streams else end for name, end in ends.items()},
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What a failed test leaves is killed."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate(timeout=5)
            os.close(self._ours)

    def read(self) -> bool:
        """What there is to read by now; False when the other end is closed."""
        try:
            self.feed(os.read(self._ours, 65_536))
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return False
        return True

    def until(self, seen: Callable[[Emulator], object]) -> None:
        """Reads until it is seen; fails when the process ends before, or after a minute."""
        deadline = time.monotonic() + PATIENCE
        while not seen(self):
            assert self.read(), "\n".join(self.all)
            assert time.monotonic() < deadline, "\n".join(self.all)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.screen.resize(lines, columns)

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str, str]:
        """Waits for its end: exit code, and what went into pipes."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read()
        while self.read() and not _quiet(self._ours):
            pass
        out, err = self.process.communicate(timeout=5)
        os.close(self._ours)
        return self.process.returncode, (out or b"").decode(), (err or b"").decode()


def _quiet(end: int) -> bool:
    import select

    return not select.select([end], [], [], 0.05)[0]
