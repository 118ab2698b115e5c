"""Diagnostics for other programs: GitHub's workflow commands, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from storyboard import __version__
from storyboard.diagnostics import Diagnostic, Fix, Span
from storyboard.report.explained import as_markdown
from storyboard.rules.explained import Explained, manual

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def github(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """One workflow command a diagnostic, escaped so that no text can begin another."""
    for diagnostic in diagnostics:
        span = diagnostic.span
        place = f"file={_property(span.path)},line={span.line},endLine={span.end_line},col={span.column}"
        if span.end_line == span.line and span.end_column > span.column:  # GitHub takes it within a line only
            place += f",endColumn={span.end_column}"
        title = _property(f"{diagnostic.code}")
        notes = (f"note: {note.message}{_where(note.span)}" for note in diagnostic.notes)
        parts = [diagnostic.message, *notes, *([diagnostic.hint] if diagnostic.hint else [])]
        yield f"::{diagnostic.severity} {place},title={title}::{_data(chr(10).join(parts))}"


def _where(span: Span | None) -> str:
    return f" ({span.path}:{span.line}:{span.column})" if span is not None else ""


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _uri(path: str) -> str:
    """A path as SARIF wants it: a URI reference."""
    return ("file://" if path.startswith("/") else "") + quote(path)


def sarif(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    explained = manual()
    driver = {
        "name": "storyboard",
        "version": __version__,
        "rules": [_rule(explained[code]) for code in codes],
    }
    results = [_result(diagnostic) for diagnostic in diagnostics]
    return {
        "$schema": SARIF_SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _rule(explained: Explained) -> dict[str, Any]:
    text = as_markdown(explained)
    return {
        "id": explained.code,
        "name": explained.title,
        "shortDescription": {"text": explained.rule.text},
        "fullDescription": {"text": explained.text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": explained.rule.severity},
    }


def _result(diagnostic: Diagnostic) -> dict[str, Any]:
    text = diagnostic.message + (f" ({diagnostic.hint})" if diagnostic.hint else "")
    return {
        "ruleId": diagnostic.code,
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [_location(diagnostic.span)],
        "relatedLocations": [
            {"id": number, **_location(note.span), "message": {"text": note.message.strip()}}
            for number, note in enumerate(diagnostic.notes)
            if note.span is not None
        ],
        "fixes": [_fix(diagnostic.fix)] if diagnostic.fix is not None else [],
    }


def _location(span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(span.path)}, "region": _region(span)}}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    """A fix as SARIF has it (2.1.0, 3.55): what to delete where, and what to put there."""
    changes = [
        {
            "artifactLocation": {"uri": _uri(path)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in fix.edits
                if edit.span.path == path
            ],
        }
        for path in dict.fromkeys(edit.span.path for edit in fix.edits)
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}
