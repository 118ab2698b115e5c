"""Text from outside, made safe to look at."""

from __future__ import annotations

import re
import unicodedata

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
