"""Attempts that a person gave up for another, though they may have been paid: a take tells of its latest alone, the
events of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from storyboard.ledger.record import Event, State, TakeRecord

# Why a take is opened again though no attempt was given up.
NOTHING_BOUGHT = "sent again: nothing had been bought"
FOUND_AFTER_ALL = "found in fal's history after all"
ENDED = frozenset({State.UNKNOWN.value, State.FAILED.value, State.CANCELLED.value})


def given_up(takes: Sequence[TakeRecord], events: Iterable[Event]) -> tuple[TakeRecord, ...]:
    """Those of `earlier` that may have been paid: a person gave them up, or fal charged for them though it was thought
    that it would not."""
    return tuple(
        attempt for attempt in earlier(takes, events) if attempt.maybe_billed or attempt.charge is not None
    )


def earlier(takes: Sequence[TakeRecord], events: Iterable[Event]) -> tuple[TakeRecord, ...]:
    """All attempts at takes but the latest, each as the take was then, with what fal said since that it was charged.
    `events` in their order. An attempt whose request a take has again, because a person said so, is that take."""
    listed = list(events)
    known = {take.digest: take for take in takes} | {take.key: take for take in takes}
    again = {take.request_id for take in takes if take.request_id}
    charges = {event.request_id: event for event in listed if event.request_id and event.charge is not None}
    found = []
    for event in listed:
        take = known.get((event.digest, event.take)) or known.get(event.digest)
        if _opens(event) and take is not None and event.request_id not in again:
            found.append(_as_it_was(take, event, charges.get(event.request_id or "", event)))
    return tuple(found)


def gives_up(event: Event) -> bool:
    """Did a person give up an attempt that may have been paid?"""
    return _opens(event) and event.note != NOTHING_BOUGHT


def _opens(event: Event) -> bool:
    ended = event.state == State.INTENDED.value and event.was in ENDED
    return ended and event.note != FOUND_AFTER_ALL


def _as_it_was(take: TakeRecord, event: Event, charged: Event) -> TakeRecord:
    return replace(
        take,
        state=State(event.was or ""),
        request_id=event.request_id,
        sent_at=event.sent_at or event.at,
        price_book=event.price_book,
        estimate=event.estimate,
        charge=charged.charge,
        charged_by=charged.charged_by,
        unit_price=charged.unit_price,
        billable_units=None,
        clip=None,
        clip_url=None,
        voice=None,
        error=event.note,
        maybe_billed=gives_up(event),
    )
