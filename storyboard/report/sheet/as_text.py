"""A sheet as text that fits 80 columns."""

from __future__ import annotations

from storyboard.report.sheet.sheet import Listing, Sheet, Table, sides
from storyboard.report.table import FLOORS, WIDTH, columns, table, wrapped
from storyboard.report.visible import visible


def as_text(sheet: Sheet) -> str:
    blocks: list[str] = []
    for block in sheet.told:
        if isinstance(block, Table):
            blocks += ["", _table(block.narrowed()), ""]
        elif isinstance(block, Listing):
            blocks += [*wrapped(visible(block.head)), *(line for item in block.lines for line in _item(item))]
        else:
            blocks += wrapped(visible(block))
    return "\n".join(_single_gaps(blocks))


def _single_gaps(lines: list[str]) -> list[str]:
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    while kept and not kept[-1]:
        kept.pop()
    return kept[1:] if kept and not kept[0] else kept


def _item(item: tuple[int, str]) -> list[str]:
    depth, text = item
    indent = "  " * (depth + 1)
    return wrapped(visible(text), first=indent, others=f"{indent}  ")


def _table(block: Table) -> str:
    """The price of a unit gives way to what it makes where there is no room for both."""
    rows, priced = _cells(block), [column.kind == "price" for column in block.columns]
    if any(priced) and _least(rows, block) > WIDTH:
        block = block.with_columns([not price for price in priced])
        rows = _cells(block)
    whole = [number for number, column in enumerate(block.columns) if column.whole]
    lines = table(rows, sides(block.columns), flexible=block.flexible, whole=whole)
    rule = "-" * max(map(columns, lines))
    body, end = (lines[1:-1], [rule, lines[-1]]) if block.total is not None else (lines[1:], [])
    return "\n".join([*wrapped(visible(block.title)), lines[0], rule, *body, *end])


def _cells(block: Table) -> list[list[str]]:
    return [[column.title for column in block.columns], *(cells for _, cells in block.shown())]


def _least(rows: list[list[str]], block: Table) -> int:
    """The columns that it takes at least."""
    widths = [max(columns(row[number]) for row in rows) for number in range(len(rows[0]))]
    short = [column.kind == "words" and not column.whole for column in block.columns]
    floors = [
        min(width, FLOORS[-1]) if is_short else width for width, is_short in zip(widths, short, strict=True)
    ]
    return sum(floors) + 2 * (len(floors) - 1)
