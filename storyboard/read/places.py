"""From a character of a scalar's value back to where it was written: through quotes, escapes, folds and indentation."""

from __future__ import annotations

import re
from functools import lru_cache

from storyboard.diagnostics import Span
from storyboard.read.nodes import Scalar

ESCAPE = re.compile(r"\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)", re.DOTALL)
CONTINUATION = re.compile(r"\\(?:\r\n|[\n\r])[ \t]*")
BLOCK_HEADER = re.compile(r"[|>][-+0-9]*[^\n\r]*(?:\r\n|[\n\r])")


def authored(scalar: Scalar, start: int, stop: int) -> Span:
    """The span of value[start:stop] in the source. Values that Jinja made have no such place: use their pieces."""
    indexes = _indexes(scalar)
    if not indexes:
        return scalar.span
    first = indexes[min(start, len(indexes) - 1)]
    final = min(max(stop - 1, start), len(indexes) - 1)
    last = indexes[final]
    length = _written_length(scalar.source.text, last, scalar.value[final], scalar.style)
    return scalar.source.span(first, min(last + length, scalar.stop) if stop > start else first)


@lru_cache(maxsize=256)
def _indexes(scalar: Scalar) -> tuple[int, ...]:
    """The source index of each character of the value.

    A value and its written form hold the same visible characters in the same order; only white space differs, and in
    quotes the escapes. So the two are walked side by side and white space takes up the slack.
    """
    text, position, indexes = scalar.source.text, _content(scalar), []
    for character in scalar.value:
        if character.isspace():
            escape = ESCAPE.match(text, position) if scalar.style == '"' else None
            indexes.append(position)
            if escape and not CONTINUATION.match(text, position):
                position = escape.end()
            elif text[position : position + 1] == character:
                position += 1
            continue
        position = _skip_white_space(text, position, scalar)
        indexes.append(min(position, scalar.stop))
        position += _written_length(text, position, character, scalar.style)
    return tuple(indexes)


def _content(scalar: Scalar) -> int:
    """Where the content begins: after the quote, or after a block scalar's header line."""
    if scalar.style in {"'", '"'}:
        return scalar.start + 1
    if scalar.style in {"|", ">"}:
        header = BLOCK_HEADER.match(scalar.source.text, scalar.start)
        return header.end() if header else scalar.start
    return scalar.start


def _skip_white_space(text: str, position: int, scalar: Scalar) -> int:
    while position < scalar.stop:
        if text[position].isspace():
            position += 1
        elif scalar.style == '"' and (match := CONTINUATION.match(text, position)):
            position = match.end()
        else:
            break
    return position


def _written_length(text: str, position: int, character: str, style: str) -> int:
    if style == '"' and (escape := ESCAPE.match(text, position)):
        return escape.end() - position
    if style == "'" and character == "'":
        return 2
    return 1
