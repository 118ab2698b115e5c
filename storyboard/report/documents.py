"""JSON documents. They may gain fields, never lose them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from storyboard.compile.request import Request
from storyboard.diagnostics import Diagnostic, Fix, Note, Span

# What is not seen on a terminal, or changes what is seen there, is escaped: the document stays the same.
INVISIBLE = re.compile(
    "[\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff0-\uffff\U000e0000-\U0010ffff]"
)


def as_json(document: Any) -> str:
    """JSON that is safe to print as it stands."""
    return INVISIBLE.sub(_escaped, json.dumps(document, ensure_ascii=False, indent=2))


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1]


def check_document(diagnostics: Iterable[Diagnostic]) -> dict[str, Any]:
    found = [_diagnostic(diagnostic) for diagnostic in diagnostics]
    errors = sum(entry["severity"] == "error" for entry in found)
    return {"diagnostics": found, "errors": errors, "warnings": len(found) - errors}


def _diagnostic(diagnostic: Diagnostic) -> dict[str, Any]:
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "path": span.path,
        **_places(span),
        "hint": diagnostic.hint,
        "notes": [_note(note) for note in diagnostic.notes],
        "fix": _fix(diagnostic.fix) if diagnostic.fix is not None else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{"path": edit.span.path, **_places(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "edits": edits}


def _places(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _note(note: Note) -> dict[str, Any]:
    span = note.span
    if span is None:
        return {"message": note.message}
    return {"message": note.message, "path": span.path, **_places(span)}


def expand_document(requests: Sequence[Request]) -> dict[str, Any]:
    return {"requests": [_request(request) for request in requests]}


def _request(request: Request) -> dict[str, Any]:
    return {
        "scene": request.scene,
        "endpoint": request.endpoint,
        "arguments": dict(request.arguments),
        "digest": request.digest,
        "seconds": request.seconds,
        "take": request.take,
        "tier": request.tier,
        "shots": [{"id": s.id, "seconds": s.seconds, "characters": s.characters} for s in request.shots],
    }
