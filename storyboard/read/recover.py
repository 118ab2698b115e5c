"""YAML that can't be read, read on: the text of a mistake is hidden, so that what follows is found as well.

A hidden text is as long as what was written and has as many lines: every place stays what it was. Nothing that was
hidden is ever sent, for its mistake is reported.
"""

from __future__ import annotations

from dataclasses import replace

from storyboard.diagnostics import Edit, Fix
from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.cures import end_of_prose, index_of
from storyboard.read.hidden import are_names, closed, depth_of, letters, spaced, uncured
from storyboard.read.nodes import Node
from storyboard.read.source import BREAK, Source

MOST = 30  # mistakes in YAML that are read past
MOST_READ = 8 * 1024 * 1024  # characters that are read again for them


def read_on(source: Source, report: Report) -> tuple[Node | None, bool]:
    """The tree of a text, and whether something in it is hidden. What is wrong is reported; None when there is no tree
    to go on with."""
    for number in range(MOST):
        once = Report()
        root = compose(source, once)
        last = once.last
        if root is not None or last is None or number * len(source.text) > MOST_READ:
            break
        hidden = _hidden(source, last.fix) if last.fix is not None else uncured(source, last.span)
        if hidden is None or hidden == source.text:
            break
        report.extend([last])
        source = replace(source, text=hidden)
    report.extend(once.diagnostics())
    return root, number > 0


def _hidden(source: Source, fix: Fix) -> str | None:
    """The text with what a cure is about hidden. None where that would move what follows it."""
    text = source.text
    for edit in fix.edits:
        found = _stretch(source, edit)
        if found is None:
            return None
        start, new = found
        text = text[:start] + new + text[start + len(new) :]
    return text if len(text) == len(source.text) else None


def _stretch(source: Source, edit: Edit) -> tuple[int, str] | None:
    """Where the hidden text begins, and what is put there."""
    span = edit.span
    start, stop = index_of(source, span.line, span.column), index_of(source, span.end_line, span.end_column)
    old = source.text[start:stop]
    if edit.text.startswith(">-") or edit.text == " >-":
        if edit.text == " >-":  # the text stands on the lines below
            last = end_of_prose(source, span.line + 1, depth=depth_of(source.line(span.line)))
            start, stop = source.starts[span.line], source.starts[last - 1] + len(source.line(last))
        return None if are_names(source, span.line) else (start, letters(source.text[start:stop], start))
    if old and not edit.text and span.end_line == span.line + 1:  # a line that is taken out becomes a remark
        return start, "#" + letters(old[1:], start) if old[1:].strip() else old
    if old and len(edit.text) <= len(old) and not BREAK.search(old):
        return start, edit.text + " " * (len(old) - len(edit.text))
    if old:
        return None
    return spaced(source, start) if edit.text == " " else closed(source, start, edit.text)
