"""Attempts that a person gave up for another, though they may have been paid: a take tells of its latest alone, the
events of all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from storyboard.ledger.record import Event, Evidence, State, TakeRecord
from storyboard.ledger.rows import Key, exact

# Why a take is opened again though no attempt was given up.
NOTHING_BOUGHT = "sent again: nothing had been bought"
FOUND_AFTER_ALL = "found in fal's history after all"
ENDED = frozenset({State.UNKNOWN.value, State.FAILED.value, State.CANCELLED.value})
CHARGED = re.compile(r"charged (\d+(?:\.\d+)?) USD \(")


def charge_noted(charge: Decimal, by: Evidence, unit_price: Decimal | None) -> str:
    """The note of an event that tells of a charge; `given_up` reads it."""
    price = f", {exact(unit_price)} USD a unit" if unit_price is not None else ""
    return f"charged {exact(charge)} USD ({by}{price})"


def given_up(takes: Sequence[TakeRecord], events: Iterable[Event]) -> tuple[TakeRecord, ...]:
    """Each as the take was then, with the estimate of the attempt that followed. `events` in their order."""
    known = {take.digest: take for take in takes} | {take.key: take for take in takes}
    sent: dict[Key, str] = {}
    charges: dict[Key, Decimal] = {}
    found = []
    for event in events:
        key = (event.digest, event.take)
        if event.state == State.SENDING.value:
            sent[key] = event.at
            charges.pop(key, None)
        elif charged := CHARGED.match(event.note or ""):
            charges[key] = Decimal(charged[1])
        elif _gives_up(event) and (take := known.get(key) or known.get(event.digest)):
            found.append(_as_it_was(take, event, sent.get(key, event.at), charges.pop(key, None)))
    return tuple(found)


def _gives_up(event: Event) -> bool:
    opened = event.state == State.INTENDED.value and event.was in ENDED
    return opened and event.note not in {NOTHING_BOUGHT, FOUND_AFTER_ALL}


def _as_it_was(take: TakeRecord, event: Event, sent_at: str, charge: Decimal | None) -> TakeRecord:
    return replace(
        take,
        state=State(event.was or ""),
        request_id=event.request_id,
        sent_at=sent_at,
        charge=charge,
        charged_by=None,
        unit_price=None,
        billable_units=None,
        clip=None,
        clip_url=None,
        voice=None,
        error=event.note,
        maybe_billed=True,
    )
