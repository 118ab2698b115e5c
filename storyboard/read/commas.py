"""Prose within `{…}` that a comma ends: what follows it is a key of its own to YAML, without a value."""

from __future__ import annotations

import re

from storyboard.diagnostics import Edit, Fix
from storyboard.findings import Report
from storyboard.read.cures import is_prose
from storyboard.read.nodes import Node, Scalar
from storyboard.read.source import Source

Entry = tuple[Node, Node]
LISTS = frozenset({"elements", "constraints", "dialogue"})  # whose authors may have meant a list
END = re.compile(r"\s*[,}]")


def whole_texts(source: Source, entries: list[Entry], report: Report) -> list[Entry]:
    """The entries of a mapping with every such text as it was meant. Each is reported."""
    if all(value.stop > value.start for _, value in entries):
        return entries
    found: list[Entry] = []
    pieces: list[Scalar] = []  # what was cut off the last text
    for key, value in entries:
        if found and isinstance(key, Scalar) and _is_cut_off(source, key, value) and _is_text(*found[-1]):
            pieces.append(key)
            continue
        _join(source, found, pieces, report)
        pieces = []
        found.append((key, value))
    _join(source, found, pieces, report)
    return found


def _is_cut_off(source: Source, key: Scalar, value: Node) -> bool:
    """A key that nobody wrote as one: no `:` follows it."""
    return value.start == value.stop and not key.style and END.match(source.text, key.stop) is not None


def _is_text(key: Node, value: Node) -> bool:
    prose = isinstance(key, Scalar) and is_prose(f"{key.value}:") and key.value not in LISTS
    return prose and isinstance(value, Scalar) and not value.style and not value.is_null


def _join(source: Source, found: list[Entry], pieces: list[Scalar], report: Report) -> None:
    if not pieces:
        return
    key, value = found[-1]
    name = key.value if isinstance(key, Scalar) else ""
    stop = pieces[-1].stop
    text = source.text[value.start : stop]
    quote = next((mark for mark in "\"'" if mark not in text), None)
    fix = cure = None
    if quote is not None and "\\" not in text and "\n" not in text:
        quoted = f"{quote}{text}{quote}"
        cure = f"quote the text: `{name}: {quoted}`"
        fix = Fix("quote the text", (Edit(source.span(value.start, stop), quoted),))
    comma = source.text.index(",", value.stop)
    report.add("SB175", source.span(comma, comma + 1), key=name, rest=pieces[0].value, hint=cure, fix=fix)
    found[-1] = (key, Scalar(source, value.start, stop, " ".join(text.split()), ""))
