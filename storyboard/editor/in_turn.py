"""What is told of a name that `for_each` binds: what it stands for, turn by turn."""

from __future__ import annotations

import re
from typing import Any

from storyboard.diagnostics import Span
from storyboard.editor.bound import LOOP, bound_at, values
from storyboard.editor.known import Known
from storyboard.editor.markdown import block
from storyboard.editor.mentions import Mention
from storyboard.read.bounds import Misuse, shown

EXPRESSION = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
TAG = re.compile(r"\{[{%](?:(?!\}\}|%\}).)*$", re.DOTALL)
MOST = 12  # turns that are told
LONGEST = 100  # characters of one


def in_turn(known: Known, index: int, mention: Mention | None) -> tuple[str, Span] | None:
    """The values of `port.light` under the pointer; None where nothing is bound by that name."""
    bound = bound_at(known.written, index)
    if not bound:
        return None
    line, column = known.source.position(index)
    text = known.source.line(line)
    declared = mention is not None and mention.kind == "var" and mention.declares
    for match in EXPRESSION.finditer(text):
        if not match.start() <= column - 1 <= match.end():
            continue
        name = match[0].partition(".")[0]
        if name in {LOOP, *(each.name for each in bound)} and (declared or TAG.search(text[: match.start()])):
            begin = known.source.starts[line - 1]
            place = known.source.span(begin + match.start(), begin + match.end())
            scope = known.compiled.storyboard.vars if known.compiled is not None else {}
            return _told(match[0], values(match[0], bound, scope, MOST + 1)), place
    return None


def all_turns(known: Known, index: int) -> str:
    """The items of the innermost `for_each` around a place."""
    bound = bound_at(known.written, index)
    if not bound:
        return ""
    scope = known.compiled.storyboard.vars if known.compiled is not None else {}
    found = values(bound[-1].name, bound, scope, MOST + 1)
    return _told(bound[-1].name, found)


def _told(expression: str, found: list[Any]) -> str:
    rows = [f"{number}: {_short(value)}" for number, value in enumerate(found[:MOST], 1)]
    more = ["…"] if len(found) > MOST else []
    told = f"\n\n{block(chr(10).join([*rows, *more]))}" if rows else ""
    return f"**{expression}** · in each turn of `for_each`{told}"


def _short(value: Any) -> str:
    if isinstance(value, dict):
        text = ", ".join(f"{key}: {_short(entry)}" for key, entry in value.items())
    elif isinstance(value, list):
        text = ", ".join(_short(entry) for entry in value)
    else:
        try:
            text = shown(value)
        except Misuse:
            text = "nothing"
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}…"
