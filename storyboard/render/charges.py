"""What fal charged for takes, into the ledger. It is never waited for long, and nothing fails for want of it: what is
not known stays unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from storyboard.errors import StoryboardError
from storyboard.fal.account import Account
from storyboard.fal.charges import LONGEST, Billed, NoRight, billing_events, unit_prices
from storyboard.fal.errors import FalError
from storyboard.fal.queue import TRIES
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import TakeRecord

AROUND = timedelta(hours=1)
# After it was sent, a take is asked for again, though its bill is known: fal's accounting was seen to come hours late,
# and a refund or a second event comes when somebody there decides it.
AGAIN = timedelta(days=30)
TOLD = LONGEST - timedelta(
    days=2
)  # since a take was sent: of an older one, a part of the events would count as all
QUICK = 8.0  # seconds that the end of a render gives to it


class Asked(Struct, frozen=True):
    """What came of asking. `remarks` say why something stays unknown."""

    remarks: tuple[str, ...] = ()


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
    """Also of attempts that were given up: nobody names them any more."""
    now = wire.world.now()
    owed = [take for take in takes if _owed(take, now)]
    gone = [attempt for attempt in ledger.earlier() if _owed(attempt, now)]
    if not owed and not gone:
        return Asked()
    remarks = [await _by_units(wire, ledger, owed, tries)]
    told = [take for take in (*owed, *gone) if _sent(take) > now - TOLD]
    try:
        billed = await _billed(wire, told, tries)
    except NoRight as failure:
        billed, remarks = {}, [*remarks, str(failure)]
    except FalError as failure:
        billed, remarks = {}, [*remarks, f"fal's billing events can't be read just now: {failure}"]
    for take in told:
        found = billed.get(take.request_id or "")
        if found is not None and found.total >= 0:
            _noted(ledger, take, found, latest=take in owed)
    if any(take.charge is None and _sent(take) <= now - TOLD for take in owed):
        remarks.append(f"fal tells what it charged for {TOLD.days} days: older takes stay as they are known")
    return Asked(tuple(remark for remark in remarks if remark))


async def _billed(wire: Wire, takes: Sequence[TakeRecord], tries: int) -> dict[str, Billed]:
    """By request id, whole: no event of a request comes before it was sent."""
    if not takes:
        return {}
    around = AROUND + abs(wire.skew)
    start, end = min(map(_sent, takes)) - around, wire.world.now() + around
    return await billing_events(wire, start, end, tries=tries)


def _noted(ledger: Ledger, take: TakeRecord, found: Billed, *, latest: bool) -> None:
    if latest:
        ledger.charged(take.key, found.unit_price, found.total, "billing events")
    elif found.total or take.charge:  # nothing is told of an attempt that cost nothing
        ledger.charges.note_given_up(take, found.unit_price, found.total, "billing events")


def _owed(take: TakeRecord, now: datetime) -> bool:
    """Is there something to ask for? A bill that is known may be corrected for a while."""
    known = take.charged_by == "billing events" and _sent(take) < now - AGAIN
    return take.request_id is not None and not known


def _sent(take: TakeRecord) -> datetime:
    return datetime.fromisoformat(take.sent_at or take.created_at)


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
