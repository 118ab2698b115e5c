"""What the YAML parser stumbled over, said in words: the place where a person would look, the reason and the cure."""

from __future__ import annotations

from msgspec import Struct

from storyboard.diagnostics import Fix, Note, Span
from storyboard.findings import Report
from storyboard.read.cures import end_of_prose
from storyboard.read.source import Source

BLOCK = "if all of it is text, write it below its key, behind `>-`"


class Trap(Struct, frozen=True):
    span: Span
    problem: str
    hint: str | None
    fix: Fix | None = None
    notes: tuple[Note, ...] = ()


def block_cure(source: Source, fix: Fix | None, before: str = "") -> str:
    """The cure of text that YAML can't take as it stands: the very lines that the fix writes, where there is one."""
    if fix is None:
        return before + BLOCK
    return f"{before}write the text as a block, where anything goes:\n{as_written(source, fix)}"


def as_written(source: Source, fix: Fix) -> str:
    """The lines that a fix of one edit leaves where it was."""
    (edit,) = fix.edits
    span = edit.span
    before, after = (
        source.line(span.line)[: span.column - 1],
        source.line(span.end_line)[span.end_column - 1 :],
    )
    lines = [before + edit.text + after]
    if edit.text == " >-":  # the text stands on the lines below
        depth = len(before) - len(before.lstrip())
        last = end_of_prose(source, span.line + 1, depth)
        lines += [source.line(number) for number in range(span.line + 1, last + 1)]
    return "\n".join(lines)


def said(trap: Trap, report: Report) -> None:
    """To the report."""
    report.add("SB003", trap.span, problem=trap.problem, hint=trap.hint, notes=trap.notes, fix=trap.fix)
