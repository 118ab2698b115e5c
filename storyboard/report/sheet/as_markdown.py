"""A sheet as Markdown for a pull request: tables, and words in which nothing is markup, a mention or a link."""

from __future__ import annotations

import re

from storyboard.report.sheet.sheet import Row, Sheet, Table, for_people, sides
from storyboard.report.visible import visible

MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~@&!$^]")
LINKS = re.compile(r"(?i):(?=//)|(?<=www)\.")
ISSUES = re.compile(r"(?<=GH)-(?=\d)")


def as_markdown(sheet: Sheet) -> str:
    blocks = [_table(block) if isinstance(block, Table) else plain(block) for block in sheet.blocks]
    return "\n\n".join([f"### {plain(sheet.title)}", *blocks])


def _table(table: Table) -> str:
    places = table.places()
    head = "| " + " | ".join(plain(column.title) for column in table.columns) + " |"
    rule = "|" + "|".join(" --- " if side == "l" else " ---: " for side in sides(table.columns)) + "|"
    rows = [_row(table, row, places, strong=level == "total") for level, row in table.leveled()]
    title = [f"**{plain(table.title)}**", ""] if table.title else []
    return "\n".join([*title, head, rule, *rows])


def _row(table: Table, row: Row, places: int, *, strong: bool) -> str:
    shown = [
        plain(for_people(cell, column.kind, places, part=row.part))
        for cell, column in zip(row.cells, table.columns, strict=True)
    ]
    return "| " + " | ".join(f"**{cell}**" if strong and cell else cell for cell in shown) + " |"


def plain(text: str) -> str:
    """Words as words, on one line."""
    flat = " ".join(visible(text).split())
    for pattern in (MARKUP, LINKS, ISSUES):
        flat = pattern.sub(lambda match: f"&#{ord(match[0])};", flat)
    return flat
