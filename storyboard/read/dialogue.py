"""Dialogue lines: `speaker (how): words`, full-width forms too; a bare string is a beat."""

from __future__ import annotations

import re

from storyboard.read.model import Line, Placed
from storyboard.read.nodes import Mapping, Node, Scalar
from storyboard.read.render import Renderer, Scope

SPOKEN = re.compile(r"(?P<head>[^:：「“\"]{1,80}?)\s*(?:：|:\s)\s*(?P<words>.+)", re.DOTALL)
HEAD = re.compile(r"(?P<speaker>.+?)\s*(?:[(（](?P<manner>[^()（）]*)[)）])?\s*")


def dialogue(lines: tuple[Node, ...], renderer: Renderer, scope: Scope) -> tuple[Line, ...]:
    """The lines that hold words. An empty one is reported."""
    found = (_line(node, renderer, scope) for node in lines)
    return tuple(line for line in found if line is not None)


def _line(node: Node, renderer: Renderer, scope: Scope) -> Line | None:
    if isinstance(node, Mapping):
        key, value = node.entries[0]
        words = renderer.text(value, scope) if isinstance(value, Scalar) else None
        if words is None or not words.value.strip():
            renderer.report.add("SB124", key.span)
            return None
        head = HEAD.fullmatch(key.value.strip())
        return _spoken(words, key, head) if head else Line(words)
    text = renderer.text(node, scope) if isinstance(node, Scalar) else None
    if text is None or not text.value.strip():
        renderer.report.add("SB124", node.span)
        return None
    match = SPOKEN.fullmatch(text.value)
    head = HEAD.fullmatch(match["head"].strip()) if match else None
    if match is None or head is None:
        return Line(text)
    return _spoken(stretch(text, match.start("words"), match.end("words")), text, head)


def _spoken(words: Scalar, place: Scalar, head: re.Match[str]) -> Line:
    speaker = head["speaker"].strip()
    start = max(place.value.find(speaker), 0)
    return Line(
        words,
        Placed(speaker, stretch(place, start, start + len(speaker))),
        (head["manner"] or "").strip() or None,
    )


def stretch(text: Scalar, start: int, stop: int) -> Scalar:
    """A stretch of a rendered text as a text of its own, with its pieces."""
    from storyboard.read.pieces import cut

    return Scalar(
        text.source, text.start, text.stop, text.value[start:stop], text.style, cut(text.parts(), start, stop)
    )
