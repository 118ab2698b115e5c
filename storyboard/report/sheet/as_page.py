"""A sheet as one HTML page by itself: no script, nothing fetched, light and dark, fit to be printed and signed."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from storyboard.report.sheet.sheet import Block, Level, Listing, Sheet, Table, sides
from storyboard.report.visible import visible

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
div.table { overflow-x: auto; margin: 1rem 0; } li.d1 { margin-left: 1.5rem; list-style: none; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 0.3rem 0.6rem; text-align: left; vertical-align: top; overflow-wrap: break-word; }
th.r, td.r { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
thead th { border-bottom: 2px solid; } tbody tr { border-bottom: 1px solid #8884; }
tr.part { opacity: 0.75; border-bottom: 0; } tfoot td, tfoot th { border-top: 2px solid; font-weight: 600; }
@media print { body { max-width: none; margin: 0; } tr { break-inside: avoid; } thead { display: table-header-group; } }
"""


def as_page(sheet: Sheet) -> str:
    return page(sheet.title, map(_block, sheet.told))


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Listing):
        items = [f'<li class="d{depth}" dir="auto">{words(text)}</li>' for depth, text in block.lines]
        return "\n".join([f"<p>{words(block.head)}</p>", "<ul>", *items, "</ul>"])
    return f"<p>{words(block)}</p>"


def page(title: str, blocks: Iterable[str], style: str = STYLE) -> str:
    """A page of blocks that are HTML already."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{words(title)}</title>",
            f"<style>{style}</style>",
            f"<h1>{words(title)}</h1>",
            *blocks,
            "</html>",
        ]
    )


def _table(table: Table) -> str:
    classes = sides(table.columns)
    heads = "".join(
        f'<th scope="col" class="{side}">{words(column.title)}</th>'
        for column, side in zip(table.columns, classes, strict=True)
    )
    rows = [(level, _row(cells, classes, level)) for level, cells in table.shown()]
    foot = "".join(f"<tfoot>{row}</tfoot>" for level, row in rows if level == "total")
    lines = [
        *([f"<h2>{words(table.title)}</h2>"] if table.title else []),
        '<div class="table"><table>',
        f"<thead><tr>{heads}</tr></thead>",
        "<tbody>",
        *(row for level, row in rows if level != "total"),
        f"</tbody>{foot}</table></div>",
    ]
    return "\n".join(lines)


def _row(cells: list[str], classes: str, level: Level) -> str:
    filled = "".join(
        f'<td class="{side}" dir="auto">{words(cell)}</td>' for cell, side in zip(cells, classes, strict=True)
    )
    return f'<tr class="{level}">{filled}</tr>'


def words(text: str) -> str:
    """Words as words."""
    return escape(visible(text))
