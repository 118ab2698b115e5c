"""A blank that is missing behind a `-` or a `:`: YAML goes on as if all were one word, and stumbles lines later."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.diagnostics import Edit, Fix
from storyboard.read.cures import PROSE_KEYS, SHORTHAND
from storyboard.read.source import Source
from storyboard.read.trap import Trap

TYPED_KEYS = frozenset(
    {"id", "duration", "endpoint", "start_image", "end_image", "source_video", "generate_audio", "storyboard"}
)
OWN_KEYS = frozenset({*TYPED_KEYS, *PROSE_KEYS, "shots", "scenes", "elements", "defaults"})
TIGHT_DASH = re.compile(r"(?P<lead>\s*(?:-\s+)*-)(?P<key>[a-z_]+|(?:[\w-]+ )?\d+s):(?:\s|$)")
TIGHT_COLON = re.compile(r"(?P<lead>\s*(?:-\s+)*(?P<key>[a-z_]+):)[^\s:]")
MOST_UP = 200  # lines above that are looked at
HARD_SPACE = re.compile("(?<=[A-Za-z_]):[\u00a0\u2007\u202f\u3000]")


def gap(source: Source, line: int) -> Trap | None:
    """A blank that is missing in a line, in one beside it above, or in the one that they stand under."""
    return next((found for number in _up(source, line) if (found := _in_line(source, number))), None)


def _up(source: Source, line: int) -> Iterator[int]:
    """A line, those above it that are indented alike, and the first that is indented less."""
    depth = _depth(source.line(line))
    yield line
    for number in range(line - 1, max(line - MOST_UP, 0), -1):
        text = source.line(number)
        if text.strip() and _depth(text) <= depth:
            yield number
            if _depth(text) < depth:
                return


def _in_line(source: Source, line: int) -> Trap | None:
    for pattern, sign in ((TIGHT_DASH, "-"), (TIGHT_COLON, ":")):
        match = pattern.match(source.line(line))
        if match is not None and (match["key"] in OWN_KEYS or SHORTHAND.fullmatch(match["key"])):
            behind = source.starts[line - 1] + match.end("lead")
            fix = Fix(f"write a blank behind the `{sign}`", (Edit(source.span(behind, behind), " "),))
            place = source.span(behind - 1, behind)
            return Trap(place, f"a blank is missing after `{sign}`", fix.title, fix)
    return None


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def hard_space(source: Source, index: int) -> Trap | None:
    """A no-break space behind a colon looks like a space and is none."""
    found = [match.start() for match in HARD_SPACE.finditer(source.text, 0, index + 1)]
    if not found:
        return None
    place = source.span(found[-1] + 1, found[-1] + 2)
    fix = Fix("write a plain space", (Edit(place, " "),))
    return Trap(place, "a no-break space stands behind the `:`", "type a plain space in its place", fix)


def no_colon(source: Source, error: Exception) -> Trap | None:
    """The parser looks for the `:` of a key and finds none before the line ends: the key's line is the place."""
    mark = getattr(error, "context_mark", None)
    if mark is None or "simple key" not in str(getattr(error, "context", "")):
        return None
    line, _ = source.position(mark.index)
    text = source.line(line)
    start = source.starts[line - 1] + len(text) - len(text.lstrip())
    place = source.span(start, source.starts[line - 1] + len(text.rstrip()))
    cure = "write `key: value`, with a space behind the colon; text that goes on from the line before is indented"
    return _in_line(source, line) or Trap(place, "a `:` with a space behind it is missing", cure)
