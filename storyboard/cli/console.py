"""How words reach the terminal: results on stdout, everything else on stderr, control characters made visible."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from typing import TextIO

KEPT = {"\n", "\t"}
JOINERS = {"\u200d", "\u200c"}  # emoji and some scripts need them
HIDDEN = {"Cc", "Cf", "Cn", "Cs", "Co", "Zl", "Zp"}
CARET = re.compile("[\x00-\x1f\x7f]")


def visible(text: str) -> str:
    """Text from outside, safe on a terminal: control and direction-changing characters in caret or \\u form."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character in KEPT:
        return character
    if CARET.match(character):
        return "^" + chr(ord(character) ^ 0x40)
    if unicodedata.category(character) in HIDDEN and character not in JOINERS:
        return character.encode("ascii", "backslashreplace").decode()
    return character


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
    """A line about the work, on stderr."""
    _write(sys.stderr, visible(text))


def _write(stream: TextIO | None, line: str) -> None:
    if stream is None:  # closed by whoever started us
        return
    encoding = stream.encoding or "utf-8"
    stream.write(line.encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def interactive() -> bool:
    """Can a question be asked and answered?"""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
