"""Texts after each other, as a list and as sentences: the filters `listed` and `paragraph` of prompt templates.

The texts are wrapped in marks (see storyboard/compile/template.py), which are not to be counted as letters.
"""

from __future__ import annotations

from collections.abc import Sequence

OPEN, MIDDLE, CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
ENDS = ".!?…。！？"
FULL_WIDTH_ENDS = "。！？"
CLOSED = CLOSE + " \n\"'”’」』)）"  # what may stand behind the full stop
CJK = (("\u2e80", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))


def listed(texts: Sequence[str]) -> str:
    """Items of a section after each other: a comma between them, or a space where one ends in a full stop."""
    joined = ""
    for text in texts:
        between = "" if not joined else " " if _ending(joined) in ENDS else ", "
        joined += between + text
    return joined


def paragraph(texts: Sequence[str]) -> str:
    """Texts as sentences of one paragraph; empty ones are left out."""
    found: list[str] = []
    for text in texts:
        if text:
            if found and _ending(found[-1]) not in FULL_WIDTH_ENDS:
                found.append(" ")
            found.append(_sentence(text))
    return "".join(found)


def _ending(text: str) -> str:
    """The last character that is seen."""
    return text.rstrip(CLOSE)[-1:]


def _sentence(text: str) -> str:
    last = text.rstrip(CLOSED)[-1:]
    if last in ENDS:
        return text
    if last.isascii():
        return text + "."
    return text + ("。" if any(first <= last <= end for first, end in CJK) else ".")
