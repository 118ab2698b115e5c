"""A rule of the book for a person who met it: in words, as Markdown, as a JSON document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from string import Formatter
from textwrap import fill, indent
from typing import Any

from storyboard.rules.explained import Example, Explained


def as_text(entry: Explained, width: int) -> str:
    """In lines of at most `width` columns, but for the examples and for words that are longer."""
    parts = [f"{entry.code}: {entry.title} ({entry.rule.severity})", *_filled(entry.text, width)]
    if (said := _said(entry, width)) is not None:
        parts.append(said)
    for word, example in (("Wrong:", entry.wrong), ("Right:", entry.right)):
        if example is not None:
            parts.append(f"{word}\n\n{indent(example.text.rstrip(), '    ')}")
    lines = (_line(line, width) for line in _foot(entry).split("\n"))
    return "\n\n".join([*parts, "\n".join(lines)])


def _filled(text: str, width: int) -> Iterator[str]:
    """Paragraphs; what is laid out by hand stays so."""
    for part in text.split("\n\n"):
        by_hand = any(line[:1] in {" ", "-", "|"} for line in part.split("\n"))
        yield part if by_hand else _line(part, width)


def _line(text: str, width: int, lead: str = "") -> str:
    return fill(
        text,
        width,
        initial_indent=lead,
        subsequent_indent=lead,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _said(entry: Explained, width: int) -> str | None:
    """How the diagnostic reads in general; None where all of it depends on the storyboard."""
    text, hint = in_general(entry.rule.text), in_general(entry.rule.hint or "")
    if not _has_words(text):
        return None
    lines = [
        _line(text, width, "    "),
        *([_line(f"help: {hint}", width, "    ")] if _has_words(hint) else []),
    ]
    return "It says:\n\n" + "\n".join(lines)


def in_general(text: str) -> str:
    """A rule's text without the values of one case."""
    return "".join(said + ("…" if name is not None else "") for said, name, _, _ in Formatter().parse(text))


def _has_words(text: str) -> bool:
    return any(character.isalnum() for character in text)


def _foot(entry: Explained) -> str:
    silence = (
        f"Silenced by `# storyboard: ignore {entry.code}` on its line, or alone on the line above."
        if entry.rule.severity == "warning"
        else "An error can't be silenced."
    )
    return f"Source: {entry.rule.source}.\n{silence}"


def as_markdown(entry: Explained) -> str:
    parts = [f"## {entry.code}: {entry.title}", f"*{entry.rule.severity}*", entry.text]
    for word, example in (("Wrong:", entry.wrong), ("Right:", entry.right)):
        if example is not None:
            parts.append(f"{word}\n\n```{example.language}\n{example.text}```")
    return "\n\n".join([*parts, _foot(entry)])


def listing(entries: Iterable[Explained]) -> str:
    """A line a rule, by chapter."""
    parts = []
    for chapter, found in groupby(sorted(entries, key=_place), key=lambda entry: entry.chapter):
        rows = "\n".join(f"  {entry.code}  {entry.rule.severity:<7}  {entry.title}" for entry in found)
        parts.append(f"{chapter}\n{rows}")
    return "\n\n".join(parts)


def _place(entry: Explained) -> tuple[str, str]:
    """A chapter stands where most of its codes do: some of the cut's came before it had a number of its own."""
    return PLACED.get(entry.chapter, entry.code[2]), entry.code


PLACED = {"The cut": "7"}


def explained_document(entries: Iterable[Explained]) -> dict[str, Any]:
    return {"rules": [_document(entry) for entry in entries]}


def _document(entry: Explained) -> dict[str, Any]:
    return {
        "code": entry.code,
        "severity": entry.rule.severity,
        "chapter": entry.chapter,
        "title": entry.title,
        "message": entry.rule.text,
        "hint": entry.rule.hint,
        "explanation": entry.text,
        "wrong": _example(entry.wrong),
        "right": _example(entry.right),
        "source": entry.rule.source,
        "read": entry.read,
        "can_be_silenced": entry.rule.severity == "warning",
    }


def _example(example: Example | None) -> dict[str, str] | None:
    return {"language": example.language, "text": example.text} if example is not None else None
