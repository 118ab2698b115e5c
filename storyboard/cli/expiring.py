"""Warns of what is paid and will soon be gone at fal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from storyboard.cli.console import say
from storyboard.render.expiry import Expiring, expiring

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.read.settings import FalSettings


def warn_of_expiry(takes: Sequence[TakeRecord], place: Place, settings: FalSettings) -> None:
    from storyboard.ledger.facts import known_stock
    from storyboard.ledger.store import Store

    if not takes:
        return
    found = expiring(takes, Store(place).names(), settings, datetime.now(UTC))
    shared = known_stock(place, {one.take.clip for one in found if one.take.clip is not None}).clips
    for one in found:
        if one.take.clip not in shared:
            say(f"warning: {expiry_in_words(one)}")


def expiry_in_words(one: Expiring) -> str:
    take, moment = one.take, f"{one.until:%Y-%m-%d %H:%M} UTC"
    who = f"{take.scene}, take {take.take} ({take.request_id}), is paid and its clip is not here"
    when = (
        f"may be gone from {moment} on, in {_span(one.left)}"
        if one.left > timedelta(0)
        else (f"may be gone since {moment}")
    )
    return f"{who}; at fal it {when}. `storyboard render` or `storyboard reconcile` fetches it at no charge."


def _span(left: timedelta) -> str:
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)[:20] or "less than a minute"
