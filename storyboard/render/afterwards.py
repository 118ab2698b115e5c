"""What a render still does and says when its takes have come to rest. None of it makes a render fail."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from storyboard.fal.errors import FalError
from storyboard.fal.keeping import delete
from storyboard.ledger.record import State, TakeRecord
from storyboard.render.charges import note_charges
from storyboard.render.stage import Stage

WRONG = timedelta(minutes=2)  # a clock that is off by more is worth a word


async def afterwards(stage: Stage, keys: Collection[tuple[str, int]]) -> tuple[str, ...]:
    """Notes the charges, deletes at fal what is to be deleted, looks at the clock; returns remarks for the person."""
    await note_charges(stage.wire, stage.ledger, keys)
    said = [clock_in_words(stage.wire.skew)]
    if stage.wire.settings.fal_media == "delete":
        said.append(await _deleted([take for take in stage.ledger.takes() if take.key in keys], stage))
    return tuple(remark for remark in said if remark)


def clock_in_words(skew: timedelta) -> str:
    """`skew` is fal's time less ours. Empty when they agree."""
    if abs(skew) < WRONG:
        return ""
    minutes = round(abs(skew).total_seconds() / 60)
    side = "behind" if skew > timedelta(0) else "ahead of"
    return (
        f"this machine's clock is {minutes:,} minutes {side} fal's: takes whose answer is lost are harder to find "
        "again, and expiry is reckoned wrong. Set the clock."
    )


async def _deleted(takes: Collection[TakeRecord], stage: Stage) -> str:
    """Only what is verified and in the store goes: from then on ours is the only copy."""
    home = [take for take in takes if take.state is State.VERIFIED and take.clip and take.request_id]
    for take in [take for take in home if stage.store.holds(take.clip or "")]:
        try:
            await delete(stage.wire, take.request_id or "")
        except FalError as failure:
            return f"fal still keeps what it has of scene {take.scene}, and perhaps of others: {failure!s}"
    return ""
