"""How words reach the terminal: results on stdout, everything else on stderr, control characters made visible."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TextIO

from msgspec import Struct

from storyboard.log import note
from storyboard.report.visible import visible
from storyboard.secret import without_key

PIPED, LEAST, WIDEST = 80, 20, 100  # columns
LEAST_OF_TABLES, WIDEST_OF_TABLES = 40, 120


class Manner(Struct):
    """How this run speaks. `aside` makes room on a terminal that is being drawn on."""

    quiet: bool = False
    aside: Callable[[], AbstractContextManager[None]] = nullcontext


MANNER = Manner()


@contextmanager
def making_room(aside: Callable[[], AbstractContextManager[None]]) -> Iterator[None]:
    """For as long as something is drawn: who prints meanwhile does so within `aside`."""
    before, MANNER.aside = MANNER.aside, aside
    try:
        yield
    finally:
        MANNER.aside = before


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
        room = _columns(sys.stderr) if on_terminal() else None
        _write(sys.stderr, folded(visible(text), room) if room else visible(text))
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
    return max(LEAST, min(WIDEST, _columns(sys.stdout)))


def table_width(stream: TextIO | None = None) -> int:
    """Columns for tables, on stdout or another stream; in a pipe the usual 80."""
    return max(LEAST_OF_TABLES, min(WIDEST_OF_TABLES, _columns(stream or sys.stdout)))


def _columns(stream: TextIO | None) -> int:
    if stream is None or not stream.isatty():
        return PIPED
    return os.get_terminal_size(stream.fileno()).columns or PIPED  # 0: not known


def folded(text: str, room: int) -> str:
    return "\n".join(_folded(line, room) for line in text.split("\n"))


def _folded(line: str, room: int) -> str:
    """Between its words where a terminal would break them; a word that is longer stays whole, to be copied. A line with
    gaps is of a table or a file, and stays as it is."""
    from storyboard.report.table import columns

    if columns(line) <= room or "  " in line.strip():
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    lines, rest = [], indent
    for word in line.split():
        joined = f"{rest} {word}" if rest.strip() else rest + word
        if columns(joined) > room and rest.strip():
            lines.append(rest)
            joined = indent + word
        rest = joined
    return "\n".join([*lines, rest])


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
