"""What may never be, and how it must end: invariants I1 to I7, held to the fake's own record of what it took.

A budget's, I4, is in the rule that renders (`paying_once.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hypothesis.stateful import invariant
from kept_rows import kept
from msgspec.structs import replace
from played_fal import Job
from played_person import WELL, PlayedPerson, Wrong
from virtual_time import START

from storyboard.ledger.record import Event, State, TakeRecord

HOUR = 3600.0
LONGEST_LAG = 15 * HOUR


class Invariants(PlayedPerson):
    """What holds after each rule, and once all has come to rest."""

    # what may never be

    @invariant()
    def holds(self) -> None:
        if self.unannounced:
            raise Wrong(f"I2: {self.unannounced}")
        takes, events = self.ledger().takes(), self.ledger().events()
        self.paid_once(takes)
        self.nothing_forgotten(
            takes, {t.request_id or "" for t in takes} | {e.request_id or "" for e in events}
        )
        self.nothing_goes_back(takes, events)

    def paid_once(self, takes: Sequence[TakeRecord]) -> None:
        """I1: an intent is taken once; a take is charged once, and once more for each time that a person said so."""
        jobs = [job for job in self.fal.jobs.values() if job.id not in self.forgiven]
        twice = [intent for intent, n in Counter(job.intent for job in jobs).items() if n > 1]
        if twice:
            raise Wrong(f"I1: taken twice as one intent: {twice}")
        bought = Counter(job.body for job in jobs if job.billed)
        for body, count in bought.items():
            digests = {take.digest for take in takes if take.body == body}
            allowed = sum(len(self.asked_for[d]) for d in digests)
            allowed += sum(n for (digest, _), n in self.again.items() if digest in digests)
            if count > allowed:
                raise Wrong(f"I1: {body} was bought {count} times, {allowed} may be")

    def nothing_forgotten(self, takes: Sequence[TakeRecord], named: set[str]) -> None:
        """I3: what fal took is named, or there is a take that may be it."""
        lost = Counter(j.body for j in self.fal.jobs.values() if j.id not in named | self.forgiven)
        for body, count in lost.items():
            of_it = [take for take in takes if take.body == body]
            open_ones = sum(
                t.request_id is None and (t.maybe_billed or t.state is State.SENDING) for t in of_it
            )
            given_up = sum(self.again[key] for key in {take.key for take in of_it})
            if count > open_ones + given_up:
                jobs = [job for job in self.fal.jobs.values() if job.body == body]
                told = [event for event in self.events if event.digest in {take.digest for take in of_it}]
                raise Wrong(
                    f"I3: {count} taken of {body}, and the ledger does not name them: {of_it}; {jobs}; {told}"
                )

    def nothing_goes_back(self, takes: Sequence[TakeRecord], events: tuple[Event, ...]) -> None:
        """I5: the events only grow, an intent keeps its id, a finished take stays as it is."""
        if events[: len(self.events)] != self.events:
            raise Wrong("I5: what had happened was changed")
        self.events = events
        for take in takes:
            if self.ids.setdefault(take.intent, take.request_id or "") not in {"", take.request_id}:
                raise Wrong(f"I5: the id of an intent changed: {take}")
            if take.request_id:
                self.ids[take.intent] = take.request_id
            if _lasting(self.finished.get(take.key, take)) != _lasting(take):
                raise Wrong(f"I5: a finished take changed: {self.finished[take.key]} → {take}")
            if take.state is State.VERIFIED:
                self.finished[take.key] = take

    # the end

    def _comes_to_rest(self) -> None:
        """I7: without faults and with a whole history, all that fal took comes home. I6: then nothing is asked."""
        self.time.seconds = max(self.time.seconds, self.fal.outage) + LONGEST_LAG + HOUR
        self.time.wrong, self.resting = 0.0, True
        for _ in range(3):
            self.script(WELL)
            self.do(self.work())
            self._reconciled()
            self.time.seconds += HOUR
            if len(self.ledger().events()) == len(self.events):
                break
            self.holds()
        named = self._named() | self.forgiven
        for take in self.ledger().takes():
            mine = [j for j in self.fal.jobs.values() if j.body == take.body and j.id not in named]
            self._at_rest(take, mine)
        self._idle()

    def _at_rest(self, take: TakeRecord, unclaimed: list[Job]) -> None:
        self.tally[f"ended {take.state.value}"] += 1
        if take.state is State.UNKNOWN and unclaimed and self._clock_told_lies(take, unclaimed):
            return
        if take.state is State.UNKNOWN and unclaimed:
            raise Wrong(f"I7: fal took it, and it is not found: {take}, {unclaimed}")
        wanted = take.key in {(r.digest, r.take) for r in self.requests()}
        ends = {State.VERIFIED, State.UNKNOWN, State.FAILED, State.CANCELLED} | (
            set() if wanted else {State.INTENDED}
        )
        if take.state not in ends:
            raise Wrong(f"I7: it does not come to an end: {take}")
        if wanted and take.state in {State.FAILED, State.CANCELLED} and not take.maybe_billed:
            raise Wrong(f"I7: nothing was bought for it, and it is not sent again: {take}")

    def _clock_told_lies(self, take: TakeRecord, unclaimed: list[Job]) -> bool:
        """Sent by a wrong clock before fal had told the time even once: it waits for a person."""
        sent = (datetime.fromisoformat(take.sent_at or "") - START).total_seconds()
        lies = all(abs(job.accepted - sent) > HOUR for job in unclaimed)
        self.tally["sent by a wrong clock, parked"] += lies
        return lies

    def _idle(self) -> None:
        asked, disk = self.fal.asked.total(), kept(self.place)
        done = {take.key for take in self.ledger().takes() if take.state is State.VERIFIED}
        if not all((r.digest, r.take) in done for r in self.requests()):
            return
        result = self.do(self.work())
        if self.fal.asked.total() != asked or kept(self.place) != disk:
            raise Wrong(f"I6: a finished project asked for something, or wrote: {result}")
        self.tally["finished films"] += 1


def _lasting(take: TakeRecord) -> TakeRecord:
    """What may not change once a take is finished: its charge comes later, and a clip may be gone and come back."""
    return replace(take, unit_price=None, charge=None, charged_by=None, error=None)
