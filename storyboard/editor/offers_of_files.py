"""Files, as a storyboard has to name them: in quotes where YAML or Jinja would read something else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from storyboard.editor.cursor import Cursor
from storyboard.editor.offer import Around, Offer
from storyboard.findings import Report
from storyboard.imports.draft import without_jinja
from storyboard.read.compose import compose
from storyboard.read.nodes import Mapping, Scalar
from storyboard.read.source import Source

PLAIN = re.compile(r"\w[\w./-]*")  # of which nobody needs to ask


def files(cursor: Cursor, around: Around) -> Iterator[Offer]:
    for path in around.files:
        yield Offer(path, "file", _named(path, cursor), cursor.start, cursor.index)


def _named(path: str, cursor: Cursor) -> str:
    text = without_jinja(path)
    if cursor.quote == "'":
        return text.replace("'", "''")
    double = json.dumps(text, ensure_ascii=False)
    if cursor.quote:
        return double[1:-1]
    return text if text == path and _is_plain(path, braces=cursor.braces) else double


def _is_plain(text: str, *, braces: bool) -> bool:
    """Whether YAML reads it as this text, without quotes."""
    if PLAIN.fullmatch(text):
        return True
    root = compose(Source("", f"{{a: {text}}}\n" if braces else f"a: {text}\n"), Report())
    value = root.get("a") if isinstance(root, Mapping) and len(root.entries) == 1 else None
    return isinstance(value, Scalar) and not value.style and value.value == text
