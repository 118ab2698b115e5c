"""`storyboard cancel`: stops what is queued or running, and says what may still be charged."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.choice import Scenes as Own
from storyboard.cli.choice import listed, scenes_of
from storyboard.cli.console import fail, out, say
from storyboard.cli.manner import speak
from storyboard.cli.options import (
    Log,
    PathArgument,
    Picks,
    Prices,
    Quiet,
    Scenes,
    Variables,
    VarsFiles,
    Verbose,
)
from storyboard.cli.variables import Given, looked_at
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.location import locate
from storyboard.report.money import dollars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.ledger.ledger import Ledger
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
PATIENCE = 15.0  # seconds for a submit that is under way
LOOK_AGAIN = 0.1


def command(
    path: PathArgument,
    scenes: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCENE...", help="Only these: scenes, SCENE/TAKE, or request ids."),
    ] = None,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Stop takes that are queued or running, and keep a render that is at work from sending more of these scenes. What
    runs already may still be charged."""
    speak("cancel", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    from storyboard.cli.place import chosen_place
    from storyboard.fal.account import account_from
    from storyboard.ledger.lease import at_work
    from storyboard.ledger.ledger import Ledger
    from storyboard.render.cancel import cancel_takes

    looked_at(prices, given)
    place = chosen_place(locate(path).project, sandbox=False)
    if not place.has_ledger():
        say("nothing is queued or running")
        return 0
    ledger = Ledger.open(place)
    own = scenes_of(path, given, ledger.takes())
    names = [*(scenes or []), *(scene or [])]
    _chosen(own, ledger.takes(), names)  # a name that means nothing is said before anything is done
    working = at_work(place.lock)
    _hold(ledger, own, names)
    chosen = _chosen(own, _at_fal(ledger, own, names), names, tell=True)
    if working is not None:
        held = ", ".join(_held(own, names)[0]) or "nothing"
        say(f"{working}: it sends nothing more of {held}; the next `storyboard render` does")
    if not chosen:
        say("nothing of it is queued or running")
        return 0
    account = account_from()
    account.needed_key()
    stopped = asyncio.run(cancel_takes(chosen, ledger, account))
    for one in stopped:
        out(_line(one))
    _say_cures(own, stopped)
    return 4 if any(one.end == "failed" for one in stopped) else 0


def _hold(ledger: Ledger, own: Own, names: Sequence[str]) -> None:
    """Before anything is looked at: what is not being sent by now is not sent by a render that is at work."""
    scenes, digests = _held(own, names)
    if scenes:
        ledger.holds.hold(scenes, digests)


def _held(own: Own, names: Sequence[str]) -> tuple[list[str], list[str]]:
    """The scenes that are meant whole. One take of a scene, or an id, is of something that is at fal already."""
    scenes = [name for name in own.keys if not names or name in names]
    return scenes, [digest for name in scenes if (digest := own.keys[name][0])]


def _at_fal(ledger: Ledger, own: Own, names: Sequence[str]) -> list[TakeRecord]:
    """What fal has of it. A submit that is under way is waited for: its answer brings the id to cancel."""
    from storyboard.ledger.record import State

    deadline = time.monotonic() + PATIENCE
    while True:
        takes = ledger.takes()
        leaving = [take for take in _chosen(own, takes, names) if take.state is State.SENDING]
        if not leaving or time.monotonic() > deadline:
            break
        time.sleep(LOOK_AGAIN)
    if leaving:
        fail(
            f"is being sent just now, so it can't be cancelled yet: {listed(leaving)}. Run the same command again."
        )
    return [take for take in takes if take.state is State.SENT]


def _say_cures(own: Own, stopped: Sequence[Stopped]) -> None:
    """What to run next, for each kind of end."""
    free = [one.take.scene for one in stopped if one.end in FREE]
    billed = [one.take.scene for one in stopped if one.end == "cancelled"]
    waiting = [one.take.scene for one in stopped if one.end == "signalled"]
    if free:
        say(f"`storyboard render {own.path}` sends {', '.join(free)} again, at the price that its plan shows")
    if billed:
        options = " ".join(f"--resend {name}" for name in billed)
        say(
            f"`storyboard reconcile {own.path} {options}` lets the next render send it again, at its full price"
        )
    if waiting:
        say(
            f"`storyboard reconcile {own.path}` says later how {', '.join(waiting)} ended, and fetches what was made"
        )


def _chosen(
    own: Own, sent: Sequence[TakeRecord], names: Sequence[str], *, tell: bool = False
) -> list[TakeRecord]:
    """The takes that are meant; of a storyboard's others only those that are named for certain."""
    if not names:
        others = [take for take in sent if not own.has(take)]
        if others and tell:
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
