"""Is this machine's clock right? fal's ids carry the time at which a request was taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from storyboard.fal.history import accepted_at
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.record import Event, State, TakeRecord

ALLOWED = timedelta(minutes=3)  # a submit takes up to two to be answered


def clock(takes: Sequence[TakeRecord], events: Sequence[Event], now: datetime) -> tuple[Finding, ...]:
    """Compares the newest id with when its submit began, and with now. Adopted takes say nothing: they were sent by
    another program, or at another time."""
    adopted = {(e.digest, e.take) for e in events if e.state == State.SENT.value and e.note}
    ours = [take for take in takes if take.key not in adopted and take.origin is None and take.sent_at]
    known = [(moment, take) for take in ours if (moment := accepted_at(take.request_id or "")) is not None]
    if not known:
        return ()
    theirs, take = max(known, key=lambda pair: pair[0])
    off = theirs - datetime.fromisoformat(take.sent_at or take.created_at)
    if abs(off) > ALLOWED or theirs - now > ALLOWED:
        off = off if abs(off) > ALLOWED else theirs - now
        word = "behind" if off > timedelta(0) else "ahead of"
        text = f"this machine's clock was {_words(abs(off))} {word} fal's at the newest request ({take.request_id})"
        cure = "set the clock (an NTP service does it): lost answers are looked for around the time of their sending"
        return (Finding("warn", "clock", text, cure),)
    return (
        Finding("ok", "clock", f"as fal's at the newest request, within {abs(off).total_seconds():.0f} s"),
    )


def _words(span: timedelta) -> str:
    minutes = round(span.total_seconds() / 60)
    return f"{minutes} min" if minutes < 180 else f"{minutes / 60:.0f} h"  # noqa: PLR2004 - what reads better
