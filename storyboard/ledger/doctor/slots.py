"""The slots of a ledger's account: how many are in use, by whom, and who waits for one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from storyboard.errors import LedgerError
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.lease import at_work
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place
from storyboard.ledger.slots import in_words, orphans, used_by


def slot_findings(place: Place, slots: int, now: datetime) -> Iterator[Finding]:
    """Of `slots` as this machine knows of them. Nothing where no ledger is, or none that can be read: others say so;
    nor of this machine's own while none is in use."""
    try:
        if not place.has_ledger():
            return
        holders, runs = Ledger.open(place).runs.standing(now)
    except LedgerError:
        return
    if place.shared is None and not holders:
        return
    waiting = [str(run) for run in runs if run.waiting is not None]
    waits = f"; waiting: {', '.join(waiting)}" if waiting else ""
    if place.shared is None and at_work(place.lock) is not None:
        yield Finding("ok", "slots", in_words(slots, (("the render that is at work", len(holders)),)))
    elif orphans(holders, runs) and not runs:
        cure = "`storyboard render` goes on with them, or `storyboard reconcile` fetches them"
        yield Finding("note", "slots", in_words(slots, used_by(holders, runs)), cure)
    else:
        yield Finding("ok", "slots", in_words(slots, used_by(holders, runs)) + waits)
