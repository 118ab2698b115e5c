"""Cures that are certain, as edits of the text that a person wrote.

A misspelling is certain by this measure: one known name is nearer than all others, and at most one slip away (a letter
more, less or another, or two neighbours swapped), two slips for names of eight letters and more. Case, `-` and `_` do
not count as slips. Names of one or two letters are never certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from storyboard.diagnostics import Edit, Fix, Span
from storyboard.findings import Report
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import BREAK, Source
from storyboard.read.spelling import slips

SHORTEST = 3  # letters of a name that can be misspelt with certainty
LONGEST = 64
LONG = 8  # letters from which on two slips are still certain
MOST_NAMES = 100  # that are compared
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")  # what means the same with and without quotes
PROSE_KEYS = frozenset(
    """
    prompt scene subject_motion camera important_details elements audio constraints dialogue description title note
    negative_prompt verbatim text subtitle
    """.split()  # noqa: SIM905 - word lists read better as words
)
# A line that is no prose: it begins an entry, or ends in a remark.
OWN_KEY = re.compile(
    r"\s*(?:-\s+)*(?:id|duration|shots|endpoint|start_image|end_image|source_video|generate_audio|prompt|scene|subject_motion|camera|"
    r"important_details|elements|audio|constraints|dialogue|note|title|negative_prompt|cfg_scale|take):(?:\s|$)"
)
KEY_ALONE = re.compile(r"(?P<lead>\s*(?:-\s+)*)(?P<key>[^\s:#][^:#]*:)\s*")
REMARK = re.compile(r"(?:^|\s)#")
SHORTHAND = re.compile(r"(?:\S.*\s)?\d+(?:\.\d+)?\s*s")
# indentation and dashes, an optional key, the value
LINE = re.compile(
    r"^(?P<lead>\s*(?:-\s+)*)(?P<key>(?:[^\s:#'\"{}\[\]&*!|>%@`-][^:#]*?|\"[^\"]*\"|'[^']*'):\s+)?(?P<value>\S.*)$"
)


def meant(name: str, known: Iterable[str], most: int | None = None) -> str | None:
    """The known name that was certainly meant. `most`: how many slips are allowed; as above when not given."""
    names = list(known)
    asked = _folded(name)
    if not SHORTEST <= len(asked) <= LONGEST or len(names) > MOST_NAMES or name in names:
        return None
    allowed = most if most is not None else (2 if len(asked) >= LONG else 1)
    ranked = sorted((slips(asked, _folded(k), allowed + 1), k) for k in names if len(k) >= SHORTEST)
    if not ranked or ranked[0][0] > allowed:
        return None
    alone = len(ranked) == 1 or ranked[1][0] > ranked[0][0]
    return ranked[0][1] if alone else None


def _folded(name: str) -> str:
    return name.casefold().replace("-", "_").replace("_", "")


def instead(scalar: Node | None, text: str, title: str | None = None) -> Fix | None:
    """Another text in a scalar's place, in its quotes. None where it is no short text of its own."""
    if not isinstance(scalar, Scalar) or scalar.pieces is not None or scalar.style in {"|", ">"}:
        return None
    written = scalar.source.text[scalar.start : scalar.stop]
    quote = scalar.style if scalar.style in {"'", '"'} else ""
    if written != quote + scalar.value + quote or not written or (not quote and not PLAIN.fullmatch(text)):
        return None
    edit = Edit(scalar.span, quote + text + quote)
    return Fix(title or f"write `{text}`", (edit,))


def spelt(scalar: Node | None, known: Iterable[str], name: str | None = None) -> Fix | None:
    """The certain cure of a misspelt name that is all of a scalar."""
    if not isinstance(scalar, Scalar):
        return None
    found = meant(name if name is not None else scalar.value, known)
    return instead(scalar, found) if found is not None else None


def stretch(scalar: Scalar, start: int, stop: int, text: str, title: str | None = None) -> Fix | None:
    """Another text for value[start:stop] of a scalar. None where that does not stand there as it is."""
    span = scalar.place(start, stop)
    source = scalar.source
    first, last = index_of(source, span.line, span.column), index_of(source, span.end_line, span.end_column)
    if span.path != source.path or source.text[first:last] != scalar.value[start:stop]:
        return None
    return Fix(title or f"write `{text}`", (Edit(span, text),))


def without(value: Node) -> Fix | None:
    """The mapping that holds a value without that entry. None where it can't be taken out with certainty."""
    from storyboard.read.edit import UneditableError, removal  # only mistakes need it

    holder, key = _entries(value.source).get(value.start, (None, None))
    if holder is None or key is None or len(holder.entries) < 2:  # noqa: PLR2004 - it and another
        return None
    try:
        edit = removal(holder, key)
    except UneditableError:
        return None
    return Fix(f"remove `{key.value}`", (Edit(value.source.span(edit.start, edit.stop), edit.text),))


def beside(identity: Node, name: str, text: str, title: str) -> Fix | None:
    """A scene with one more field behind its id. None where it can't be put there with certainty."""
    from storyboard.read.edit import UneditableError, added  # only mistakes need it

    holder, _ = _entries(identity.source).get(identity.start, (None, None))
    if holder is None or holder.get(name) is not None:
        return None
    try:
        edit = added(holder, name, text)
    except UneditableError:
        return None
    return Fix(title, (Edit(identity.source.span(edit.start, edit.stop), edit.text),))


@lru_cache(maxsize=1)
def _entries(source: Source) -> dict[int, tuple[Mapping, Scalar]]:
    """The entries whose values are scalars: by where the value begins, its key and the mapping that it is in."""
    from storyboard.read.compose import compose

    found: dict[int, tuple[Mapping, Scalar]] = {}
    pending = [compose(source, Report())]
    while pending:
        node = pending.pop()
        if isinstance(node, Sequence):
            pending.extend(node.items)
        elif isinstance(node, Mapping):
            pending.extend(value for _, value in node.entries)
            found |= {value.start: (node, key) for key, value in node.entries if key.stop <= value.start}
    return found


def whole_line(source: Source, line: int, title: str) -> Fix:
    """A text without a line."""
    end = source.starts[line] if line < len(source.starts) else len(source.text)
    return Fix(title, (Edit(source.span(source.starts[line - 1], end), ""),))


def index_of(source: Source, line: int, column: int) -> int:
    return source.starts[line - 1] + column - 1


def as_block(source: Source, index: int, *, quote: str = "") -> Fix | None:
    """The prose that begins at this character, to the end of its lines, as a block with `>-`. None where it may not be
    prose, or may not be all of it. `quote`: one around it that is left out."""
    line, column = source.position(index)
    match = LINE.match(source.line(line))
    if match is None or match.start("value") != column - 1:
        return None
    if match["key"] is None and "-" not in match["lead"]:
        return _below_its_key(source, line, last=end_of_prose(source, line, len(match["lead"]) - 1))
    if not is_prose(match["key"]):
        return None
    depth = len(match["lead"])
    last = end_of_prose(source, line, depth)
    more = [source.line(number) for number in range(line + 1, last + 1)]
    if REMARK.search(match["value"]) or any(OWN_KEY.match(text) or REMARK.search(text) for text in more):
        return None
    lines = [match["value"].removeprefix(quote), *more]
    stop = source.starts[last - 1] + len(source.line(last))
    indent = " " * (depth + 2)
    lines[-1] = lines[-1].rstrip().removesuffix(quote) if quote else lines[-1]
    text = "\n".join([">-", *(indent + text.strip() for text in lines)])
    return Fix("write the text as a block", (Edit(source.span(index, stop), text),))


def end_of_prose(source: Source, line: int, depth: int) -> int:
    """The last line of a text that begins in a line, within an entry of this depth."""
    while line < len(source.starts) and _depth(source.line(line + 1)) > depth:
        line += 1
    return line


def _below_its_key(source: Source, first: int, last: int) -> Fix | None:
    """Prose that begins on the line below its key: the key's line says that it is a block."""
    match = KEY_ALONE.fullmatch(source.line(first - 1)) if first > 1 else None
    lines = [source.line(number) for number in range(first, last + 1)]
    if match is None or not is_prose(match["key"]) or len({_depth(text) for text in lines}) > 1:
        return None
    if _depth(lines[0]) <= len(match["lead"]) or any(OWN_KEY.match(x) or REMARK.search(x) for x in lines):
        return None
    at = source.starts[first - 2] + match.end("key")
    return Fix("write the text as a block", (Edit(source.span(at, at), " >-"),))


def is_prose(key: str | None) -> bool:
    if key is None:
        return True
    name = key.rstrip().removesuffix(":").strip("\"'")
    return name in PROSE_KEYS or SHORTHAND.fullmatch(name) is not None


def _depth(line: str) -> int:
    """Indentation; none for an empty line, which ends a text written in one piece."""
    return len(line) - len(line.lstrip()) if line.strip() else 0


def characters(source: Source, found: Iterable[re.Match[str]]) -> Fix | None:
    """A text without characters that can't be sent; one that ends a line becomes a blank."""
    edits = tuple(Edit(_one(source, match.start()), " " if BREAK.match(match[0]) else "") for match in found)
    return Fix("remove what can't be sent", edits) if edits else None


def _one(source: Source, index: int) -> Span:
    """A character's place. Where it ends a line itself, the place ends on the next."""
    return source.span(index, index + 1)
