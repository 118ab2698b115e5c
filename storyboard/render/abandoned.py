"""Takes that are found in the middle of their POST: whoever sent them is gone, or is another machine that shares the
ledger and is at it at this moment."""

from __future__ import annotations

from storyboard.errors import LedgerError
from storyboard.ledger.departures import Departures
from storyboard.ledger.ledger import Ledger, utc_now
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.rows import stamp
from storyboard.ledger.runs import LONG_AGO
from storyboard.render.stage import Stage, Teller

ENDED = "the program ended while it was being sent"
LOOK_AGAIN = 1.0  # seconds


def found_sending(ledger: Ledger) -> None:
    """Nobody knows what became of what the runs before were sending. Of a shared ledger that is said of this clone's
    own alone, and of what is old: another machine may be sending."""
    departures = Departures(ledger.place)
    ours = departures.left()
    for take in ledger.takes():
        answer = ours.get(take.intent)
        if answer is not None and take.state in {State.SENDING, State.UNKNOWN}:
            ledger.sent(take.key, answer)
        elif take.state is State.SENDING and _is_abandoned(ledger, take, ours=take.intent in ours):
            ledger.unknown(take.key, ENDED)
    for intent in ours:
        departures.arrive(intent)


def _is_abandoned(ledger: Ledger, take: TakeRecord, *, ours: bool) -> bool:
    long_ago = (take.sent_at or take.created_at) < stamp(utc_now() - LONG_AGO)
    return ledger.place.shared is None or ours or long_ago


async def anothers(stage: Stage, take: TakeRecord, teller: Teller) -> TakeRecord:
    """A take that another machine which shares the ledger is sending, as soon as that has come to an end; a POST that
    lasts longer than one can is one whose sender is gone. No clock is asked but how long we wait."""
    began = stage.world.elapsed()
    while take.state is State.SENDING and stage.ledger.place.shared is not None:
        if stage.world.elapsed() - began > stage.patience.another:
            return _given_up(stage.ledger, take)
        teller.tell("waiting", line="another machine that shares the ledger is sending it")
        await stage.world.sleep(LOOK_AGAIN)
        take = stage.ledger.get(take.key)
    return take


def _given_up(ledger: Ledger, take: TakeRecord) -> TakeRecord:
    try:
        return ledger.unknown(take.key, "the machine that was sending it was not heard of any more")
    except LedgerError:  # it was, at this very moment
        return ledger.get(take.key)
