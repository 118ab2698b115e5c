"""Jinja inside string values: an allow-list over the syntax tree, in the immutable sandbox, bounded and repeatable.

Nothing random, no attribute that is not plain data, no `*`, `**` or `%` on text, bounded loops, 64 KiB of output.
A problem knows the offset in the template's text at which it stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from storyboard.read.bounds import Misuse, shown
from storyboard.read.compiled import Compiled, JinjaProblem, Scope, undefined
from storyboard.read.environment import CONSTANTS

PLAIN = re.compile(r"\{\{\s*([^\W\d]\w*(?:\.[^\W\d]\w*)*)\s*\}\}")
OPENERS = re.compile(r"\{[{%#]")

Rendered = list[tuple[Any, int, int, bool]]


def render(text: str, scope: Scope) -> Rendered:
    """The text as pieces (value, start, stop, literal); a lone `{{ … }}` is one piece that keeps its type.

    Raises JinjaProblem. `start` and `stop` are offsets in `text`.
    """
    if OPENERS.search(PLAIN.sub("", text)) is None:
        return _render_names(text, scope)
    return [(Compiled.of(text).run(scope), 0, len(text), False)]


def _render_names(text: str, scope: Scope) -> Rendered:
    """Texts whose only Jinja is `{{ name }}` or `{{ name.entry }}`: most are, and each piece keeps its place."""
    pieces: Rendered = []
    position = 0
    alone = PLAIN.fullmatch(text)
    for match in PLAIN.finditer(text):
        if match.start() > position:
            pieces.append((text[position : match.start()], position, match.start(), True))
        value = _look_up(match, scope)
        try:
            pieces.append((value if alone else shown(value), match.start(), match.end(), False))
        except Misuse as problem:
            raise JinjaProblem("SB207", match.start(), match.end(), problem=problem.message) from None
        position = match.end()
    if position < len(text):
        pieces.append((text[position:], position, len(text), True))
    return pieces


def _look_up(match: re.Match[str], scope: Scope) -> Any:
    if match[1] in CONSTANTS:
        return CONSTANTS[match[1]]
    value: Any = scope
    position = match.start(1)
    for part in match[1].split("."):
        if not isinstance(value, Mapping) or part not in value:
            known = value if isinstance(value, Mapping) else ()
            raise undefined(part, known, position, position + len(part))
        value = value[part]
        position += len(part) + 1
    return value
