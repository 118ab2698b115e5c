"""`storyboard spend`: what was spent, over time and on what, as the ledger and storyboard.lock have it. Asks nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.options import PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.place import chosen_place
from storyboard.cli.sheets import Format, FormatOption, show
from storyboard.cli.variables import Given, looked_at
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.location import Location, locate

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.spending import Naming

MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


class By(StrEnum):
    month = "month"
    day = "day"
    storyboard = "storyboard"
    scene = "scene"
    endpoint = "endpoint"
    author = "author"


def command(
    path: PathArgument,
    by: Annotated[
        By | None,
        typer.Option(
            "--by", help="What is summed: months, or days of --month, unless something else is said."
        ),
    ] = None,
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="Only what was sent in this month, in UTC."),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="Only what was sent since then: YYYY-MM or YYYY-MM-DD."),
    ] = None,
    format: FormatOption = Format.text,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="What rehearsals would have cost.")] = False,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Sum what was spent: charges where they are known, else estimates, and what nobody knows kept apart."""
    given = Given(var, vars_file, pick)
    from storyboard.ledger.facts import known_spending, known_takes
    from storyboard.plan.spending import dearest_first, doubtful, grouped, payments, spent
    from storyboard.report.rehearsal import REHEARSED
    from storyboard.report.spend import Spending, spend_document, spend_sheet

    looked_at(prices, given)
    begun = _begun(month, since)
    location = locate(path)
    place = chosen_place(location.project, sandbox=sandbox)
    takes, _ = known_takes(place.project, place=place)
    paid = _wanted(payments(known_spending(takes, place)), begun, scene or ())
    by = by or (By.day if month else By.month)
    naming, remarks = _naming(by, location, place, given)
    if place.rehearsal:
        remarks.append(REHEARSED)
    groups = grouped(paid, naming)
    found = Spending(
        title=f"Spending of {location.project.name}",
        by=by.value,
        groups=groups if by in {By.month, By.day} else dearest_first(groups),
        total=spent(paid),
        doubtful=doubtful(paid),
        month=month,
        since=since,
        remarks=tuple(remarks),
    )
    show(format, lambda: spend_sheet(found), lambda: spend_document(found))
    return 0


Period = Callable[[datetime], bool]


def _begun(month: str | None, since: str | None) -> Period:
    """Is a moment asked for? Raises UsageError."""
    from storyboard.plan.spending import month_name

    if month is not None and since is not None:
        raise UsageError("--month and --since exclude each other: a month, or all since a day.")
    if month is not None:
        if not MONTH.fullmatch(month):
            raise UsageError(f"--month is a month like 2026-11, not {month!r}.")
        return lambda moment: month_name(moment) == month
    first = _day(since) if since is not None else date.min
    return lambda moment: moment.date() >= first


def _day(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01" if MONTH.fullmatch(text) else text)
    except ValueError:
        raise UsageError(f"--since is a day like 2026-11-20, or a month, not {text!r}.") from None


def _wanted(paid: Sequence[TakeRecord], begun: Period, scenes: Sequence[str]) -> list[TakeRecord]:
    """What was sent then, for these scenes. Raises UsageError for a scene that nothing was spent on."""
    from storyboard.plan.spending import sent_on

    known = dict.fromkeys(take.scene for take in paid)
    for name in scenes:
        if name not in known:
            raise UsageError(
                f"nothing was spent on a scene {name!r}: {did_you_mean(name, known) or 'on none'}"
            )
    return [take for take in paid if begun(sent_on(take)) and (not scenes or take.scene in scenes)]


def _naming(by: By, location: Location, place: Place, given: Given) -> tuple[Naming, list[str]]:
    """How takes are named by what they are summed by, and what is to be said of it."""
    from storyboard.catalog.endpoints import alias_of
    from storyboard.plan.spending import month_name, sent_on

    match by:
        case By.author:
            return _by_author(place)
        case By.storyboard | By.scene:
            return _by_storyboard(by, location, given, place)
        case By.endpoint:
            return (lambda take: (alias_of(take.endpoint), True)), []
        case By.day:
            return (lambda take: (f"{sent_on(take):%Y-%m-%d}", True)), []
        case By.month:
            return (lambda take: (month_name(sent_on(take)), True)), []


def _by_author(place: Place) -> tuple[Naming, list[str]]:
    from storyboard.ledger.lock.authors import authors

    said = "An author is who committed the take's line of storyboard.lock: who bought it, not who wrote the scene."
    return authors(place).of, [said]


def _by_storyboard(by: By, location: Location, given: Given, place: Place) -> tuple[Naming, list[str]]:
    from storyboard.cli.storyboards import MOST, storyboards
    from storyboard.ledger.facts import known_takes

    found = storyboards(location, given, takes=known_takes(place.project, place=place)[0])
    remarks = [f"{name} has errors: takes are not known to be its." for name in found.unread]
    if found.left:
        remarks.append(f"The project has more than {MOST} storyboards: only so many were looked into.")
    if by is By.scene:
        return found.scene_of, remarks
    said = "A take is known by its request, else by the name of its scene, as the storyboards are now."
    return found.of, [said, *remarks]
