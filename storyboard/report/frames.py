"""Diagnostics for people: place, reason, the source with a caret, the cure."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.diagnostics import Diagnostic, Span
from storyboard.read.source import Source
from storyboard.report.table import columns
from storyboard.report.visible import visible

WIDTH = 100
MARGIN = 20


def frames(diagnostics: Iterable[Diagnostic], sources: Iterable[Source]) -> str:
    """All diagnostics, one after the other, with a blank line between."""
    by_path = {source.path: source for source in sources}
    return "\n\n".join(frame(diagnostic, by_path.get(diagnostic.span.path)) for diagnostic in diagnostics)


def frame(diagnostic: Diagnostic, source: Source | None) -> str:
    """One diagnostic: a head line that editors understand, the code frame, notes and the cure."""
    span = diagnostic.span
    head = f"{span.path}:{span.line}:{span.column}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"
    lines = [head, *_code(span, source)]
    for note in diagnostic.notes:
        where = f" ({note.span.path}:{note.span.line}:{note.span.column})" if note.span else ""
        lines.append(f"  note: {note.message}{where}")
    if diagnostic.hint:
        first, *rest = diagnostic.hint.split("\n")
        lines += [f"  help: {first}", *(f"      {line}" for line in rest)]
    return "\n".join(lines)


def _code(span: Span, source: Source | None) -> list[str]:
    if source is None:
        return []
    text = source.line(span.line).replace("\t", " ")
    stop = span.end_column if span.end_line == span.line else len(text) + 1
    start, stop = span.column - 1, max(stop - 1, span.column)
    cut = 0
    if len(text) > WIDTH and start > WIDTH - MARGIN:
        cut = start - MARGIN
    shown = text[cut : cut + WIDTH]
    number = str(span.line)
    before = "…" if cut else ""
    after = "…" if len(text) > cut + WIDTH else ""
    lead = " " * columns(before + visible(shown[: start - cut]))
    marks = "^" * max(1, columns(visible(shown[start - cut : min(stop, cut + WIDTH) - cut])))
    return [f"  {number} | {before}{visible(shown)}{after}", f"  {' ' * len(number)} | {lead}{marks}"]


def summary(diagnostics: Iterable[Diagnostic], files: int) -> str:
    found = tuple(diagnostics)
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    what = f"{files} storyboard" + ("s" if files != 1 else "")
    if not found:
        return f"{what} checked: no problems"
    return f"{what} checked: {_count(errors, 'error')}, {_count(warnings, 'warning')}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
