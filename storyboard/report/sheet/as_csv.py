"""A sheet's first table as CSV (RFC 4180): exact amounts, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io

from storyboard.report.sheet.sheet import Cell, Sheet, for_programs
from storyboard.report.visible import visible

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(sheet: Sheet) -> str:
    table = sheet.tables[0]
    level_names = dict(zip(("row", "part", "total"), table.levels, strict=True))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["row", *(column.key for column in table.columns)])
    for level, row in table.leveled():
        writer.writerow([level_names[level], *map(_cell, row.cells)])
    return text.getvalue()


def _cell(cell: Cell) -> str:
    """Words that begin like a formula are made words by an apostrophe; a number may be less than nothing."""
    if not isinstance(cell, str):
        return for_programs(cell)
    text = visible(cell)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text
