"""`storyboard fmt`: storyboards in one form, so that a change in git is a change in the film."""

from __future__ import annotations

import re
import sys
from difflib import unified_diff
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from storyboard.cli.console import out, out_document, say
from storyboard.cli.options import PathsArgument
from storyboard.cli.rewrite import replace_file
from storyboard.diagnostics import Diagnostic
from storyboard.editor.fmt import NotReadable, formatted
from storyboard.errors import StoryboardError, UsageError
from storyboard.findings import Report
from storyboard.location import MAX_READ, SUFFIXES, locate
from storyboard.read.decode import decode
from storyboard.read.source import Source
from storyboard.report.frames import frames, summary

STDIN = "-"
CHANGED = 1
UNREADABLE = 1
LINE = re.compile(r"[^\n]*\n|[^\n]+")


class _Before(Struct, frozen=True):
    """A file as it was found, and what it becomes; None when it can't be read, for the reasons in `diagnostics`."""

    shown: str
    path: Path | None  # None: it came on standard input
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
    scenes or of elements too. `-` is standard input, whose form goes to standard output."""
    found: list[_Before] = []
    failures: list[StoryboardError] = []
    for path in paths:
        try:
            found.append(_found(path))
            _carry_out(found[-1], check=check, diff=diff)
        except StoryboardError as failure:
            failures.append(failure)
    _sum_up(found, failures, dry=check or diff)
    unreadable = any(one.after is None for one in found)
    changed = check and any(one.changes for one in found)
    return UNREADABLE if unreadable else CHANGED if changed else 0


def _found(path: Path) -> _Before:
    """Raises UsageError and WorldError."""
    if str(path) == STDIN:
        if sys.stdin is None:
            raise UsageError("standard input is closed. Nothing was read.")
        return _looked_at("<stdin>", None, sys.stdin.buffer.read(MAX_READ))
    if path.is_file() and path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"`{path}` is no YAML file by its name (.yaml, .yml): it was left as it is.")
    location = locate(path)
    return _looked_at(location.shown, location.source, location.files.source())


def _looked_at(shown: str, path: Path | None, data: bytes) -> _Before:
    report = Report()
    source = decode(shown, data, report)
    if source is None:
        return _Before(shown, path, data, None, None, report.diagnostics())
    try:
        return _Before(shown, path, data, source, formatted(source.text, shown))
    except NotReadable as problem:
        return _Before(shown, path, data, source, None, problem.diagnostics)


def _carry_out(one: _Before, *, check: bool, diff: bool) -> None:
    if one.after is None:
        told = frames(one.diagnostics, [one.source] if one.source is not None else [])
        (out if one.path is not None else say)(told + "\n")
    elif one.changes and diff:
        text = _difference(one.shown, one.data.decode("utf-8", "replace"), one.after)
        (out if sys.stdout is not None and sys.stdout.isatty() else out_document)(text)
    elif one.changes and check:
        out(one.shown)
    elif one.path is None and not (check or diff):
        out_document(one.after.removesuffix("\n"))
    elif one.changes and one.path is not None:
        replace_file(one.path, one.data, one.after.encode())
        out(f"{one.shown}: formatted")


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
    written = [one for one in found if dry or one.path is not None]
    if (changed or not (problems or failures)) and (written or not found):
        verb = "would change" if dry else "changed"
        say(f"{changed} of {len(found)} {'file' if len(found) == 1 else 'files'} {verb}")
    for other in failures[1:]:
        say(f"storyboard: {other}")
    if failures:
        raise failures[0]
