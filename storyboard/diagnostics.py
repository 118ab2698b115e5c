"""A place in a source file, and a message about it. Nothing here reads files or prints."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

Severity = Literal["error", "warning"]


class Span(Struct, frozen=True):
    """From (line, column) up to but not including (end_line, end_column); all count from 1, columns in characters."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int

    def key(self) -> tuple[str, int, int, int, int]:
        return (self.path, self.line, self.column, self.end_line, self.end_column)


class Note(Struct, frozen=True):
    """What belongs to a diagnostic but is said elsewhere: "first defined here". `row`: one of a table, whose place is
    named and not shown."""

    message: str
    span: Span | None = None
    row: bool = False


class Edit(Struct, frozen=True):
    """`text` instead of what stands at the span; an empty span is a place to insert it."""

    span: Span
    text: str


class Fix(Struct, frozen=True):
    """A cure that is certain, as edits of one file that do not touch each other. `title` says what it does."""

    title: str
    edits: tuple[Edit, ...]


class Diagnostic(Struct, frozen=True):
    """One problem: its rule's code, the reason, the place, and the cure where there is one. `fix` carries it out."""

    code: str
    severity: Severity
    message: str
    span: Span
    hint: str | None = None
    notes: tuple[Note, ...] = ()
    fix: Fix | None = None


def in_source_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by place, what is said twice about one place said once, as it was said first."""
    unique: dict[tuple[object, ...], Diagnostic] = {}
    for d in diagnostics:
        unique.setdefault((d.code, d.span.key(), d.message), d)
    return tuple(sorted(unique.values(), key=lambda d: (d.span.key(), d.code, d.message)))
