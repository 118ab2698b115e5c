"""Storyboards for the hostile tests, and what must be true of every answer to them."""

from __future__ import annotations

from pathlib import Path

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
    """The diagnostics that stand outside the text that they are about."""
    source = found.source
    return [
        f"{d.code} {d.span}"
        for d in found.diagnostics
        if source is not None and d.span.path == source.path and not _inside(found, d.span)
    ]


def _inside(found: Checked, span: object) -> bool:
    source = found.source
    assert source is not None
    line, column, end_line, end_column = (
        getattr(span, name) for name in ("line", "column", "end_line", "end_column")
    )
    return (
        1 <= line <= end_line <= len(source.starts)
        and 1 <= column <= len(source.line(line)) + 1
        and 1 <= end_column <= len(source.line(end_line)) + 1
        and (line, column) <= (end_line, end_column)
    )
