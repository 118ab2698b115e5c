"""An outline as text that fits 80 columns, as Markdown for a pull request, and as one HTML page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from storyboard.plan.words import Piece, bracketed
from storyboard.report.sheet.as_markdown import plain
from storyboard.report.sheet.as_page import STYLE, page, words
from storyboard.report.story.outline import Line, Outline
from storyboard.report.table import PROSE, WIDTH, wrapped

TAGS = {"-": "del", "+": "ins"}
COLOURS = """
del { background: #f8514926; } ins { background: #2ea04326; text-decoration: none; }
ul { padding-left: 1.2rem; } li { overflow-wrap: anywhere; }
"""


def as_text(outline: Outline, width: int = WIDTH) -> str:
    """`[-went-]{+came+}`; a line that came or went whole has its sign before it."""
    width = min(width, PROSE)
    lines = [*wrapped(outline.title, width), *([""] if outline.lines else [])]
    for line in outline.lines:
        lines += _text(line, width)
    lines.append("")
    for remark in outline.remarks:
        lines += wrapped(remark, width)
    return "\n".join(lines)


def _text(line: Line, width: int) -> list[str]:
    said = bracketed(line.pieces) if line.mark == "~" else " ".join(line.pieces[0].text.split())
    indent = "  " * line.depth
    return wrapped(said, width, first=f"{indent}{line.mark} ", others=f"{indent}    ")


def as_markdown(outline: Outline) -> str:
    """Nested lists, with the tags that GitHub knows for what went and came."""
    items = [f"{'  ' * line.depth}- {_tagged(line, plain)}" for line in outline.lines]
    return "\n\n".join(
        [
            f"### {plain(outline.title)}",
            *(["\n".join(items)] if items else []),
            *map(plain, outline.remarks),
        ]
    )


def as_page(outline: Outline) -> str:
    """Light and dark, fit to be printed; no script, nothing fetched."""
    remarks = [f"<p>{words(remark)}</p>" for remark in outline.remarks]
    return page(outline.title, [*_nested(outline.lines), *remarks], STYLE + COLOURS)


def _nested(lines: tuple[Line, ...]) -> Iterator[str]:
    depth = -1
    for line in lines:
        while depth < line.depth:
            depth += 1
            yield "<ul>"
        while depth > line.depth:
            depth -= 1
            yield "</li></ul>"
        yield f'<li dir="auto">{_tagged(line, words)}'
    yield from ["</li></ul>"] * (depth + 1)


def _tagged(line: Line, escaped: Callable[[str], str]) -> str:
    return "".join(_piece(piece, escaped) for piece in line.pieces).strip()


def _piece(piece: Piece, escaped: Callable[[str], str]) -> str:
    """The white space around what went or came stands outside of its tag: else it is no markup to Markdown."""
    bare, tag = piece.text.strip(), TAGS.get(piece.mark)
    said = escaped(bare)
    inner = f"<{tag}>{said}</{tag}>" if tag is not None and bare else said
    before, after = piece.text[:1].isspace(), piece.text[-1:].isspace() and bool(bare)
    return f"{' ' * before}{inner}{' ' * after}"
