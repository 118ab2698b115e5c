"""A rule of the book for a person who met it: in words, as Markdown, as a JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from textwrap import indent
from typing import Any

from storyboard.rules.explained import Example, Explained


def as_text(entry: Explained) -> str:
    parts = [f"{entry.code}: {entry.title} ({entry.rule.severity})", entry.text, _said(entry)]
    for word, example in (("Wrong:", entry.wrong), ("Right:", entry.right)):
        if example is not None:
            parts.append(f"{word}\n\n{indent(example.text.rstrip(), '    ')}")
    return "\n\n".join([*parts, _foot(entry)])


def _said(entry: Explained) -> str:
    """How the diagnostic reads; what depends on the storyboard stands in braces."""
    hint = f"\n    help: {entry.rule.hint}" if entry.rule.hint else ""
    return f"It says:\n\n    {entry.rule.text}{hint}".replace("{{", "{").replace("}}", "}")


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
