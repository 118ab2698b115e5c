"""From PATH and options to checked values: what every command that reads a storyboard begins with."""

from __future__ import annotations

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import typer
from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.prices import PriceBook
from storyboard.cli.console import fail, out_document, say
from storyboard.cli.variables import INVALID, NOTHING_GIVEN, Given, book_that_holds, warn_of_unused
from storyboard.compile.compiler import Compiled
from storyboard.compile.request import Request
from storyboard.compile.shot_list import ShotList, narrowed
from storyboard.diagnostics import Diagnostic
from storyboard.errors import Refused, UsageError
from storyboard.findings import did_you_mean
from storyboard.location import Location, locate
from storyboard.pipeline import Checked, check
from storyboard.plan.budget import Budget
from storyboard.plan.policy import approved
from storyboard.read.leaves import Unreadable, money
from storyboard.read.settings import Settings
from storyboard.report.documents import as_json, check_document
from storyboard.report.frames import frames, summary


class Prepared(Struct, frozen=True):
    """A storyboard without errors, the price book that holds for it, and the least of its budgets.

    `shot_list` and `film` are of the whole film; `requests` and `chosen` of the scenes that were asked for. What the
    person approves of, the policy in `settings` asks for no more. `brought` is the book's name where it came along and
    nobody named it.
    """

    location: Location
    shot_list: ShotList
    chosen: ShotList
    film: tuple[Request, ...]
    requests: tuple[Request, ...]
    book: PriceBook
    budget: Budget | None
    diagnostics: tuple[Diagnostic, ...]
    checked: Checked
    settings: Settings
    brought: str | None

    @property
    def project(self) -> Path:
        return self.location.project

    @property
    def source(self) -> Path:
        return self.location.source


def prepare(
    path: Path,
    *,
    prices: str | None = None,
    variables: Given = NOTHING_GIVEN,
    scenes: Sequence[str] | None = (),
    max_cost: str | None = None,
    approve: Sequence[str] | None = (),
    missing_is_error: bool = True,
    json: bool = False,
    quoted: bool = True,
    unfinished: bool = False,
) -> Prepared:
    """Checks a storyboard. Warnings are printed; with errors all diagnostics are, and the command exits 1. `quoted`:
    whether lines of the file may be shown when it has errors, so that it may be no storyboard at all. `unfinished`:
    whether it may have errors as long as it can be read; then nothing is printed, and `requests` are empty."""
    location = locate(path)
    scenes, approval = scenes or (), approved(approve or ())
    checked = check(location, variables.values, picks=variables.picks, missing_is_error=missing_is_error)
    warn_of_unused(variables, [checked])
    book = book_that_holds(prices, checked.book)
    _say_whose(prices, checked.book, book)
    refuse_own_book(checked, book, max_cost)
    if checked.errors and not quoted:
        fail(f"storyboard: {location.shown} has errors now: `storyboard check` shows them. Nothing was sent.")
        raise typer.Exit(INVALID)
    if not unfinished or checked.compiled is None:
        _show(checked, json=json)
    if checked.compiled is None:
        raise typer.Exit(INVALID)
    found = prepared(checked, checked.compiled, book, scenes, max_cost)
    settings = replace(checked.settings, policy=checked.settings.policy.approving(approval))
    return replace(found, settings=settings)


def prepared(
    checked: Checked, compiled: Compiled, book: PriceBook, scenes: Sequence[str], max_cost: str | None = None
) -> Prepared:
    """What was checked and compiled, as far as it could be. Raises UsageError for a scene that is not there."""
    scenes = compiled.storyboard.meant(scenes)
    return Prepared(
        checked.location,
        compiled.shot_list,
        narrowed(compiled.shot_list, scenes),
        compiled.requests,
        _chosen(compiled.requests, scenes),
        book,
        _budget(checked, max_cost),
        checked.diagnostics,
        checked,
        checked.settings,
        _brought(checked, book),
    )


class Asked(Struct, frozen=True):
    """The options that shape a plan, as they were given."""

    scenes: Sequence[str] | None = None
    select: Sequence[str] | None = None
    variables: Given = NOTHING_GIVEN
    prices: str | None = None
    max_cost: str | None = None
    approve: Sequence[str] | None = None

    def prepare(
        self, path: Path, *, missing_is_error: bool = True, json: bool = False, quoted: bool = True
    ) -> Prepared:
        return prepare(
            path,
            prices=self.prices,
            variables=self.variables,
            scenes=self.scenes,
            max_cost=self.max_cost,
            approve=self.approve,
            missing_is_error=missing_is_error,
            json=json,
            quoted=quoted,
        )


def _show(checked: Checked, *, json: bool) -> None:
    diagnostics = checked.diagnostics
    if json and checked.errors:
        out_document(as_json(check_document(diagnostics)))
    elif diagnostics:
        tell = fail if checked.errors else say
        tell(frames(diagnostics, checked.sources) + "\n")
    if checked.errors:
        fail(summary(diagnostics, 1))
        raise typer.Exit(INVALID)


def _say_whose(option: str | None, authored: PriceBook | None, book: PriceBook) -> None:
    """The environment is not seen in the command: that it wins over the storyboard is said."""
    if not option and authored is not None and book != authored:
        say(f"prices by {book.name} (STORYBOARD_PRICES), not by the storyboard's own choice, {authored.name}")


def _brought(checked: Checked, book: PriceBook) -> str | None:
    """The name of a price book that the storyboard brings along and nobody named."""
    return book.name if book is checked.book and not book.shipped else None


def refuse_own_book(checked: Checked, book: PriceBook, max_cost: str | None) -> None:
    """Raises Refused where a budget from outside would be kept by such a book."""
    if _brought(checked, book) and (max_cost or os.environ.get("STORYBOARD_MAX_COST")):
        raise Refused(
            f"the storyboard prices itself with a book of its own ({book.name}), and there is a budget from outside. "
            "Nothing was sent. Name the book that you trust with --prices."
        )


def _budget(checked: Checked, max_cost: str | None) -> Budget | None:
    authored = checked.storyboard.budget if checked.storyboard is not None else None
    own = Budget(authored.value, "`budget` there", authored.span) if authored is not None else None
    return _least(given_budget(max_cost), own)


def given_budget(max_cost: str | None) -> Budget | None:
    """The least of the budgets from outside the storyboard. Raises UsageError."""
    return _least(
        _given(max_cost, "--max-cost"),
        _given(os.environ.get("STORYBOARD_MAX_COST") or None, "STORYBOARD_MAX_COST"),
    )


def _given(text: str | None, name: str) -> Budget | None:
    value = amount(text, name)
    return None if value is None else Budget(value, name)


def _least(*budgets: Budget | None) -> Budget | None:
    return min((each for each in budgets if each is not None), key=lambda each: each.value, default=None)


def amount(text: str | None, name: str) -> Decimal | None:
    """An amount of USD from the command line or the environment. Raises UsageError."""
    if text is None:
        return None
    try:
        return money(text)
    except Unreadable:
        raise UsageError(f"{name} is an amount of USD like 12.00, not {text!r}.") from None


def _chosen(requests: tuple[Request, ...], scenes: Sequence[str]) -> tuple[Request, ...]:
    names = [request.scene for request in requests]
    for scene in scenes or ():
        if scene not in names:
            raise UsageError(f"there is no scene {scene!r}: {did_you_mean(scene, names)}")
    return tuple(request for request in requests if not scenes or request.scene in scenes)
