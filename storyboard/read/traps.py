"""YAML's traps, met with help: what the parser stumbled over, said in words, with the line rewritten so that it works.

Prose that begins with `@`, `{{`, a backtick or `%`, or that holds `: `, is not a plain scalar in YAML.
"""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from storyboard.diagnostics import Edit, Fix
from storyboard.read.cures import LINE, as_block, whole_line
from storyboard.read.gaps import TYPED_KEYS, gap, hard_space, no_colon
from storyboard.read.source import Source
from storyboard.read.trap import BLOCK, Trap, block_cure
from storyboard.read.unclosed import unclosed

# Text with words in quotes: each opens behind a blank, and closes behind a word.
WITHIN = re.compile(r"[^\"]*\s(?:\"\w[^\"]*(?<=[\w.!?,;])\"(?:\W[^\"]*\s|\W[^\"]*$|$))+")
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
# What can be no anchor, no head of a block and no list: `& then`, `> go`, `[wide] he walks`.
TEXT = re.compile(r"[&|>]\s+\w|\[[^\[\]{}\"':]*\]\s+\w")
LIST_KEY = re.compile(r"\b(?:important_details|elements|audio|constraints|dialogue|shots)\s*:")
SHORT_WORDS = re.compile(r"'(?:tis|twas|til|em|cause|round|bout|n)\b", re.IGNORECASE)
JINJA = frozenset({"{{", "{%", "{#"})
EXPRESSION = re.compile(r"(\{\{[^\"\\{}]*\}\})\s*")
INSIDE = re.compile(r"(\{\{[^\\{}\n]{1,200}\}\})(?P<end>\s*[,}\]])?")
STARTERS = {"@": "`@`", "`": "a backtick", "%": "`%`"}


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
        or _template(source, index)
        or _bad_start(source, index)
        or hard_space(source, index)
        or unclosed(source, error)
        or _gap(source, index, problem)
        or _wrapped(source, index, problem)
        or _colon(source, index, problem)
        or _open_quote(source, error)
        or no_colon(source, error)
        or _no_list(source, index, problem)
        or _odd_start(source, index)
        or Trap(source.span(index, index), f"this is not YAML: {problem}", _indentation(problem))
    )


def flow_template(source: Source, index: int) -> Trap | None:
    """A value that begins with `{{` was read as a mapping whose key is a mapping."""
    outer = source.text.rfind("{{", 0, index + 2)
    if outer < 0 or index - outer > 1:
        return None
    return _template(source, outer) or _inside(source, outer)


def _mark(error: Exception) -> Any:
    if isinstance(error, MarkedYAMLError):
        return error.problem_mark or error.context_mark
    position = getattr(error, "position", None)
    if isinstance(position, int):
        return type("Position", (), {"index": position})()
    return None


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
    problem = f"YAML does not let a plain value begin with {STARTERS[character]}"
    text = as_block(source, index)
    return Trap(source.span(index, index + 1), problem, block_cure(source, text), text)


def _template(source: Source, index: int) -> Trap | None:
    line, _ = source.position(index)
    for number in (line, line - 1):
        match = LINE.match(source.line(number))
        if match and match["value"][:2] in JINJA:
            start = source.starts[number - 1] + match.start("value")
            problem = f"YAML reads a value that begins with `{match['value'][:2]}` as a mapping"
            fix = as_block(source, start)
            quoted = _quoted(source, start) if fix is None else None
            hint = quoted.title if quoted is not None else block_cure(source, fix)
            return Trap(source.span(start, start + 2), problem, hint, fix or quoted)
    return None


def _quoted(source: Source, start: int) -> Fix | None:
    """An expression that is all of a typed value, in quotes."""
    line, column = source.position(start)
    match = EXPRESSION.fullmatch(source.line(line), column - 1)
    if match is None:
        return None
    text = f'"{match[1]}"'
    return Fix(f"write it in quotes: `{text}`", (Edit(source.span(start, start + len(match[1])), text),))


def _inside(source: Source, start: int) -> Trap | None:
    """An expression that is a value within `{…}` or `[…]`."""
    match = INSIDE.match(source.text, start)
    if match is None:
        return None
    quote, fix = "'" if '"' in match[1] else '"', None
    if match["end"] and quote not in match[1]:
        text = f"{quote}{match[1]}{quote}"
        fix = Fix(f"write it in quotes: `{text}`", (Edit(source.span(*match.span(1)), text),))
    problem = "YAML reads a value that begins with `{{` as a mapping"
    hint = fix.title if fix is not None else "put quotes around all of it"
    return Trap(source.span(start, start + 2), problem, hint, fix)


def _gap(source: Source, index: int, problem: str) -> Trap | None:
    if "not allowed" not in problem and "did not find expected" not in problem:
        return None
    return gap(source, source.position(index)[0])


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
    if match["key"].rstrip(": ") in TYPED_KEYS:
        return None
    fix = as_block(source, source.starts[first - 1] + match.start("value"))
    what = "`: ` inside a plain value would begin a mapping"
    return Trap(source.span(index, index + 1), what, block_cure(source, fix), fix)


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
            fix = _odd_fix(source, start)
            before = "quote the texts inside it; or, " if match["value"][0] in "[{" and fix is None else ""
            return Trap(source.span(start, start + 1), problem, block_cure(source, fix, before), fix)
    return None


def _odd_fix(source: Source, start: int) -> Fix | None:
    """A quoted word that begins a sentence, or a word in stars: text, unless something else is called so."""
    first = source.text[start]
    if first == "*":
        return None if "&" in source.text else as_block(source, start)
    line, column = source.position(start)
    text = source.line(line).rstrip()[column - 1 :]
    if TEXT.match(text) and not LIST_KEY.search(source.line(line)[: column - 1]):
        return as_block(source, start)
    if not text.endswith(first) or len(text) == 1:
        return as_block(source, start) if first in "\"'" else None
    around = _is_around(text[1:-1], first)
    return as_block(source, start, quote=first) if around else None


def _is_around(inside: str, quote: str) -> bool:
    """Do quotes go around all of a text? 'it's dawn', "she says "go" and goes"; not "stop" and "go"."""
    if quote == "'":
        return "'" not in APOSTROPHE.sub("", inside)
    return "\\" not in inside and WITHIN.fullmatch(inside) is not None


def _no_list(source: Source, index: int, problem: str) -> Trap | None:
    line, _ = source.position(index)
    match = LINE.match(source.line(line))
    if match is None or not match["key"] or match["value"][:2] not in {"- ", "? "}:
        return None
    start = source.starts[line - 1] + match.start("value")
    what = f"YAML allows no `{match['value'][0]}` at the beginning of this value"
    fix = as_block(source, start)
    return Trap(source.span(start, start + 1), what, block_cure(source, fix), fix) if problem else None


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
    return Trap(source.span(index, index + 1), what, block_cure(source, fix), fix)


def _open_quote(source: Source, error: Exception) -> Trap | None:
    context, mark = getattr(error, "context", None) or "", getattr(error, "context_mark", None)
    if mark is None or "quoted scalar" not in context:
        return None
    if "escape" in str(getattr(error, "problem", "")):
        return _escape(source, mark.index, getattr(error, "problem_mark", mark).index, str(error.args[2]))
    quote = "" if SHORT_WORDS.match(source.text, mark.index) else source.text[mark.index]
    fix = as_block(source, mark.index, quote=quote)
    hint = block_cure(source, fix, "close it, or ") if fix is not None else f"close it; {BLOCK}"
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
