"""YAML's traps, met with help: what the parser stumbled over, said in words, with the line rewritten so that it works.

Prose that begins with `@`, `{{`, a backtick or `%`, or that holds `: `, is not a plain scalar in YAML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from storyboard.diagnostics import Span
from storyboard.read.source import Source

# indentation and dashes, an optional key, the value
LINE = re.compile(
    r"^(?P<lead>\s*(?:-\s+)*)(?P<key>(?:[^\s:#'\"{}\[\]&*!|>%@`-][^:#]*?|\"[^\"]*\"|'[^']*'):\s+)?(?P<value>\S.*)$"
)
ENTRY = re.compile(r"^\s*(?:-\s+)*(?:[\w .-]+|\"[^\"]*\"|'[^']*'):(?:\s|$)")
STARTERS = {"@": "`@`", "`": "a backtick", "%": "`%`"}


@dataclass(frozen=True, slots=True)
class Trap:
    span: Span
    problem: str
    hint: str | None


def explain(source: Source, error: Exception) -> Trap:
    """What a parser error means, at the place where a person would look."""
    mark = _mark(error)
    if mark is None:
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Trap(source.span(0, 0), f"this is not YAML: {text}", None)
    index = min(mark.index, len(source.text))
    problem = str(getattr(error, "problem", None) or "syntax error")
    return (
        _tab(source, index)
        or _bad_start(source, index)
        or _template(source, index)
        or _colon(source, index, problem)
        or _unclosed(source, error)
        or Trap(source.span(index, index), f"this is not YAML: {problem}", _indentation(problem))
    )


def flow_template(source: Source, index: int) -> Trap | None:
    """A value that begins with `{{` was read as a mapping whose key is a mapping."""
    outer = source.text.rfind("{{", 0, index + 2)
    if outer < 0 or index - outer > 1:
        return None
    return _template(source, outer)


def rewritten(source: Source, line: int, start: int | None = None) -> str | None:
    """The line with its value as a block scalar, which takes any text. `start`: the value's column, when known."""
    text = source.line(line)
    match = LINE.match(text)
    if match is None:
        return None
    lead, key, value = match["lead"], match["key"] or "", match["value"]
    if start is not None and start - 1 > len(lead) + len(key):
        return None
    indent = " " * (len(lead) + 2)
    return f"{lead}{key.rstrip()}{' ' if key else ''}>-\n{indent}{value.rstrip()}"


def _mark(error: Exception) -> Any:
    if isinstance(error, MarkedYAMLError):
        return error.problem_mark or error.context_mark
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return type("Position", (), {"index": position})()
    return None


def _cure(source: Source, line: int) -> str | None:
    text = rewritten(source, line)
    return f"write the text as a block, where anything goes:\n{text}" if text else None


def _tab(source: Source, index: int) -> Trap | None:
    line, _ = source.position(index)
    text = source.line(line)
    indentation = text[: len(text) - len(text.lstrip())]
    if "\t" not in indentation:
        return None
    start = source.starts[line - 1] + indentation.index("\t")
    return Trap(source.span(start, start + 1), "a tab is used for indentation", "indent with spaces")


def _bad_start(source: Source, index: int) -> Trap | None:
    character = source.text[index : index + 1]
    if character not in STARTERS:
        return None
    line, _ = source.position(index)
    problem = f"YAML does not let a plain value begin with {STARTERS[character]}"
    return Trap(source.span(index, index + 1), problem, _cure(source, line))


def _template(source: Source, index: int) -> Trap | None:
    line, _ = source.position(index)
    for number in (line, line - 1):
        match = LINE.match(source.line(number))
        if match and match["value"].startswith("{{"):
            start = source.starts[number - 1] + match.start("value")
            problem = "YAML reads a value that begins with `{{` as a mapping"
            return Trap(source.span(start, start + 2), problem, _cure(source, number))
    return None


def _colon(source: Source, index: int, problem: str) -> Trap | None:
    if "mapping values are not allowed" not in problem:
        return None
    line, _ = source.position(index)
    match = LINE.match(source.line(line))
    if match is None or ": " not in match["value"] + " ":
        return Trap(
            source.span(index, index + 1), "a `:` stands where YAML allows none", _indentation(problem)
        )
    return Trap(
        source.span(index, index + 1), "`: ` inside a plain value would begin a mapping", _cure(source, line)
    )


def _unclosed(source: Source, error: Exception) -> Trap | None:
    context, mark = getattr(error, "context", None) or "", getattr(error, "context_mark", None)
    if mark is None or "quoted scalar" not in context:
        return None
    if "escape" in str(getattr(error, "problem", "")):
        problem_mark = getattr(error, "problem_mark", mark)
        place = source.span(problem_mark.index, problem_mark.index)
        return Trap(
            place, "YAML knows no such escape", "write \\\\ for a backslash, or use single quotes or `>-`"
        )
    line, _ = source.position(mark.index)
    return Trap(source.span(mark.index, mark.index + 1), "this quote is never closed", _cure(source, line))


def _indentation(problem: str) -> str | None:
    if "expected" in problem or "indentation" in problem or "not allowed" in problem:
        return "check the indentation of this line and of the one before"
    return None
