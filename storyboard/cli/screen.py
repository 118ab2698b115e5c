"""The last lines of a terminal, drawn over and over, with room above them for what is said meanwhile.

    what was said, and stays                 printed above, scrolls away like any other line
    dawn   0:42  running                     the frame: the cursor waits at its end
    1 of 4 done; 2:31

The cursor is never hidden: nothing has to be put back when the process is killed or stopped. No line of a frame
reaches the last column, so that none is wrapped as it is drawn; lines that a terminal wraps anew when it is made
narrower are counted before they are drawn over.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import RLock
from typing import TextIO

from storyboard.cli.console import folded
from storyboard.report.table import columns
from storyboard.secret import without_key

NARROWEST, LOWEST = 20, 4
USUAL = (80, 24)
PLAIN = {
    "linux",
    "vt100",
    "vt220",
}  # terminals that cut lines off instead of wrapping them anew, as xterm does


def draws(stream: TextIO | None, environment: Mapping[str, str] = os.environ) -> bool:
    """Can lines be drawn over there?"""
    if stream is None or stream.closed or not stream.isatty():
        return False
    if sys.platform == "win32":
        return _windows_draws()
    return environment.get("TERM", "") not in {"", "dumb"}


def colours(environment: Mapping[str, str] = os.environ) -> bool:
    """May what is drawn have colours? (no-color.org: when the variable is there and not empty, none.)"""
    return not environment.get("NO_COLOR")


def size_of(stream: TextIO) -> tuple[int, int]:
    """Columns and lines of the terminal."""
    try:
        found = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return USUAL
    return max(found.columns or USUAL[0], NARROWEST), max(found.lines or USUAL[1], LOWEST)


class Screen:
    """Draws on one stream. Whatever becomes of the terminal, the work goes on: what can't be written is lost."""

    def __init__(
        self,
        stream: TextIO,
        environment: Mapping[str, str] = os.environ,
        size: Callable[[TextIO], tuple[int, int]] = size_of,
    ) -> None:
        self._stream, self._size = stream, size
        self._encoding = stream.encoding or "utf-8"
        self._lock = RLock()
        self._drawn: Sequence[str] = ()
        self._wraps = "XTERM_VERSION" not in environment and environment.get("TERM") not in PLAIN
        self._colours = colours(environment)

    @property
    def size(self) -> tuple[int, int]:
        return self._size(self._stream)

    def draw(self, lines: Sequence[tuple[str, str]]) -> None:
        """Lines of text and style in place of the ones before. None may be as wide as the terminal."""
        with self._lock:
            shown = [(_in_cells(text, self._encoding), style) for text, style in lines]
            self._write(self._back() + "\x1b[K\n".join(self._styled(*line) for line in shown) + "\x1b[J")
            self._drawn = [text for text, _ in shown]

    @contextmanager
    def above(self) -> Iterator[None]:
        """For whoever writes to a terminal meanwhile: the frame is gone, and is drawn again at the next turn."""
        with self._lock:
            self.clear()
            yield

    def clear(self) -> None:
        with self._lock:
            if self._drawn:
                self._write(self._back() + "\x1b[J")
                self._drawn = ()

    def leave(self) -> None:
        """The last frame stays, to be read."""
        with self._lock:
            if self._drawn:
                self._write("\n")
                self._drawn = ()

    def say(self, text: str, style: str = "") -> None:
        """A line that stays."""
        with self.above():
            self._write(self._styled(folded(text, self.size[0] - 1), style) + "\n")

    def _back(self) -> str:
        """To the first column of the first line of the frame, wherever that is by now."""
        width, _ = self.size
        rows = sum(max(1, -(-columns(text) // width)) if self._wraps else 1 for text in self._drawn)
        return f"\r\x1b[{rows - 1}A" if rows > 1 else "\r"

    def _styled(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if style and self._colours else text

    def _write(self, text: str) -> None:
        try:
            text = without_key(text)
            self._stream.write(text.encode(self._encoding, "backslashreplace").decode(self._encoding))
            self._stream.flush()
        except (OSError, ValueError):  # the terminal is gone
            return


def _in_cells(text: str, encoding: str) -> str:
    """What the encoding has no sign for is a question mark in as many columns, so that columns stay columns."""
    if text.isascii():
        return text
    return "".join(c if _has(encoding, c) else "?" * columns(c) for c in text)


def _has(encoding: str, character: str) -> bool:
    try:
        character.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _windows_draws() -> bool:
    """Whether the console follows escape sequences; older ones have to be asked to."""
    if sys.platform != "win32":
        return False
    import ctypes

    kernel = ctypes.windll.kernel32
    console, mode = kernel.GetStdHandle(-12), ctypes.c_ulong()
    if not kernel.GetConsoleMode(console, ctypes.byref(mode)):
        return "TERM" in os.environ  # a terminal of Unix's kind on Windows
    return bool(kernel.SetConsoleMode(console, mode.value | 4))  # ENABLE_VIRTUAL_TERMINAL_PROCESSING
