"""Reports in every form: for people as a sheet, for programs as a document."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.cli.console import out, out_document, table_width
from storyboard.report.documents import as_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from storyboard.report.sheet.sheet import Sheet


class Format(StrEnum):
    text = "text"
    json = "json"
    csv = "csv"
    markdown = "markdown"
    html = "html"


FormatOption = Annotated[Format, typer.Option("--format", help="Text, JSON, CSV, Markdown, or an HTML page.")]


def show(format: Format, sheet: Callable[[], Sheet], document: Callable[[], dict[str, Any]]) -> None:
    """Prints the one that is asked for."""
    from storyboard.report.sheet.forms import Form, formed

    if format is Format.json:
        out_document(as_json(document()))
    elif format is Format.text:
        out(formed(sheet(), Form.text, table_width()))
    else:
        out_document(formed(sheet(), Form(format.value)))
