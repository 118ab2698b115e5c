"""One entry under a storyboard's `voices`, added in the text itself: every other byte stays as its author left it.

What comes out is composed again and must say the same but for that entry, or nothing is changed (see edit.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from storyboard.catalog.endpoints import REHEARSED
from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.decode import UTF_8_MARK, decode
from storyboard.read.edit import REST, Edit, UneditableError, said
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import BREAK, Source

AHEAD = ("elements", "defaults", "scenes", "cut")  # what a storyboard has below its voices
INDENT = "  "
BEHIND = re.compile(r"[ \t]*,?(?:[ \t]*|[ \t]+#.*)")  # what may stand behind the last of a line


def with_voice(data: bytes, name: str, identity: str) -> bytes:
    """The bytes of a storyboard with a voice of that name; the same bytes when it says so already. A rehearsal's voice
    makes room for any other. Raises UneditableError, also where the name is taken."""
    source = decode("", data, Report())
    root = compose(source, Report()) if source is not None else None
    if source is None or not isinstance(root, Mapping):
        raise UneditableError("it can't be read as YAML", 1)
    voices = root.get("voices")
    known = voices.get(name) if isinstance(voices, Mapping) else None
    if isinstance(known, Scalar) and known.value == identity:
        return data
    if known is not None and not (isinstance(known, Scalar) and known.value.startswith(REHEARSED)):
        raise UneditableError(f"the name {name} is taken", source.position(known.start)[0])
    if known is not None:
        edit = Edit(known.start, known.stop, f'"{identity}"')
    else:
        edit = _edit(root, voices, name, f'{name}: "{identity}"')
    text = source.text[: edit.start] + edit.text + source.text[edit.stop :]
    if not _says_that_and_no_more(root, text, name, identity):
        line = source.position((voices or root).start)[0]
        raise UneditableError("anchors, or the way it is laid out, make the outcome uncertain", line)
    mark = UTF_8_MARK if data.startswith(UTF_8_MARK) else b""
    return mark + text.encode("utf-8")


def _edit(root: Mapping, voices: Node | None, name: str, entry: str) -> Edit:
    source, key = root.source, root.key("voices")
    if voices is None or key is None:
        return _whole_block(root, entry)
    if isinstance(voices, Scalar) and voices.is_null:
        return _in_place_of_nothing(root, key, voices, entry)
    if not isinstance(voices, Mapping):
        raise UneditableError("`voices` is no mapping of names to ids", source.position(key.start)[0])
    if source.text[voices.start] == "{":
        return _in_braces(voices, f'"{name}"' + entry[len(name) :] if _quoted(voices) else entry)
    last, value = voices.entries[-1]
    _, column = source.position(last.start)
    return _below(source, last, value.stop, " " * (column - 1) + entry)


def _in_place_of_nothing(root: Mapping, key: Scalar, nothing: Scalar, entry: str) -> Edit:
    source = root.source
    if nothing.start == nothing.stop or source.text[root.start] == "{":
        return _below(source, key, key.stop, INDENT + entry)
    line, _ = source.position(nothing.stop)
    rest = source.text[nothing.stop : source.starts[line - 1] + len(source.line(line))]
    start = len(source.text[: nothing.start].rstrip(" "))
    return Edit(start, nothing.stop + len(rest), f"{rest}{_break(source, nothing.stop)}{INDENT}{entry}")


def _in_braces(voices: Mapping, entry: str) -> Edit:
    """Behind the last one; on a line of its own where that one's line ends, with a remark or without."""
    source = voices.source
    if not voices.entries:
        return Edit(voices.start + 1, voices.start + 1, entry)
    key, value = voices.entries[-1]
    number, _ = source.position(value.stop)
    line, begin = source.line(number), source.starts[number - 1]
    rest = source.text[value.stop : begin + len(line)]
    if BEHIND.fullmatch(rest) is None:
        return Edit(value.stop, value.stop, f", {entry}")
    indent = line[: len(line) - len(line.lstrip())]
    inner = indent if begin + len(indent) == key.start else indent + INDENT
    after = "," if rest.lstrip().startswith(",") else ""
    text = f"{'' if after else ','}{rest}{_break(source, value.stop)}{inner}{entry}{after}"
    return Edit(value.stop, value.stop + len(rest), text)


def _quoted(voices: Mapping) -> bool:
    return any(key.style == '"' for key, _ in voices.entries)


def _below(source: Source, key: Scalar, stop: int, entry: str) -> Edit:
    """A line of its own below the one on which a value ends; a remark beside that stays there."""
    stop = max(key.stop, len(source.text[:stop].rstrip()))
    line, _ = source.position(stop)
    end = source.starts[line - 1] + len(source.line(line))
    if REST.fullmatch(source.text, stop + (source.text[stop : stop + 1] == ":"), end) is None:
        raise UneditableError("more stands on the line after which it would go", line)
    return Edit(end, end, _break(source, end) + entry)


def _whole_block(root: Mapping, entry: str) -> Edit:
    """`voices:` before what comes after them, above the remarks that belong to that."""
    source, key = root.source, _first(root, AHEAD)
    line, _ = source.position(key.start)
    if source.text[root.start] == "{":
        return Edit(key.start, key.start, f"voices: {{{entry}}}, ")
    before = source.text[source.starts[line - 1] : key.start]
    if before.strip(" "):
        raise UneditableError(f"`{key.value}` does not begin its line", line)
    while line > 1 and source.line(line - 1).startswith(before + "#"):
        line -= 1
    at = source.starts[line - 1]
    end = _break(source, at)
    apart = end if line > 1 and not source.line(line - 1).strip() else ""
    return Edit(at, at, f"{before}voices:{end}{before}{INDENT}{entry}{end}{apart}")


def _first(root: Mapping, names: Iterable[str]) -> Scalar:
    found = [key for name in names if (key := root.key(name)) is not None]
    if not found:
        raise UneditableError("it has no scenes", 1)
    return min(found, key=lambda key: key.start)


def _break(source: Source, index: int) -> str:
    """How the line ends that a character is in; the last one, as the lines before."""
    line, _ = source.position(index)
    found = BREAK.search(
        source.text, source.starts[max(0, line - 2 if line == len(source.starts) else line - 1)]
    )
    return found[0] if found else "\n"


def _says_that_and_no_more(root: Mapping, text: str, name: str, identity: str) -> bool:
    report = Report()
    after = compose(Source("", text), report)
    if report.errors or not isinstance(after, Mapping):
        return False
    voices = after.get("voices")
    found = voices.get(name) if isinstance(voices, Mapping) else None
    return (
        isinstance(found, Scalar)
        and found.value == identity
        and _said_without(after, name) == _said_without(root, name)
    )


def _said_without(root: Mapping, name: str) -> list[tuple[str, object]]:
    """All that a storyboard says but for a voice; to have none is the same as to say nothing of voices."""
    found: list[tuple[str, object]] = []
    for key, value in root.entries:
        if key.value != "voices" or isinstance(value, Sequence):
            found.append((key.value, said(value)))
        elif isinstance(value, Mapping) and value.without(name).entries:
            found.append((key.value, said(value.without(name))))
    return found
