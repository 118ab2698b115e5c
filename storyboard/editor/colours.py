"""What a storyboard's text is made of, for editors that colour it: names, voices, Jinja, the short form of shots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from storyboard.diagnostics import Span
from storyboard.editor.mentions import mentions, tokens_of_jinja
from storyboard.editor.written import Written, entries, items
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence

Colour = Literal["element", "voice", "var", "scene", "shot", "seconds", "jinja", "number", "string"]
COLOURS: tuple[Colour, ...] = (
    "element",
    "voice",
    "var",
    "scene",
    "shot",
    "seconds",
    "jinja",
    "number",
    "string",
)
OF_JINJA: dict[str, Colour] = {
    "variable_begin": "jinja",
    "variable_end": "jinja",
    "block_begin": "jinja",
    "block_end": "jinja",
    "operator": "jinja",
    "name": "jinja",
    "integer": "number",
    "float": "number",
    "string": "string",
}


class Stroke(Struct, frozen=True):
    """A stretch of one line, or of several, in one colour."""

    colour: Colour
    span: Span
    declares: bool = False


def strokes(written: Written) -> tuple[Stroke, ...]:
    """In the order of the text; none touches another."""
    found: dict[tuple[int, int], Stroke] = {}
    for stroke in (*_names(written), *_seconds(written), *_jinja(written.root)):
        found.setdefault((stroke.span.line, stroke.span.column), stroke)
    ordered = sorted(found.values(), key=lambda stroke: stroke.span.key())
    return tuple(_apart(ordered))


def _apart(ordered: list[Stroke]) -> Iterator[Stroke]:
    line, column = 0, 0
    for stroke in ordered:
        span = stroke.span
        if (span.line, span.column) >= (line, column):
            yield stroke
            line, column = span.end_line, span.end_column


def _names(written: Written) -> Iterator[Stroke]:
    for mention in mentions(written).all:
        if mention.kind in COLOURS and not mention.made:
            yield Stroke(mention.kind, mention.span, mention.declares)


def _seconds(written: Written) -> Iterator[Stroke]:
    for scene in written.scenes:
        for each in (scene.node, *(shot.node for shot in scene.shots)):
            value = each.get("duration")
            if isinstance(value, Scalar) and not value.is_null:
                yield Stroke("seconds", value.span)


def _jinja(node: Node) -> Iterator[Stroke]:
    if isinstance(node, Scalar):
        for start, kind, token in tokens_of_jinja(node.value):
            if kind in OF_JINJA:
                yield Stroke(OF_JINJA[kind], node.place(start, start + len(token)))
    elif isinstance(node, (Mapping, Sequence)):
        for key, value in entries(node):
            yield from _jinja(key)
            yield from _jinja(value)
        for item in items(node) if isinstance(node, Sequence) else ():
            yield from _jinja(item)
