"""A sheet as Markdown for a pull request: tables, and words in which nothing is markup, a mention or a link."""

from __future__ import annotations

import re

from storyboard.report.sheet.sheet import Block, Listing, Sheet, Table, sides
from storyboard.report.visible import visible

MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~@&!$^]")
OPENER = re.compile(r"^(?:(?:\d{1,9}[.)]|[-+])(?=\s|$)|-(?=-[- ]*$))")  # makes a list or a rule of a line
# GitHub looks for mentions, issues, addresses and emoji in what a text has become: an entity does not keep them from
# being found, only a comment within does.
APART = "<!-- -->"
NOTICED = re.compile(
    r"(?<=&#64;)|(?<=&#35;)"  # @name, name@host, #12
    r"|(?<=gh-)(?<![a-z0-9]gh-)(?=\d)"  # GH-12
    r"|(?<=:)(?=//|(?:[\w+-]|&#95;)+:)"  # https://, :tada:
    r"|(?<=www)(?=\.)",
    re.IGNORECASE,
)


def as_markdown(sheet: Sheet) -> str:
    return "\n\n".join([f"### {plain(sheet.title)}", *map(_block, sheet.told)])


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block.narrowed())
    if isinstance(block, Listing):
        items = [f"{'  ' * depth}- {plain(text)}" for depth, text in block.lines]
        return "\n".join([plain(block.head), "", *items])
    return plain(block)


def _table(table: Table) -> str:
    head = "| " + " | ".join(plain(column.title) for column in table.columns) + " |"
    rule = "|" + "|".join(" --- " if side == "l" else " ---: " for side in sides(table.columns)) + "|"
    rows = [_row(cells, strong=level == "total") for level, cells in table.shown()]
    title = [f"**{plain(table.title)}**", ""] if table.title else []
    return "\n".join([*title, head, rule, *rows])


def _row(cells: list[str], *, strong: bool) -> str:
    escaped = map(plain, cells)
    return "| " + " | ".join(f"**{cell}**" if strong and cell else cell for cell in escaped) + " |"


def plain(text: str) -> str:
    """Words as words, on one line."""
    flat = MARKUP.sub(_entity, " ".join(visible(text).split()))
    return NOTICED.sub(APART, OPENER.sub(_entity, flat))


def _entity(match: re.Match[str]) -> str:
    """Of the last sign."""
    return f"{match[0][:-1]}&#{ord(match[0][-1])};"
