"""Prose in a folded block: filled to a width, and folded only where YAML puts the space back that was there."""

from __future__ import annotations

import re

from storyboard.report.table import columns

WIDTH = 100  # columns
NARROW = 40  # columns that text is given however deep it stands
FOLD = re.compile(r"(?<=\S) (?=\S)")
JINJA = re.compile(r"\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)|\{#.*?(?:#\}|\Z)", re.DOTALL)
SPACED = (" ", "\t")


def foldable(value: str) -> bool:
    """May a text become a folded block, and be none the worse for it? Not where its lines begin or end with space."""
    lines = value.rstrip("\n").split("\n")
    return bool(lines[0]) and all(line == line.strip() for line in lines)


def has_fold(value: str) -> bool:
    return bool(_folds(value)) or "\n" in value


def folded(value: str, indent: int) -> list[str] | None:
    """The text as a folded block, its head first, its lines `indent` columns deep. None when a fold can't say it."""
    text = value.rstrip("\n")
    lines = text.split("\n")
    if not text or any(line != line.rstrip() for line in lines):
        return None
    room = max(WIDTH - indent, NARROW)
    folds = _folds(text)
    made: list[str] = []
    start = 0
    for number, line in enumerate(lines):
        # A break between two lines of text would fold into a space: one more is written than is meant.
        if number and line and _text_above(lines, number) and not line.startswith(SPACED):
            made.append("")
        made += _filled(line, [place - start for place in folds if start < place < start + len(line)], room)
        start += len(line) + 1
    return _block(">", value, made, indent)


def literal(value: str, indent: int) -> list[str] | None:
    """The text as a literal block. None when it ends in white space, which nobody would see."""
    lines = value.rstrip("\n").split("\n")
    return _block("|", value, lines, indent) if lines[-1].strip() else None


def _text_above(lines: list[str], number: int) -> bool:
    """Is the nearest line above that is not empty one that folds?"""
    above = next((line for line in reversed(lines[:number]) if line), "")
    return bool(above) and not above.startswith(SPACED)


def _block(sign: str, value: str, lines: list[str], indent: int) -> list[str]:
    ends = len(value) - len(value.rstrip("\n"))
    first = next(number for number, line in enumerate(lines) if line.strip())
    shown = "2" if any(line.startswith(" ") for line in lines[: first + 1]) else ""
    head = sign + shown + ("-" if ends == 0 else "" if ends == 1 else "+")
    lead = " " * indent
    return [head, *(lead + line if line else "" for line in lines), *[""] * (ends - 1)]


def _folds(value: str) -> list[int]:
    """Where a line may end: at a single space, outside of Jinja."""
    whole = JINJA.sub(lambda match: "x" * len(match[0]), value) if "{" in value else value
    return [match.start() for match in FOLD.finditer(whole)]


def _filled(line: str, folds: list[int], room: int) -> list[str]:
    """As few lines as fit; what begins with space is not folded."""
    if line.startswith(SPACED) or not folds:
        return [line]
    made, start = [], 0
    for fold, following in zip(folds, [*folds[1:], len(line)], strict=True):
        if columns(line[start:following]) > room:
            made.append(line[start:fold])
            start = fold + 1
    return [*made, line[start:]]
