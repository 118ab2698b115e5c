"""Dialogue lines: `speaker (how): words`, full-width forms too; a bare string is a beat."""

from __future__ import annotations

import re

from storyboard.read.model import Line
from storyboard.read.nodes import Mapping, Node, Scalar
from storyboard.read.pieces import cut
from storyboard.read.render import Renderer, Scope

SPOKEN = re.compile(r"(?P<head>[^:：「“\"]{1,80})(?:：|:\s|:$)(?P<words>.*)", re.DOTALL)
OPENING, CLOSING = "(（", ")）"


def dialogue(lines: tuple[Node, ...], renderer: Renderer, scope: Scope) -> tuple[Line, ...]:
    """The lines that hold words. An empty one is reported."""
    found = (_line(node, renderer, scope) for node in lines)
    return tuple(line for line in found if line is not None)


def _line(node: Node, renderer: Renderer, scope: Scope) -> Line | None:
    if isinstance(node, Mapping):
        key, value = node.entries[0]
        head = renderer.text(key, scope)
        words = renderer.text(value, scope) if isinstance(value, Scalar) else None
    else:
        head, words = None, renderer.text(node, scope) if isinstance(node, Scalar) else None
        match = SPOKEN.fullmatch(words.value) if words is not None else None
        if words is not None and match is not None:
            head = stretch(words, match.start("head"), match.end("head"))
            words = stretch(words, match.start("words"), match.end("words"))
    if words is None or not words.value.strip():
        renderer.report.add("SB124", node.span)
        return None
    return Line(_trimmed(words)) if head is None else _spoken(_trimmed(words), head)


def _spoken(words: Scalar, head: Scalar) -> Line:
    """`speaker`, or `speaker (how)`."""
    text = head.value.rstrip()
    opening = max(text.rfind(mark) for mark in OPENING) if text.endswith(tuple(CLOSING)) else -1
    if opening < 1:
        return Line(words, _trimmed(head))
    manner = _trimmed(stretch(head, opening + 1, len(text) - 1))
    return Line(words, _trimmed(stretch(head, 0, opening)), manner if manner.value else None)


def _trimmed(text: Scalar) -> Scalar:
    value = text.value
    start, stop = len(value) - len(value.lstrip()), len(value.rstrip())
    return text if (start, stop) == (0, len(value)) else stretch(text, start, max(stop, start))


def stretch(text: Scalar, start: int, stop: int) -> Scalar:
    """A stretch of a rendered text as a text of its own, with its pieces."""
    pieces = cut(text.parts(), start, stop)
    return Scalar(text.source, text.start, text.stop, text.value[start:stop], text.style, pieces)
