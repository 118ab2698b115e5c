"""`storyboard check`: every diagnostic, in source order."""

from __future__ import annotations

import os
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out, out_document, say
from storyboard.cli.options import PathsArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.variables import INVALID, Given, known_book, warn_of_unused
from storyboard.errors import StoryboardError
from storyboard.ledger.place import LOCK_FILE
from storyboard.location import locate, shown_from
from storyboard.pipeline import Checked, check
from storyboard.report.frames import frames, summary

KEPT: list[Checked] = []  # to the process's end: to free a large storyboard value by value takes a while


class Format(StrEnum):
    text = "text"
    json = "json"
    github = "github"
    sarif = "sarif"


def command(
    paths: PathsArgument,
    format: Annotated[Format, typer.Option("--format", help="How to say it.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Find every mistake that can be known before paying. Exits 1 when there is an error."""
    given = Given(var, vars_file, pick)
    given.read()
    if prices is not None:
        known_book(prices)
    checked = KEPT
    checked.clear()
    failures: list[StoryboardError] = []
    for path in paths:
        try:
            one = check(locate(path), given.values, picks=given.picks, scenes=scene or ())
            checked.append(_with_lock(one, checked))
        except StoryboardError as failure:
            failures.append(failure)
    warn_of_unused(given, checked)
    if checked or not failures:
        _show(checked, format)
    for other in failures[1:]:
        say(f"storyboard: {other}")
    if failures:
        raise failures[0]
    return INVALID if any(one.errors for one in checked) else 0


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


def _show(checked: list[Checked], form: Format) -> None:
    diagnostics = [diagnostic for one in checked for diagnostic in one.diagnostics]
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
        for one in checked:
            if one.diagnostics:
                out(frames(one.diagnostics, one.sources) + "\n")
        say(summary(diagnostics, len(checked)))
