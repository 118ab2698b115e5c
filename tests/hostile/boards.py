"""Storyboards for the hostile tests, and what must be true of every answer to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from storyboard.diagnostics import Diagnostic, Span
from storyboard.location import locate
from storyboard.pipeline import Checked, check

HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\n"


def board(prompt: str, *, before: str = "", after: str = "") -> str:
    """One scene whose prompt is the given YAML; `before` stands above `scenes`, `after` in the scene."""
    return f"{HEAD}{before}scenes:\n  - id: a\n    prompt: {prompt}\n{after}"


def quoted(text: str) -> str:
    """A text as a YAML scalar in single quotes."""
    return "'" + text.replace("'", "''") + "'"


def double(text: str) -> str:
    """A text as a YAML scalar in double quotes, as JSON writes it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def written(folder: Path, text: str | bytes) -> Path:
    """The storyboard in a project of its own."""
    (folder / "storyboard.toml").touch()
    path = folder / "storyboard.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return path


def checked(folder: Path, text: str | bytes) -> Checked:
    """The storyboard through `check`, with its requests and its shot list made when it is free of errors."""
    return read_back(written(folder, text))


def read_back(path: Path) -> Checked:
    """The file through `check`, all that is made of it included."""
    found = check(locate(path), {}, missing_is_error=False)
    if not found.errors and found.compiled is not None:
        assert found.compiled.requests is not None
        assert found.compiled.shot_list is not None
    return found


def misplaced(found: Checked) -> list[str]:
    """The diagnostics that stand outside the text that they are about, and those whose notes or cures do."""
    source = found.source
    if source is None:
        return []
    ends = [0, *(len(source.line(number)) + 1 for number in range(1, len(source.starts) + 1))]
    return [
        f"{d.code} {span}"
        for d in found.diagnostics
        for span in _places(d)
        if span.path == source.path and not _inside(ends, span)
    ]


def _places(diagnostic: Diagnostic) -> Iterator[Span]:
    yield diagnostic.span
    yield from (note.span for note in diagnostic.notes if note.span is not None)
    if diagnostic.fix is not None:
        yield from (edit.span for edit in diagnostic.fix.edits)


def _inside(ends: list[int], span: Span) -> bool:
    """`ends`: by line, the last column that a place may have, right behind the last character."""
    return (
        1 <= span.line <= span.end_line < len(ends)
        and 1 <= span.column <= ends[span.line]
        and 1 <= span.end_column <= ends[span.end_line]
        and (span.line, span.column) <= (span.end_line, span.end_column)
    )
