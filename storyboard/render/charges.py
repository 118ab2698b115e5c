"""What fal charged for takes, into the ledger. It is never waited for long, and nothing fails for want of it: what is
not known stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from storyboard.errors import StoryboardError
from storyboard.fal.account import Account
from storyboard.fal.charges import Billed, NoRight, billing_events, unit_prices
from storyboard.fal.errors import FalError
from storyboard.fal.queue import TRIES
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import TakeRecord

AROUND = timedelta(hours=1)
QUICK = 8.0  # seconds that the end of a render gives to it


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking. `remarks` say why something stays unknown; `given_up` is what fal charged for attempts that
    a person gave up, by request id: the ledger has no take for them any more."""

    remarks: tuple[str, ...] = ()
    given_up: Mapping[str, Decimal] = field(default_factory=dict)


async def note_charges(wire: Wire, ledger: Ledger, keys: Collection[tuple[str, int]]) -> None:
    """At the end of a render: one question each, no second try, and no failure."""
    try:
        async with asyncio.timeout(QUICK):
            takes = [take for take in ledger.takes() if take.key in keys]
            await _asked(wire, ledger, takes, tries=1)
    except (StoryboardError, TimeoutError):
        return


async def ask_charges(
    ledger: Ledger, account: Account, takes: Sequence[TakeRecord], world: World | None = None
) -> Asked:
    """What fal says by now of each of the takes."""
    async with Wire(account, world or World()) as wire:
        return await _asked(wire, ledger, takes, tries=TRIES)


async def _asked(wire: Wire, ledger: Ledger, takes: Sequence[TakeRecord], *, tries: int) -> Asked:
    gone = _given_up(ledger)
    owed = [take for take in takes if take.request_id and take.charged_by != "billing events"]
    times = [take.sent_at or take.created_at for take in owed] + list(gone.values())
    if not times:
        return Asked()
    remarks = [await _by_units(wire, ledger, owed, tries)]
    billed: dict[str, Billed] = {}
    try:
        start = datetime.fromisoformat(min(times)) - AROUND - abs(wire.skew)
        billed = await billing_events(wire, start, wire.world.now() + AROUND + abs(wire.skew), tries=tries)
    except NoRight as failure:
        remarks.append(str(failure))
    except FalError as failure:
        remarks.append(f"fal's billing events can't be read just now: {failure}")
    for take in owed:
        found = billed.get(take.request_id or "")
        if found is not None and found.total >= 0:
            ledger.charged(take.key, found.unit_price, found.total, "billing events")
    lost = {id_: billed[id_].total for id_ in gone if id_ in billed and billed[id_].total > 0}
    return Asked(tuple(remark for remark in remarks if remark), lost)


async def _by_units(wire: Wire, ledger: Ledger, takes: Sequence[TakeRecord], tries: int) -> str:
    """The charges that follow from fal's units and its price of today; "" or why there are none."""
    counted = [take for take in takes if take.billable_units is not None and take.charge is None]
    if not counted:
        return ""
    try:
        prices = await unit_prices(wire, {take.endpoint for take in counted}, tries=tries)
    except FalError as failure:
        return f"fal's price of a unit can't be read just now: {failure}"
    for take in counted:
        price = prices.get(take.endpoint)
        if price is not None and take.billable_units is not None:
            ledger.charged(take.key, price, take.billable_units * price, "billable units")
    missing = sorted({take.endpoint for take in counted} - set(prices))
    return f"fal names no price of a unit for {', '.join(missing)}" if missing else ""


def _given_up(ledger: Ledger) -> dict[str, str]:
    """Ids of attempts that no take has any more, and when the ledger last named them."""
    kept = {take.request_id for take in ledger.takes()}
    return {e.request_id: e.at for e in ledger.events() if e.request_id and e.request_id not in kept}
