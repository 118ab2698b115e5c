"""A sheet as text that fits 80 columns, or as many as there are."""

from __future__ import annotations

from storyboard.report.sheet.sheet import Listing, Sheet, Table, sides
from storyboard.report.table import LEAST, PROSE, WIDTH, columns, table, wrapped
from storyboard.report.visible import visible


def as_text(sheet: Sheet, width: int = WIDTH) -> str:
    prose = min(width, PROSE)
    blocks: list[str] = []
    for block in sheet.told:
        if isinstance(block, Table):
            blocks += ["", _table(block if _fits(block, width) else block.narrowed(), width), ""]
        elif isinstance(block, Listing):
            items = [line for item in block.lines for line in _item(item, prose)]
            blocks += [*wrapped(visible(block.head), prose), *items]
        else:
            blocks += wrapped(visible(block), prose)
    return "\n".join(_single_gaps(blocks))


def _single_gaps(lines: list[str]) -> list[str]:
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    while kept and not kept[-1]:
        kept.pop()
    return kept[1:] if kept and not kept[0] else kept


def _item(item: tuple[int, str], width: int) -> list[str]:
    depth, text = item
    indent = "  " * (depth + 1)
    return wrapped(visible(text), width, first=indent, others=f"{indent}  ")


def _fits(block: Table, width: int) -> bool:
    """Is there room for every column, beyond what 80 columns have room for?"""
    return width > WIDTH and _least(_cells(block), block, whole=True) <= width


def _table(block: Table, width: int) -> str:
    """The price of a unit gives way to what it makes where there is no room for both."""
    rows, priced = _cells(block), [column.kind == "price" for column in block.columns]
    if any(priced) and _least(rows, block) > width:
        block = block.with_columns([not price for price in priced])
        rows = _cells(block)
    whole = [number for number, column in enumerate(block.columns) if column.whole]
    lines = table(rows, sides(block.columns), block.flexible, width, whole=whole, head=True)
    rule = "-" * max(map(columns, lines))
    body, end = (lines[1:-1], [rule, lines[-1]]) if block.total is not None else (lines[1:], [])
    return "\n".join([*wrapped(visible(block.title), min(width, PROSE)), lines[0], rule, *body, *end])


def _cells(block: Table) -> list[list[str]]:
    return [[column.title for column in block.columns], *(cells for _, cells in block.shown())]


def _least(rows: list[list[str]], block: Table, *, whole: bool = False) -> int:
    """The columns that it takes at least, or with nothing shortened."""
    widths = [max(columns(row[number]) for row in rows) for number in range(len(rows[0]))]
    short = [column.kind == "words" and not column.whole and not whole for column in block.columns]
    floors = [min(width, LEAST) if is_short else width for width, is_short in zip(widths, short, strict=True)]
    return sum(floors) + 2 * (len(floors) - 1)
