"""Diagnostics for other programs: GitHub's workflow commands, and SARIF 2.1.0."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from storyboard import __version__
from storyboard.diagnostics import Diagnostic
from storyboard.report.explained import as_markdown
from storyboard.rules.explained import Explained, manual

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def github(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    """One workflow command a diagnostic, escaped so that no text can begin another."""
    for diagnostic in diagnostics:
        span = diagnostic.span
        place = f"file={_property(span.path)},line={span.line},endLine={span.end_line},col={span.column}"
        title = _property(f"{diagnostic.code}")
        text = diagnostic.message + (f"\n{diagnostic.hint}" if diagnostic.hint else "")
        yield f"::{diagnostic.severity} {place},title={title}::{_data(text)}"


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
    span = diagnostic.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    location = {"physicalLocation": {"artifactLocation": {"uri": _uri(span.path)}, "region": region}}
    text = diagnostic.message + (f" ({diagnostic.hint})" if diagnostic.hint else "")
    return {
        "ruleId": diagnostic.code,
        "level": diagnostic.severity,
        "message": {"text": text},
        "locations": [location],
    }
