"""Diagnostics for people: place, reason, the source with a caret, the cure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storyboard.diagnostics import Diagnostic, Span
from storyboard.read.source import Source
from storyboard.report.table import columns
from storyboard.report.visible import visible

WIDTH = 100
MARGIN = 20


def frames(diagnostics: Iterable[Diagnostic], sources: Iterable[Source]) -> str:
    """All diagnostics, one after the other, with a blank line between."""
    by_path = {source.path: source for source in sources}
    return "\n\n".join(frame(diagnostic, by_path) for diagnostic in diagnostics)


def frame(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> str:
    """One diagnostic: a head line that editors understand, the code frame, notes with theirs, and the cure. `sources`
    by path."""
    span = diagnostic.span
    head = f"{span.path}:{span.line}:{span.column}: {diagnostic.severity}[{diagnostic.code}]: {diagnostic.message}"
    lines = [head, *code_lines(diagnostic, sources)]
    if diagnostic.hint:
        first, *rest = diagnostic.hint.split("\n")
        lines += [f"  help: {first}", *(f"      {line}" for line in rest)]
    return "\n".join(lines)


def code_lines(diagnostic: Diagnostic, sources: Mapping[str, Source]) -> list[str]:
    """The code frame of one diagnostic, and its notes with theirs."""
    span = diagnostic.span
    lines = _code(span, sources)
    for note in diagnostic.notes:
        where = f" ({note.span.path}:{note.span.line}:{note.span.column})" if note.span else ""
        lines.append(f"  note: {note.message}{where}")
        if note.span is not None and not note.row and note.span != span:
            lines += _code(note.span, sources, mark="-")
    return lines


def _code(span: Span, sources: Mapping[str, Source], mark: str = "^") -> list[str]:
    """The lines of a place: the first and, of several, the last that holds anything."""
    source = sources.get(span.path)
    if source is None:
        return []
    last, stop = _end(span, source)
    width = len(str(last))
    if last == span.line:
        return _line(source, span.line, span.column, max(stop, span.column + 1), width, mark)
    text = source.line(last)
    first = _line(source, span.line, span.column, len(source.line(span.line)) + 1, width, mark)
    between = [f"  {'.' * width} |"] if last > span.line + 1 else []
    return [*first, *between, *_line(source, last, len(text) - len(text.lstrip()) + 1, stop, width, mark)]


def _end(span: Span, source: Source) -> tuple[int, int]:
    """The last line of a place that holds anything of it, and the column behind it."""
    line, column = span.end_line, span.end_column
    while line > span.line and not source.line(line)[: column - 1].strip():
        line -= 1
        column = len(source.line(line)) + 1
    return line, column


def _line(source: Source, number: int, column: int, end: int, width: int, mark: str) -> list[str]:
    """A line with marks under its columns from `column` up to `end`; of a long line the part that matters."""
    text = source.line(number).replace("\t", " ")
    start, stop = column - 1, max(end - 1, column)
    cut = start - MARGIN if len(text) > WIDTH and start > WIDTH - MARGIN else 0
    shown = text[cut : cut + WIDTH]
    before = "…" if cut else ""
    after = "…" if len(text) > cut + WIDTH else ""
    lead = " " * columns(before + visible(shown[: start - cut]))
    marks = mark * max(1, columns(visible(shown[start - cut : min(stop, cut + WIDTH) - cut])))
    return [f"  {number:>{width}} | {before}{visible(shown)}{after}", f"  {' ' * width} | {lead}{marks}"]


def summary(diagnostics: Iterable[Diagnostic], files: int) -> str:
    found = tuple(diagnostics)
    errors = sum(d.severity == "error" for d in found)
    warnings = len(found) - errors
    what = f"{files} storyboard" + ("s" if files != 1 else "")
    if not found:
        return f"{what} checked: no problems"
    return f"{what} checked: {_count(errors, 'error')}, {_count(warnings, 'warning')}"


def offers(diagnostics: Iterable[Diagnostic]) -> str | None:
    """What a person may do next; None when nothing was found."""
    found = tuple(diagnostics)
    if not found:
        return None
    explain = f"`storyboard explain {found[0].code}` says more"
    count = sum(d.fix is not None for d in found)
    if not count:
        return explain
    which = "it" if len(found) == 1 else "all" if count == len(found) else f"{count} of them"
    return f"`check --fix` mends {which}; {explain}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
