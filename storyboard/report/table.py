"""Tables and paragraphs in plain text that fit 80 columns, or as many as there are from 40 on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

WIDTH = 80
PROSE = 100  # columns, beyond which lines are hard to read
BLANKS = re.compile(r"[ \t\n\r\f\v]+")  # a hard blank is none
JOINER = "\u200d"  # makes one sign of two emoji
NOT_FIRST = frozenset("。，、；：？！）】》」』〉…")  # of a line
NOT_LAST = frozenset("（【《「『〈")
FLOORS = (24, 12, 8)  # columns that words are shortened to, one after the other, as far as it takes
TIGHT = (5, 3)  # where nothing else helps: in a narrow terminal
LEAST = 8  # columns in which words can be read
JOINED = range(0x1160, 0x1200)  # vowels and ends of Korean syllables
WIDE_SINCE = (  # signs that terminals have drawn in two columns since Unicode 16, which this Python need not know
    *(range(0x2630, 0x2638), range(0x268A, 0x2690), range(0x4DC0, 0x4E00), range(0x1D300, 0x1D377)),
)


def columns(text: str) -> int:
    """How many columns a terminal gives to a text: two for what is wide, none for marks that join it."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    code = ord(character)
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    if code in JOINED:
        return 0
    wide = unicodedata.east_asian_width(character) in "WF" or any(code in signs for signs in WIDE_SINCE)
    return 2 if wide else 1


def shortened(text: str, width: int) -> str:
    if columns(text) <= width:
        return text
    while text and columns(text) > width - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def wrapped(text: str, width: int = WIDTH, first: str = "", others: str = "") -> list[str]:
    """Lines of at most so many columns, broken at blanks and between wide characters; a word that is longer than a line
    is broken wherever it must be. `first` stands before the first line, `others` before the rest."""
    lines, line, room = [], "", width - columns(first)
    for spaced, unit in _units(text):
        joined = f"{line} {unit}" if spaced and line else line + unit
        if columns(joined) <= room:
            line = joined
            continue
        if line:
            lines.append(line)
            room = width - columns(others)
        *whole, line = _cut(unit, room, width - columns(others))
        lines += whole
        room = width - columns(others) if lines else room
    if line:
        lines.append(line)
    return [f"{others if number else first}{line}" for number, line in enumerate(lines)]


def _units(text: str) -> Iterator[tuple[bool, str]]:
    """What is not to be broken, and whether a blank stands before it."""
    for word in filter(None, BLANKS.split(text)):
        if word.isascii():
            yield True, word
            continue
        start = 0
        for at in range(1, len(word)):
            if _may_part(word[at - 1], word[at]):
                yield start == 0, word[start:at]
                start = at
        yield start == 0, word[start:]


def _may_part(before: str, after: str) -> bool:
    wide = max(_columns(before), _columns(after)) > 1
    return wide and _is_apart(before, after) and after not in NOT_FIRST and before not in NOT_LAST


def _is_apart(before: str, after: str) -> bool:
    """Whether the two are no parts of one sign."""
    return before != JOINER and _columns(after) > 0


def _cut(unit: str, room: int, more: int) -> list[str]:
    """In parts of so many columns, and `more` of those that follow; one sign a part at least."""
    parts, part = [], ""
    for character in unit:
        if part and columns(part + character) > room and _is_apart(part[-1], character):
            parts.append(part)
            part, room = "", more
        part += character
    return [*parts, part]


def table(
    rows: Sequence[Sequence[str]],
    align: str,
    flexible: int | None = None,
    width: int = WIDTH,
    *,
    wrap: bool = False,
    whole: Collection[int] = (),
    head: bool = False,
) -> list[str]:
    """Lines of a table. `align` has an `l` or `r` a column. To keep the width, words are shortened, or wrapped:
    those of the `flexible` column first, of the columns `whole` last; then, in a table with a `head`, the titles of
    numbers; numbers never."""
    if not rows:
        return []
    align = align[: len(rows[0])]
    widths = [max(columns(row[i]) for row in rows) for i in range(len(rows[0]))]
    if flexible is not None:
        widths[flexible] = max(LEAST, widths[flexible])
    _narrow(widths, align, flexible, width, whole)
    gap = 2 if _all(widths, 2) <= width else 1
    if head:
        _shorten_titles(widths, rows[1:], align, width)
    _narrow(widths, align, flexible, width, whole, TIGHT, gap)
    if wrap:
        rows = [line for row in rows for line in _lines(row, widths, align)]
    return [
        (" " * gap).join(_cell(cell, widths[i], align[i]) for i, cell in enumerate(row)).rstrip()
        for row in rows
    ]


def _all(widths: Sequence[int], gap: int) -> int:
    return sum(widths) + gap * (len(widths) - 1)


def _shorten_titles(widths: list[int], body: Sequence[Sequence[str]], align: str, width: int) -> None:
    """As far as it takes, with a gap of one column."""
    for i in (i for i, side in enumerate(align) if side == "r"):
        needed = max((columns(row[i]) for row in body), default=0)
        widths[i] -= max(0, min(_all(widths, 1) - width, widths[i] - max(needed, TIGHT[-1])))


def _narrow(
    widths: list[int],
    align: str,
    flexible: int | None,
    width: int,
    whole: Collection[int],
    floors: Sequence[int] = FLOORS,
    gap: int = 2,
) -> None:
    """Takes from columns of words what is over."""
    words = sorted(
        (i for i, side in enumerate(align) if side == "l"), key=lambda i: (i != flexible, -widths[i])
    )
    for some in ([i for i in words if i not in whole], [i for i in words if i in whole]):
        for floor in floors:
            for i in some:
                over = _all(widths, gap) - width
                widths[i] -= max(0, min(over, widths[i] - floor))


def _lines(row: Sequence[str], widths: Sequence[int], align: str) -> list[list[str]]:
    """A row as lines, its words wrapped."""
    cells = [(wrapped(cell, widths[i]) if align[i] == "l" else [cell]) or [""] for i, cell in enumerate(row)]
    most = max(map(len, cells))
    return [[cell[at] if at < len(cell) else "" for cell in cells] for at in range(most)]


def _cell(text: str, width: int, side: str) -> str:
    text = shortened(text, width)
    space = " " * (width - columns(text))
    return text + space if side == "l" else space + text
