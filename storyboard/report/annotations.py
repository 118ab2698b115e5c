"""Diagnostics for other programs: GitHub's workflow commands, and SARIF 2.1.0."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from storyboard import __version__
from storyboard.diagnostics import Diagnostic, Fix, Note, Span
from storyboard.report.explained import as_markdown, in_general
from storyboard.rules.explained import Explained, manual

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def github(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """One workflow command a diagnostic, escaped so that no text can begin another."""
    for diagnostic in diagnostics:
        span = diagnostic.span
        place = f"file={_property(span.path)},line={span.line},endLine={span.end_line},col={span.column}"
        if span.line == span.end_line:  # GitHub takes columns of one line only; its last one counts too
            place += f",endColumn={max(span.column, span.end_column - 1)}"
        title = _property(f"{diagnostic.code}")
        text = "\n".join([diagnostic.message, *map(_noted, diagnostic.notes), *_hint(diagnostic)])
        yield f"::{diagnostic.severity} {place},title={title}::{_data(text)}"


def _noted(note: Note) -> str:
    return f"{note.message} ({note.span.path}:{note.span.line})" if note.span is not None else note.message


def _hint(diagnostic: Diagnostic) -> list[str]:
    return [diagnostic.hint] if diagnostic.hint else []


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
    seen: Counter[str] = Counter()
    results = [_result(diagnostic, codes, seen) for diagnostic in diagnostics]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(explained: Explained) -> dict[str, Any]:
    rule = explained.rule
    text = in_general(rule.text)
    cure = f"{in_general(rule.hint)}. " if rule.hint else ""
    return {
        "id": explained.code,
        "name": explained.title,
        "shortDescription": {"text": text},
        "fullDescription": {"text": explained.text},
        "help": {"text": f"{text}. {cure}Source: {rule.source}.", "markdown": as_markdown(explained)},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(diagnostic: Diagnostic, codes: Sequence[str], seen: Counter[str]) -> dict[str, Any]:
    text = diagnostic.message + (f" ({diagnostic.hint})" if diagnostic.hint else "")
    related = [(note.message.strip(), note.span) for note in diagnostic.notes if note.span is not None]
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": _location(diagnostic.span)}],
        "partialFingerprints": {"primaryLocationLineHash": _fingerprint(diagnostic, seen)},
    }
    if related:
        result["relatedLocations"] = [
            {"id": number, "physicalLocation": _location(span), "message": {"text": message}}
            for number, (message, span) in enumerate(related, 1)
        ]
    if diagnostic.fix is not None:
        result["fixes"] = [_fix(diagnostic.fix)]
    return result


def _fingerprint(diagnostic: Diagnostic, seen: Counter[str]) -> str:
    """The same for the same mistake when it moves to another line; equal ones are counted."""
    said = f"{diagnostic.code}\0{diagnostic.span.path}\0{diagnostic.message}"
    digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    seen[digest] += 1
    return f"{digest}:{seen[digest]}"


def _fix(fix: Fix) -> dict[str, Any]:
    paths = dict.fromkeys(edit.span.path for edit in fix.edits)
    changes = [
        {
            "artifactLocation": {"uri": _uri(path)},
            "replacements": [
                {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
                for edit in fix.edits
                if edit.span.path == path
            ],
        }
        for path in paths
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _location(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": _uri(span.path)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
