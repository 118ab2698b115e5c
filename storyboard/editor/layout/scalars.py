"""One scalar as its lines. Quotes are the author's: to every other reader of YAML they say that this is text."""

from __future__ import annotations

import json
import re

from storyboard.editor.layout.prose import WIDTH, foldable, folded, has_fold, literal
from storyboard.editor.layout.written import Alias, Text, Written
from storyboard.read.data import plain_value
from storyboard.read.source import BREAK
from storyboard.report.table import columns

# What a double-quoted text may hold as it is; the rest is escaped.
BARE = re.compile(r"[^\n\r\t\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff]")


def on_one_line(part: Written | None) -> str | None:
    """A scalar or an alias as it stands within a line. None for a text that needs several."""
    if isinstance(part, Alias):
        return f"*{part.name}"
    if not isinstance(part, Text) or part.style in {"|", ">"}:
        return None
    if BREAK.search(part.raw) is None:
        return _anchored(part, part.raw)
    return _anchored(part, part.value) if not part.style and "\n" not in part.value else None


def quoted(part: Written | None) -> str:
    """The same, whatever it holds: in double quotes when there is no other way."""
    one = on_one_line(part)
    if one is not None or not isinstance(part, Text):
        return one or ""
    return _anchored(part, '"' + "".join(map(_escaped, part.value)) + '"')


def lines_of(part: Text, head: str, indent: int, *, prose: bool) -> list[str]:
    """A scalar behind `head`: what goes on its line, and the lines below, `indent` columns deep. `prose` is a text that
    is written as a block even when it is short."""
    if part.style == "|":
        block = literal(part.value, indent)
    elif part.style == ">":
        block = folded(part.value, indent) or literal(part.value, indent)
    else:
        block = _as_prose(part, head, indent, prose=prose)
    if block is not None:
        return [_anchored(part, block[0]), *block[1:]]
    if part.style == '"' and "\\" in part.raw and BREAK.search(part.raw):
        first, *others = BREAK.split(part.raw)
        lead = " " * indent
        return [_anchored(part, first), *((lead + line.lstrip(" \t")).rstrip(" ") for line in others)]
    return [quoted(part)]


def _as_prose(part: Text, head: str, indent: int, *, prose: bool) -> list[str] | None:
    """A plain or quoted text that becomes a block, because it does not fit its line or is prose by its place."""
    if not part.value or ("\\" in part.raw and part.style == '"') or not foldable(part.value):
        return None
    if not part.style and plain_value(part.value) != part.value:
        return None
    one = on_one_line(part)
    fits = one is not None and columns(f"{head} {one}") <= WIDTH
    if prose or not (fits or not has_fold(part.value)):
        return folded(part.value, indent)
    return None


def _anchored(part: Text, text: str) -> str:
    return f"&{part.anchor} {text}".rstrip(" ") if part.anchor else text


def _escaped(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    if BARE.fullmatch(character):
        return character
    return json.dumps(character)[1:-1]
