"""What is known of a text that is pointed at, and what is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.diagnostics import Diagnostic, Span
from storyboard.editor.written import Written
from storyboard.read.source import Source


class Told(Struct, frozen=True):
    """Markdown, and the place that it is about."""

    text: str
    span: Span


class Known(Struct, frozen=True):
    """What is known of a text: each None while it can't be. `compiled` and `written` are of this very text. `base`
    is its folder from the project folder."""

    source: Source
    written: Written | None
    compiled: Compiled | None
    book: PriceBook
    base: str = ""
    diagnostics: Sequence[Diagnostic] = ()
