"""How words reach the terminal: results on stdout, everything else on stderr, control characters made visible."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TextIO

from msgspec import Struct

from storyboard.log import note
from storyboard.report.visible import visible
from storyboard.secret import without_key

PIPED, LEAST, WIDEST = 80, 20, 100  # columns


class Manner(Struct):
    """How this run speaks. `aside` makes room on a terminal that is being drawn on."""

    quiet: bool = False
    aside: Callable[[], AbstractContextManager[None]] = nullcontext


MANNER = Manner()


def out(text: str = "") -> None:
    """A line of the result, on stdout."""
    _write(sys.stdout, visible(text))


def out_document(text: str) -> None:
    """JSON, or what else a program reads, on stdout: exactly as it is, escaped only where the stream can't hold it."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        text = "".join(c if c.isascii() else json.dumps(c)[1:-1] for c in text)
    _write(sys.stdout, text)


def say(text: str = "") -> None:
    """A line about the work, on stderr; not for who asked for quiet."""
    note("said", text=text)
    if not MANNER.quiet:
        _tell(text)


def fail(text: str) -> None:
    """A line about what failed, or what a person is asked, on stderr, whoever is quiet."""
    note("said", text=text)
    _tell(text)


def _tell(text: str) -> None:
    """Whoever no longer reads along stops nothing: clips are paid for meanwhile."""
    try:
        _write(sys.stderr, visible(text))
    except OSError:
        sys.stderr = None


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:  # closed by whoever started us
        return
    line = without_key(line)  # the last net: nothing that is printed holds it
    encoding = stream.encoding or "utf-8"
    with MANNER.aside():
        stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
        stream.flush()


def on_terminal() -> bool:
    """Does a person read what is said?"""
    return sys.stderr is not None and sys.stderr.isatty()


def width() -> int:
    """Columns for prose on stdout: the terminal's own, as far as people like to read; in a pipe the usual 80."""
    if sys.stdout is None or not sys.stdout.isatty():
        return PIPED
    return max(LEAST, min(WIDEST, os.get_terminal_size(sys.stdout.fileno()).columns or PIPED))  # 0: not known


def interactive() -> bool:
    """Can a question be asked and answered?"""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def asked(question: str) -> bool:
    """Did the person say yes?"""
    sys.stderr.write(visible(question))
    sys.stderr.flush()
    yes = sys.stdin.readline().strip().lower() in {"y", "yes"}
    note("asked", question=question.strip(), answer="yes" if yes else "no")
    return yes
