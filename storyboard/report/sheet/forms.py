"""The forms that a sheet can be had in."""

from __future__ import annotations

from enum import StrEnum

from storyboard.report.sheet.as_csv import as_csv
from storyboard.report.sheet.as_markdown import as_markdown
from storyboard.report.sheet.as_page import as_page
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import Sheet
from storyboard.report.table import WIDTH


class Form(StrEnum):
    text = "text"
    csv = "csv"
    markdown = "markdown"
    html = "html"


def formed(sheet: Sheet, form: Form, width: int = WIDTH) -> str:
    """`width` in columns, of text."""
    if form is Form.text:
        return as_text(sheet, width).rstrip("\n")
    forms = {Form.csv: as_csv, Form.markdown: as_markdown, Form.html: as_page}
    return forms[form](sheet).rstrip("\r\n")
