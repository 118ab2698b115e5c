"""YAML's traps, met with help: what the parser stumbled over, said in words, with the line rewritten so that it works.

Prose that begins with `@`, `{{`, a backtick or `%`, or that holds `: `, is not a plain scalar in YAML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from storyboard.diagnostics import Edit, Fix, Span
from storyboard.read.cures import LINE, PROSE_KEYS, as_block, whole_line
from storyboard.read.source import Source

HARD_SPACE = re.compile("(?<=[A-Za-z_]):[\u00a0\u2007\u202f\u3000]")
TIGHT = re.compile(r"\s*(?:-\s+)*(?P<key>[a-z_]+):(?=[^\s:])")
APOSTROPHE = re.compile(r"(?<=\w)'(?=\w)")
MEANINGS = {
    '"': "text that ends at the next quote",
    "'": "text that ends at the next quote",
    "[": "a list",
    "{": "a mapping",
    "*": "an alias",
    "&": "an anchor",
    "|": "the head of a block",
    ">": "the head of a block",
    "!": "a tag",
}
NOT_PROSE = frozenset(
    {"id", "duration", "endpoint", "start_image", "end_image", "source_video", "generate_audio", "storyboard"}
)
STARTERS = {"@": "`@`", "`": "a backtick", "%": "`%`"}


@dataclass(frozen=True, slots=True)
class Trap:
    span: Span
    problem: str
    hint: str | None
    fix: Fix | None = None


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
        or _hard_space(source, index)
        or _wrapped(source, index, problem)
        or _colon(source, index, problem)
        or _unclosed(source, error)
        or _no_colon(source, error)
        or _no_list(source, index, problem)
        or _odd_start(source, index)
        or Trap(source.span(index, index), f"this is not YAML: {problem}", _indentation(problem))
    )


def flow_template(source: Source, index: int) -> Trap | None:
    """A value that begins with `{{` was read as a mapping whose key is a mapping."""
    outer = source.text.rfind("{{", 0, index + 2)
    if outer < 0 or index - outer > 1:
        return None
    return _template(source, outer)


def template_in_flow(source: Source, start: int, stop: int) -> Trap | None:
    """The same inside of braces or brackets: quotes around it, where it is all of the value."""
    text = source.text[start:stop]
    if not text.startswith("{{") or not text.endswith("}}") or "\n" in text:
        return None
    quote = "'" if '"' in text or "\\" in text else '"'
    whole = source.text[stop:].lstrip()[:1] in {",", "}", "]"}
    shown = f"{quote}{text}{'' if whole else ' …'}{quote}"
    edits = (Edit(source.span(start, stop), shown),)
    fix = Fix("quote it", edits) if whole and quote not in text else None
    problem = "YAML reads a value that begins with `{{` as a mapping"
    return Trap(source.span(start, start + 2), problem, f"quote all of the value: `{shown}`", fix)


def rewritten(source: Source, line: int, without: str = "") -> str | None:
    """The line with its value as a block scalar, which takes any text. `without`: a stray quote to leave out."""
    text = source.line(line)
    match = LINE.match(text)
    if match is None:
        return None
    lead, key, value = match["lead"], match["key"] or "", match["value"]
    value = value.removeprefix(without) if without == '"' else value
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
    if source.text.startswith("```", index):
        line, _ = source.position(index)
        fix = whole_line(source, line, "remove the line")
        return Trap(
            source.span(index, index + 3), "this line belongs to Markdown, not to YAML", "remove it", fix
        )
    character = source.text[index : index + 1]
    if character not in STARTERS:
        return None
    line, _ = source.position(index)
    problem = f"YAML does not let a plain value begin with {STARTERS[character]}"
    return Trap(source.span(index, index + 1), problem, _cure(source, line), as_block(source, index))


def _template(source: Source, index: int) -> Trap | None:
    line, _ = source.position(index)
    for number in (line, line - 1):
        match = LINE.match(source.line(number))
        if match and match["value"].startswith("{{"):
            start = source.starts[number - 1] + match.start("value")
            problem = "YAML reads a value that begins with `{{` as a mapping"
            return Trap(
                source.span(start, start + 2), problem, _cure(source, number), as_block(source, start)
            )
    return None


def _hard_space(source: Source, index: int) -> Trap | None:
    """A no-break space behind a colon looks like a space and is none."""
    found = [match.start() for match in HARD_SPACE.finditer(source.text, 0, index + 1)]
    if not found:
        return None
    place = source.span(found[-1] + 1, found[-1] + 2)
    fix = Fix("write a plain space", (Edit(place, " "),))
    return Trap(place, "a no-break space stands behind the `:`", "type a plain space in its place", fix)


def _wrapped(source: Source, index: int, problem: str) -> Trap | None:
    """Prose on several lines, one of which holds `: `."""
    if "mapping values are not allowed" not in problem:
        return None
    last, column = source.position(index)
    if ": " in source.line(last)[: column - 1]:
        return None  # the line has a key of its own
    first = last - 1
    depth = _depth(source.line(last))
    while first > 1 and _depth(source.line(first)) >= depth and source.line(first).strip():
        first -= 1
    match = LINE.match(source.line(first))
    if (
        match is None
        or match["key"] is None
        or match["value"][:1] in "|>'\"#"
        or _depth(source.line(first)) >= depth
    ):
        return None
    if match["key"].rstrip(": ") in NOT_PROSE:
        return None
    head = match["lead"] + match["key"].rstrip()
    indent = " " * (len(match["lead"]) + 2)
    prose = [match["value"].strip(), *(source.line(number).strip() for number in range(first + 1, last + 1))]
    text = "\n".join([f"{head} >-", *(indent + line for line in prose)])
    hint = f"write the text as a block, where anything goes:\n{text}"
    fix = as_block(source, source.starts[first - 1] + match.start("value"))
    return Trap(source.span(index, index + 1), "`: ` inside a plain value would begin a mapping", hint, fix)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _odd_start(source: Source, index: int) -> Trap | None:
    """A value whose first character means something else to YAML than to its author."""
    line, _ = source.position(index)
    for number in (line, line - 1):
        match = LINE.match(source.line(number))
        meaning = MEANINGS.get(match["value"][0]) if match else None
        if match and meaning:
            start = source.starts[number - 1] + match.start("value")
            problem = f"YAML takes a value that begins with `{match['value'][0]}` for {meaning}"
            hint = _cure(source, number)
            if match["value"][0] in "[{" and ("}" in match["value"] or "]" in match["value"]):
                hint = f"quote the texts inside it; or, if all of it is text, {hint}"
            return Trap(source.span(start, start + 1), problem, hint, _odd_fix(source, start))
    return None


def _odd_fix(source: Source, start: int) -> Fix | None:
    """A quoted word that begins a sentence, or a word in stars: text, unless something else is called so."""
    first = source.text[start]
    if first == "*":
        return None if "&" in source.text else as_block(source, start)
    line, column = source.position(start)
    text = source.line(line).rstrip()[column - 1 :]
    if not text.endswith(first) or len(text) == 1:
        return as_block(source, start) if first in "\"'" else None
    around = first == "'" and "'" not in APOSTROPHE.sub(
        "", text[1:-1]
    )  # quotes around all of it: 'it's dawn'
    return as_block(source, start, quote="'") if around else None


def _no_colon(source: Source, error: Exception) -> Trap | None:
    """The parser looks for the `:` of a key and finds none before the line ends: the key's line is the place."""
    mark = getattr(error, "context_mark", None)
    if mark is None or "simple key" not in str(getattr(error, "context", "")):
        return None
    line, _ = source.position(mark.index)
    text = source.line(line)
    start = source.starts[line - 1] + len(text) - len(text.lstrip())
    place = source.span(start, source.starts[line - 1] + len(text.rstrip()))
    cure = "write `key: value`, with a space behind the colon; text that goes on from the line before is indented"
    return Trap(place, "a `:` with a space behind it is missing", cure, _spaced(source, line))


def _spaced(source: Source, line: int) -> Fix | None:
    """`prompt:a heron` with its space, where the key is one of ours."""
    match = TIGHT.match(source.line(line))
    if match is None or match["key"] not in {*NOT_PROSE, *PROSE_KEYS}:
        return None
    index = source.starts[line - 1] + match.end("key") + 1
    return Fix("write a space behind the `:`", (Edit(source.span(index, index), " "),))


def _no_list(source: Source, index: int, problem: str) -> Trap | None:
    line, _ = source.position(index)
    match = LINE.match(source.line(line))
    if match is None or not match["key"] or match["value"][:2] not in {"- ", "? "}:
        return None
    start = source.starts[line - 1] + match.start("value")
    what = f"YAML allows no `{match['value'][0]}` at the beginning of this value"
    return Trap(source.span(start, start + 1), what, _cure(source, line)) if problem else None


def _colon(source: Source, index: int, problem: str) -> Trap | None:
    if "mapping values are not allowed" not in problem:
        return None
    line, _ = source.position(index)
    match = LINE.match(source.line(line))
    if match is None or ": " not in match["value"] + " ":
        return Trap(
            source.span(index, index + 1), "a `:` stands where YAML allows none", _indentation(problem)
        )
    plain = match["value"][0] not in "\"'[{&*!|>"
    fix = as_block(source, source.starts[line - 1] + match.start("value")) if plain else None
    what = "`: ` inside a plain value would begin a mapping"
    return Trap(source.span(index, index + 1), what, _cure(source, line), fix)


def _unclosed(source: Source, error: Exception) -> Trap | None:
    context, mark = getattr(error, "context", None) or "", getattr(error, "context_mark", None)
    if mark is None or "quoted scalar" not in context:
        return None
    if "escape" in str(getattr(error, "problem", "")):
        return _escape(source, mark.index, getattr(error, "problem_mark", mark).index, str(error.args[2]))
    line, _ = source.position(mark.index)
    text = rewritten(source, line, without=source.text[mark.index])
    hint = f"close it, or write the text as a block, where anything goes:\n{text}" if text else "close it"
    fix = as_block(source, mark.index, quote=source.text[mark.index])
    return Trap(source.span(mark.index, mark.index + 1), "this quote is never closed", hint, fix)


def _escape(source: Source, quote: int, index: int, problem: str) -> Trap:
    start = max(source.text.rfind("\\", quote, index + 1), quote)
    place = source.span(start, min(start + 2, len(source.text)))
    if "Unicode" in problem:
        return Trap(place, "this escape is for a character that can't be sent", "remove it")
    cure = "write \\\\ for a backslash, or use single quotes or `>-`"
    return Trap(place, "YAML knows no such escape", cure)


def _indentation(problem: str) -> str | None:
    if "expected" in problem or "indentation" in problem or "not allowed" in problem:
        return "check the indentation of this line and of the one before"
    return None
