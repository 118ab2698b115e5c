"""What stands for a text that YAML can't take, in as many characters: letters for prose, a key that is told from its
value, a bracket that is closed."""

from __future__ import annotations

import re

from storyboard.diagnostics import Diagnostic, Edit, Fix, Span
from storyboard.read.cures import LINE, PROSE_KEYS, end_of_prose, index_of, is_prose
from storyboard.read.source import BREAK, Source

LETTERS = "bcdfgjkm"  # of which no word is made that a rule looks for
NAMES = "elements:"  # a key whose texts are names: hidden ones would be unknown
KEY_BEFORE = re.compile(r"(?:^|[\s-])(?P<key>[a-z_]+):\Z")
LAST_TEXT = re.compile(r"(?P<key>[a-z_]+):\s+[^,:{}\[\]\"']*\w\w\Z")
VALUE = re.compile(r"(?P<key>(?:(?:id|prompt|note|title):\s+)?)[^\W_](?P<rest>[^\W_].*)")
TAB_KEY = re.compile(r"(?P<lead>\s*)(?P<key>[a-z_]+):\s+(?P<value>\S.*)")

Stretch = tuple[int, str]  # where it begins, and what is put there


def without(source: Source, mistake: Diagnostic) -> str | None:
    """The text with a mistake hidden; None where it can't be."""
    if mistake.fix is None:
        return _uncured(source, mistake.span)
    return _cured(source, mistake.fix)


def _cured(source: Source, fix: Fix) -> str | None:
    """The text with what a cure is about hidden. None where that would move what follows it."""
    text = source.text
    for edit in fix.edits:
        found = _stretch(source, edit)
        if found is None:
            return None
        start, new = found
        text = text[:start] + new + text[start + len(new) :]
    return text if len(text) == len(source.text) else None


def _stretch(source: Source, edit: Edit) -> tuple[int, str] | None:
    """Where the hidden text begins, and what is put there."""
    span = edit.span
    start, stop = index_of(source, span.line, span.column), index_of(source, span.end_line, span.end_column)
    old = source.text[start:stop]
    if edit.text.startswith(">-") or edit.text == " >-":
        if edit.text == " >-":  # the text stands on the lines below
            last = end_of_prose(source, span.line + 1, depth=_depth_of(source.line(span.line)))
            start, stop = source.starts[span.line], source.starts[last - 1] + len(source.line(last))
        return None if _are_names(source, span.line) else (start, _letters(source.text[start:stop], start))
    if old and not edit.text and span.end_line == span.line + 1:  # a line that is taken out becomes a remark
        return start, "#" + _letters(old[1:], start) if old[1:].strip() else old
    if old and len(edit.text) <= len(old) and not BREAK.search(old):
        return start, edit.text + " " * (len(old) - len(edit.text))
    if old:
        return None
    return _spaced(source, start) if edit.text == " " else _closed(source, start, edit.text)


def _uncured(source: Source, place: Span) -> str | None:
    """The text with a value that has no certain cure hidden; None where it may not be prose."""
    line, index = place.line, index_of(source, place.line, place.column)
    if source.text[index : index + 1] == "\t":
        return _untabbed(source, line)
    match = LINE.match(source.line(line))
    if match is None or _are_names(source, line) or not is_prose(match["key"]):
        return None
    before, first = place.column - 1 - match.start("value"), match["value"][0]
    if before < 0 or (before > 0 and first not in "[{"):
        return None
    if match["key"] is None and ("-" not in match["lead"] or first == "{"):  # that is a scene, or a shot
        return None
    index -= before
    last = end_of_prose(source, line, len(match["lead"]))
    stop = source.starts[last - 1] + len(source.line(last))
    return source.text[:index] + _letters(source.text[index:stop], index) + source.text[stop:]


def _untabbed(source: Source, line: int) -> str | None:
    """A line that a tab indents: its prose, under the line above, or a remark in its place."""
    match, depth = TAB_KEY.fullmatch(source.line(line)), _depth_of_keys(source.line(line - 1))
    if match is None or match["key"] == "id":
        return None
    start, whole = source.starts[line - 1], match[0]
    text = f"{' ' * depth}{match['key']}: "
    if match["key"] in PROSE_KEYS and len(text) < len(whole):
        hidden = text + _letters("x" * (len(whole) - len(text)), start)
    else:
        hidden = "#" + _letters(whole[1:], start)
    return source.text[:start] + hidden + source.text[start + len(whole) :]


def _depth_of_keys(line: str) -> int:
    """Where a key under this line, or in it, would begin."""
    depth = len(line) - len(line.lstrip(" -"))
    return depth + 2 if line.rstrip().endswith(":") else depth


def _spaced(source: Source, start: int) -> Stretch | None:
    """A blank behind a `-` or a `:`, and what it parts from it: a text or an id with a letter less, nothing for
    another value."""
    line, column = source.position(start)
    before, rest = source.line(line)[: column - 1], source.line(line)[column - 1 :].rstrip()
    key = KEY_BEFORE.search(before)
    if key is not None and key["key"] in PROSE_KEYS:
        return (start, " " + _letters(rest[1:], start)) if len(rest) > 1 else None
    name = VALUE.fullmatch(rest)
    if key is None or key["key"] == "id":  # ids differ at their ends
        told = name is not None and (key is not None or name["key"] != "")
        return (start, f" {name['key']}{name['rest']}") if name is not None and told else None
    return (start, " " * len(rest)) if key["key"] != "storyboard" else None


def _closed(source: Source, start: int, bracket: str) -> Stretch | None:
    """A bracket in place of the last letter of a text."""
    line, column = source.position(start)
    match = LAST_TEXT.search(source.line(line)[: column - 1])
    return (start - 1, bracket) if match is not None and match["key"] in {"id", *PROSE_KEYS} else None


def _letters(text: str, start: int) -> str:
    """As many letters as there were, other ones everywhere."""
    return "".join(
        c if c.isspace() else LETTERS[(n * 5 + n // 8) % len(LETTERS)] for n, c in enumerate(text, start)
    )


def _are_names(source: Source, line: int) -> bool:
    """Is this a text of `elements:`, beside the key or below it?"""
    depth = _depth_of(source.line(line))
    while line > 1 and not source.line(line).lstrip(" -").startswith(NAMES):
        line -= 1
        if source.line(line).strip() and _depth_of(source.line(line)) < depth:
            return source.line(line).lstrip(" -").startswith(NAMES)
    return source.line(line).lstrip(" -").startswith(NAMES) and _depth_of(source.line(line)) == depth


def _depth_of(line: str) -> int:
    return len(line) - len(line.lstrip())
