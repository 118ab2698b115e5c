"""`storyboard cancel`: stops what is queued or running, and says what may still be charged."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.choice import Scenes as Own
from storyboard.cli.choice import listed, scenes_of
from storyboard.cli.console import out, say
from storyboard.cli.options import PathArgument, Prices, Scenes, Variables
from storyboard.cli.variables import looked_at
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.location import locate
from storyboard.report.money import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.ledger.record import TakeRecord
    from storyboard.render.cancel import Stopped

WORDS = {
    "cancelled in the queue": "it had not begun: cancelled, and not charged",
    "cancelled": "cancelled; it may have begun, and may still be charged",
    "signalled": "fal has the cancellation; it has not ended yet and may still be charged",
    "finished": "it was done already: `storyboard render` fetches its clip",
    "not known": "fal does not know it (any more)",
    "failed": "it could not be cancelled",
}
FREE = {"cancelled in the queue"}


def command(
    path: PathArgument,
    scenes: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENE...", help="Only these: scenes, SCENE/TAKE, or request ids."),
    ] = None,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """Stop takes that are queued or running. What runs already may still be charged."""
    from storyboard.cli.place import chosen_place
    from storyboard.fal.account import account_from
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.record import State
    from storyboard.render.cancel import cancel_takes

    looked_at(prices, var)
    place = chosen_place(locate(path).project, sandbox=False)
    if not place.ledger.is_file():
        say("nothing is queued or running")
        return 0
    ledger = Ledger.open(place)
    sent = [take for take in ledger.takes() if take.state is State.SENT]
    chosen = _chosen(scenes_of(path, var), sent, [*(scenes or []), *(scene or [])])
    if not chosen:
        say("nothing of it is queued or running")
        return 0
    account = account_from()
    account.needed_key()
    stopped = asyncio.run(cancel_takes(chosen, ledger, account))
    for one in stopped:
        out(_line(one))
    return 4 if any(one.end == "failed" for one in stopped) else 0


def _chosen(own: Own, sent: Sequence[TakeRecord], names: Sequence[str]) -> list[TakeRecord]:
    """The takes that are meant; of a storyboard's others only those that are named for certain."""
    if not names:
        others = [take for take in sent if not own.has(take)]
        if others:
            say(
                f"at fal, but not of {own.path} as it is now: {listed(others)}. `storyboard cancel {own.path} ID` "
                "stops one."
            )
        return [take for take in sent if own.has(take)]
    found = [(name, own.named(sent, name)) for name in names]
    for name, takes in found:
        if not takes and name.partition("/")[0] not in own.keys:
            hint = did_you_mean(name, list(own.keys)) or "it has none"
            raise UsageError(f"{own.path} has no scene {name!r}: {hint}")
    return list({take.key: take for _, takes in found for take in takes}.values())


def _line(stopped: Stopped) -> str:
    take = stopped.take
    price = "" if stopped.end in FREE or take.estimate is None else f" (estimate {dollars(take.estimate)})"
    reason = f": {stopped.reason}" if stopped.reason else ""
    return f"{take.scene}, take {take.take}: {WORDS[stopped.end]}{price}{reason}"
