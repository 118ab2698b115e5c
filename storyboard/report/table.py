"""Tables in plain text that fit 80 columns."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence

WIDTH = 80


def columns(text: str) -> int:
    """How many columns a terminal gives to a text: two for what is wide, none for marks that join it."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def shortened(text: str, width: int) -> str:
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def table(
    rows: Sequence[Sequence[str]],
    align: str,
    flexible: int | None = None,
    width: int = WIDTH,
    *,
    wrap: bool = False,
) -> list[str]:
    """Lines of a table. `align` has an `l` or `r` a column; the `flexible` column is shortened, or wrapped, to keep
    the width."""
    if not rows:
        return []
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    if flexible is not None:
        over = sum(widths) + 2 * (len(widths) - 1) - width
        widths[flexible] = max(8, widths[flexible] - max(over, 0))
    if wrap and flexible is not None:
        rows = [line for row in rows for line in _wrapped(row, flexible, widths[flexible])]
    return [
        "  ".join(_cell(cell, widths[i], align[i]) for i, cell in enumerate(row)).rstrip() for row in rows
    ]


def _wrapped(row: Sequence[str], flexible: int, width: int) -> list[list[str]]:
    parts = textwrap.wrap(row[flexible], width) or [""]
    blank = [""] * len(row)
    lines = [list(row), *(list(blank) for _ in parts[1:])]
    for line, part in zip(lines, parts, strict=True):
        line[flexible] = part
    return lines


def _cell(text: str, width: int, side: str) -> str:
    text = shortened(text, width)
    space = " " * (width - columns(text))
    return text + space if side == "l" else space + text
