"""A sheet as text that fits 80 columns."""

from __future__ import annotations

import textwrap

from storyboard.report.sheet.sheet import Sheet, Table, sides
from storyboard.report.table import WIDTH, table


def as_text(sheet: Sheet) -> str:
    blocks: list[str] = []
    for block in sheet.told:
        if isinstance(block, Table):
            blocks += ["", _table(block.narrowed()), ""]
        else:
            blocks += textwrap.wrap(block, WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(_single_gaps(blocks))


def _single_gaps(lines: list[str]) -> list[str]:
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    while kept and not kept[-1]:
        kept.pop()
    return kept[1:] if kept and not kept[0] else kept


def _table(block: Table) -> str:
    rows = [[column.title for column in block.columns], *(cells for _, cells in block.shown())]
    lines = table(rows, sides(block.columns), flexible=block.flexible)
    rule = "-" * max(len(line) for line in lines)
    body, end = (lines[1:-1], [rule, lines[-1]]) if block.total is not None else (lines[1:], [])
    return "\n".join([*([block.title] if block.title else []), lines[0], rule, *body, *end])
