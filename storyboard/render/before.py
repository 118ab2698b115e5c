"""Before a take is paid for: does fal's history have this very request, though the ledger does not know it?

A ledger that was lost, or put back from an old backup, has forgotten takes that are paid. Found means adopted, at no
charge; a history that this key may not read, or that can't be read now, is no reason to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from storyboard.fal import history
from storyboard.fal.errors import FalError
from storyboard.fal.hosts import submission
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.steps import Plan, Step
from storyboard.render.buy import claimed
from storyboard.render.stage import Stage, Teller
from storyboard.render.uploads import Uploader, body_by_content

BACK = timedelta(days=6)  # fal keeps clips for 7 days at least; what is older could not be fetched
AHEAD = timedelta(hours=1)
PAGES = 30
TRIES = 2
FIRST = datetime.min.replace(tzinfo=UTC)


class Before:
    """One look into the history an endpoint a run, shared by all who are about to send."""

    def __init__(self, stage: Stage, plan: Plan, uploader: Uploader) -> None:
        self._stage = stage
        self._plan = plan
        self._uploader = uploader
        self._seen: dict[str, tuple[history.Past, ...]] = {}
        self._looking = asyncio.Lock()

    async def adopted(self, step: Step, teller: Teller) -> TakeRecord | None:
        """The step's take, when fal has it and no other take does; else None: it is to be bought."""
        past = await self._history(step.request.endpoint, teller)
        body = body_by_content(step.request, self._uploader.uploads)
        async with self._stage.adopting:
            found = _spare(past, body, self._stage)
            return None if found is None else self._record(step, body, found, teller)

    async def _history(self, endpoint: str, teller: Teller) -> tuple[history.Past, ...]:
        async with self._looking:
            if endpoint not in self._seen:
                teller.tell("checking")
                self._seen[endpoint] = await self._looked(endpoint, teller)
            return self._seen[endpoint]

    async def _looked(self, endpoint: str, teller: Teller) -> tuple[history.Past, ...]:
        wire = self._stage.wire
        start, end = wire.world.now() - BACK, wire.world.now() + AHEAD + abs(wire.skew)
        try:
            return await history.entries(wire, endpoint, start, end, pages=PAGES, tries=TRIES)
        except FalError as failure:
            teller.tell("checking", line=f"it can't be read, so the ledger alone counts: {failure}")
            return ()

    def _record(self, step: Step, body: str, request_id: str, teller: Teller) -> TakeRecord | None:
        ledger = self._stage.ledger
        record, book = claimed(self._stage, self._plan, step), self._plan.price_book
        # As sent when fal took it: "now" would be read as a clock that was wrong, and the windows in which lost answers
        # of other takes are looked for would reach back to whatever was bought then.
        accepted = history.accepted_at(request_id)
        if ledger.begin_sending(record.key, body, step.amount, book, bought=True, accepted=accepted) is None:
            return None
        teller.tell("checking", line=f"it has it as {request_id}: adopted, not bought again")
        found = submission(self._stage.wire.account, step.request.endpoint, request_id)
        return ledger.sent(record.key, found, "adopted: fal's history had it, the ledger did not")


def _spare(past: Sequence[history.Past], body: str, stage: Stage) -> str | None:
    """An entry with that body that succeeded and that no take has. Takes whose answer was lost come first."""
    if all(entry.body != body for entry in past):
        return None  # as usual: it need not be compared with all that was ever bought
    gone = _taken(stage.ledger)
    alike = [p for p in past if p.body == body and p.request_id not in gone and (p.status or 200) < 400]  # noqa: PLR2004
    takes = stage.ledger.takes()
    for take in takes:
        if take.state in {State.UNKNOWN, State.SENDING} and take.body == body:
            sent_at = datetime.fromisoformat(take.sent_at or take.created_at)
            then = history.skews_around(take, takes)
            for owed in history.matches(alike, body, sent_at, stage.wire.skew, then)[:1]:
                alike.remove(owed)
    return min(alike, key=lambda p: (p.at or FIRST, p.request_id)).request_id if alike else None


def _taken(ledger: Ledger) -> set[str | None]:
    return {take.request_id for take in ledger.takes()} | {event.request_id for event in ledger.events()}
