"""`storyboard check`: every diagnostic, in source order."""

from __future__ import annotations

import os
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import typer
from msgspec.structs import replace

from storyboard.a_part import is_part, told_as_part
from storyboard.cli.console import on_terminal, out, out_document, say
from storyboard.cli.options import PathsArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.variables import INVALID, Given, known_book, warn_of_unused
from storyboard.diagnostics import Diagnostic
from storyboard.errors import StoryboardError, UsageError
from storyboard.ledger.place import LOCK_FILE
from storyboard.location import Location, locate, shown_from
from storyboard.pipeline import Checked, check
from storyboard.report.frames import frames, offers, summary

KEPT: list[Checked] = []  # to the process's end: to free a large storyboard value by value takes a while


class Format(StrEnum):
    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


def command(
    paths: PathsArgument,
    format: Annotated[Format, typer.Option("--format", help="How to say it.")] = Format.text,
    fix: Annotated[
        bool, typer.Option("--fix", help="Write every certain cure into the file, then say what is left.")
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="With --fix: show the cures as a difference, write nothing.")
    ] = False,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Find every mistake that can be known before paying. Exits 1 when there is an error."""
    if diff and (not fix or format is not Format.text):
        raise UsageError("--diff goes with --fix, as text. Nothing was done.")
    given = Given(var, vars_file, pick).read()
    if prices is not None:
        known_book(prices)
    checked = KEPT
    checked.clear()
    failures: list[StoryboardError] = []
    mending = _Mending(given, show=diff) if fix else None
    for path in paths:
        try:
            location = locate(path)
            one = told_as_part(check(location, given.values, picks=given.picks, scenes=scene or ()))
            if mending is not None and not is_part(one):
                mending.mend(location)
                one = check(location, given.values, picks=given.picks, scenes=scene or ())
            checked.append(_with_lock(one, checked))
        except StoryboardError as failure:
            failures.append(failure)
    warn_of_unused(given, checked)
    _conclude(checked, failures, format, mending if diff else None)
    return INVALID if any(one.errors for one in checked) else 0


def _conclude(
    checked: list[Checked], failures: list[StoryboardError], format: Format, mending: _Mending | None
) -> None:
    """Says what was found. Raises the first of the failures."""
    if mending is not None and checked:
        mending.sum_up()
    elif checked or not failures:
        _show(checked, format)
    for other in failures[1:]:
        say(f"storyboard: {other}")
    if failures:
        raise failures[0]


class _Mending:
    """What `--fix` does to each storyboard."""

    def __init__(self, given: Given, *, show: bool) -> None:
        from storyboard.cli.fix import Shown

        self.given, self.shown = given, Shown() if show else None

    def mend(self, location: Location) -> None:
        from storyboard.cli.fix import fix

        if self.shown is not None:
            self.shown.show(location, self.given)
        else:
            fix(location, self.given)

    def sum_up(self) -> None:
        if self.shown is not None:
            self.shown.sum_up()


def _with_lock(one: Checked, before: list[Checked]) -> Checked:
    """With what is wrong with the project's storyboard.lock, once a project."""
    location = one.location
    lock = location.project / LOCK_FILE
    if not os.path.lexists(lock) or any(b.location.project == location.project for b in before):
        return one
    from storyboard.ledger.lock.file import examined
    from storyboard.read.source import Source

    shown = shown_from(location, LOCK_FILE)
    found = examined(lock, shown)
    if not found.diagnostics:
        return one
    text = Source(shown, found.data.decode("utf-8", "replace"))
    return replace(one, diagnostics=(*one.diagnostics, *found.diagnostics), sources=(*one.sources, text))


def _once(checked: list[Checked]) -> Iterator[tuple[Diagnostic, ...]]:
    """The diagnostics of each. What is the same for several, of a file that they share, is said of the first."""
    told: set[tuple[object, ...]] = set()
    for one in checked:
        names = [(found.code, found.span.key(), found.message) for found in one.diagnostics]
        yield tuple(found for found, name in zip(one.diagnostics, names, strict=True) if name not in told)
        told.update(names)


def _show(checked: list[Checked], form: Format) -> None:
    each = list(_once(checked))
    diagnostics = [diagnostic for found in each for diagnostic in found]
    if form is Format.json:
        from storyboard.report.documents import as_json, check_document

        out_document(as_json(check_document(diagnostics)))
    elif form is Format.github:
        from storyboard.report.annotations import github

        for line in github(diagnostics):
            out(line)
    elif form is Format.sarif:
        from storyboard.report.annotations import sarif
        from storyboard.report.documents import as_json

        out_document(as_json(sarif(diagnostics)))
    else:
        for one, found in zip(checked, each, strict=True):
            if found:
                out(frames(found, one.sources) + "\n")
        say(summary(diagnostics, len(checked)))
        if on_terminal() and (next_step := offers(diagnostics)):
            say(next_step)
