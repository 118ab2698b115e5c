"""Everything of a project that can be verified, as findings."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.catalog.prices import DEFAULT_BOOK
from storyboard.cli.concurrency import at_a_time
from storyboard.cli.variables import known_book
from storyboard.errors import LedgerError, StoryboardError, UsageError
from storyboard.ledger.doctor.access import links_in, permissions_of
from storyboard.ledger.doctor.disk import room, tried
from storyboard.ledger.doctor.examine import Examined, examine
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.doctor.server import server_findings
from storyboard.ledger.doctor.shared_store import store_findings
from storyboard.ledger.doctor.slots import slot_findings
from storyboard.ledger.doctor.tracked import git_findings
from storyboard.ledger.garbage.named import named_by_lock
from storyboard.ledger.inventory import Told
from storyboard.ledger.place import FOLDER, Place, place_of, places_of
from storyboard.ledger.record import State
from storyboard.report.counted import counted

if TYPE_CHECKING:
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.steps import Plan

BYTES_A_SECOND = 4 << 20  # of film, where no clip is here to go by: a live one of 2026-07 had 1.4 MB
COPIES = 3  # a clip, its segment, its part of the cut


def verified(project: Path, storyboard: Path | None, told: Told) -> list[Finding]:
    """The project's places, its disk, what git keeps of it, and the room for what `storyboard` would render next."""
    folder = project / FOLDER
    links = links_in(project)
    if folder.is_symlink():
        return list(links)
    named, lock = _named(project)
    findings = [*links, *lock, *git_findings(project)]
    findings += tried(folder if folder.is_dir() else project)
    if storyboard is not None:
        findings += _room(project, storyboard)
    for place in places_of(project):
        findings += _of(place, told, frozenset() if place.rehearsal else named)
    if not folder.is_dir():
        findings.append(Finding("note", "ledger", "nothing was bought for this project yet"))
        findings += server_findings(place_of(project))  # a shared one is there before anything of ours is
        findings += store_findings(place_of(project))
    return findings


def _named(project: Path) -> tuple[frozenset[str], list[Finding]]:
    try:
        return named_by_lock(project), []
    except StoryboardError as failure:
        return frozenset(), [Finding("miss", "lock", str(failure))]


def _of(place: Place, told: Told, named: frozenset[str]) -> Iterator[Finding]:
    now = datetime.now(UTC)
    found = examine(place, now, told, named)
    shown = place.folder.relative_to(place.project).as_posix()
    about = (
        *server_findings(place),
        *found.findings,
        *store_findings(place, found),
        *permissions_of(place),
        *_clock(found, now),
        *_slots(place, now),
    )
    for finding in about:
        yield replace(finding, place=shown)


def _clock(found: Examined, now: datetime) -> tuple[Finding, ...]:
    if not found.takes:
        return ()
    from storyboard.ledger.ledger import Ledger
    from storyboard.render.clock import clock

    try:
        return clock(found.takes, Ledger.open(found.place).events(), now)
    except LedgerError:
        return ()  # it was readable a moment ago: the next run says so


def _slots(place: Place, now: datetime) -> Iterator[Finding]:
    try:
        yield from slot_findings(place, at_a_time(), now)
    except UsageError as failure:
        yield Finding("miss", "slots", str(failure))


def _room(project: Path, storyboard: Path) -> Iterator[Finding]:
    from storyboard.cli.place import chosen_place
    from storyboard.location import locate
    from storyboard.pipeline import check, plan

    place = chosen_place(project, sandbox=False)
    try:
        checked = check(locate(storyboard), {}, missing_is_error=False)
        if checked.compiled is None:
            text = f"{storyboard} has errors: what it needs can't be told"
            yield Finding("note", "space", text, "`storyboard check` shows them")
            return
        book = checked.book or known_book(DEFAULT_BOOK)
        planned, takes = plan(checked.compiled.requests, book, project, place)
    except StoryboardError:
        return  # what is wrong with the ledger is said where it is looked at
    yield _needed(project, planned, _rate(place, takes))


def _needed(project: Path, planned: Plan, rate: float) -> Finding:
    due = [step for step in planned.steps if step.decision != "reuse"]
    seconds = sum(step.request.seconds for step in due)
    return room(project, int(seconds * rate * COPIES), f"{counted(len(due), 'scene')} to render: that takes")


def _rate(place: Place, takes: tuple[TakeRecord, ...]) -> float:
    """Bytes a second of film, from the clips that are here."""
    from storyboard.ledger.inventory import size_of
    from storyboard.ledger.store import Store

    store = Store(place)
    known = [t for t in takes if t.state is State.VERIFIED and t.clip and t.seconds and store.holds(t.clip)]
    seconds = sum(take.seconds for take in known)
    size = sum(size_of(store.path_of(take.clip)) for take in known if take.clip)
    return size / seconds if seconds else BYTES_A_SECOND
