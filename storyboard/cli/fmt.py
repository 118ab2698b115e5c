"""`storyboard fmt`: storyboards in one form, so that a change in git is a change in the film."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from difflib import unified_diff
from typing import Annotated

import typer

from storyboard.cli.console import out, out_document, say
from storyboard.cli.options import PathsArgument
from storyboard.cli.rewrite import replace_file
from storyboard.diagnostics import Diagnostic
from storyboard.editor.fmt import NotReadable, formatted
from storyboard.errors import StoryboardError
from storyboard.findings import Report
from storyboard.location import Location, locate
from storyboard.read.compose import decode
from storyboard.read.source import Source
from storyboard.report.frames import frames, summary

CHANGED = 1
UNREADABLE = 1
LINE = re.compile(r"[^\n]*\n|[^\n]+")


@dataclass(frozen=True)
class _Before:
    """A file as it was found, and what it becomes; None when it can't be read, for the reasons in `diagnostics`."""

    location: Location
    data: bytes
    source: Source | None
    after: str | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def changes(self) -> bool:
        return self.after is not None and self.after.encode() != self.data


def command(
    paths: PathsArgument,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; name what would change, and exit 1.")
    ] = False,
    diff: Annotated[bool, typer.Option("--diff", help="Write nothing; show what would change.")] = False,
) -> int:
    """Lay storyboards out in one form: prose filled, comments in their places, nothing that they say changed. Files of
    scenes or of elements too."""
    found: list[_Before] = []
    failures: list[StoryboardError] = []
    for path in paths:
        try:
            found.append(_looked_at(locate(path)))
            _carry_out(found[-1], check=check, diff=diff)
        except StoryboardError as failure:
            failures.append(failure)
    _sum_up(found, failures, dry=check or diff)
    unreadable = any(one.after is None for one in found)
    changed = check and any(one.changes for one in found)
    return UNREADABLE if unreadable else CHANGED if changed else 0


def _looked_at(location: Location) -> _Before:
    report = Report()
    data = location.files.source()
    source = decode(location.shown, data, report)
    if source is None:
        return _Before(location, data, None, None, report.diagnostics())
    try:
        return _Before(location, data, source, formatted(source.text, location.shown))
    except NotReadable as problem:
        return _Before(location, data, source, None, problem.diagnostics)


def _carry_out(one: _Before, *, check: bool, diff: bool) -> None:
    shown = one.location.shown
    if one.after is None:
        out(frames(one.diagnostics, [one.source] if one.source is not None else []) + "\n")
    elif one.changes and diff:
        text = _difference(shown, one.data.decode("utf-8", "replace"), one.after)
        (out if sys.stdout is not None and sys.stdout.isatty() else out_document)(text)
    elif one.changes and check:
        out(shown)
    elif one.changes:
        replace_file(one.location.source, one.data, one.after.encode())
        out(f"{shown}: formatted")


def _difference(name: str, before: str, after: str) -> str:
    """A unified diff, as `patch` and git take it."""
    lines = unified_diff(LINE.findall(before), LINE.findall(after), name, name)
    whole = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return whole.removesuffix("\n")


def _sum_up(found: list[_Before], failures: list[StoryboardError], *, dry: bool) -> None:
    problems = [diagnostic for one in found for diagnostic in one.diagnostics]
    if problems:
        say(summary(problems, len(found)))
    changed = sum(one.changes for one in found)
    if changed or not (problems or failures):
        verb = "would change" if dry else "changed"
        say(f"{changed} of {len(found)} {'file' if len(found) == 1 else 'files'} {verb}")
    for other in failures[1:]:
        say(f"storyboard: {other}")
    if failures:
        raise failures[0]
