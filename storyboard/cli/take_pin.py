"""`storyboard take pin`: a scene keeps a clip whatever its text says later, written into the storyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.inputs import prepare
from storyboard.cli.one_scene import SHORTEST, OneScene, Sandbox, SceneArgument, one_scene, usable
from storyboard.cli.options import PathArgument, Picks, Prices, Variables, VarsFiles
from storyboard.cli.rewrite import write_field
from storyboard.cli.variables import Given
from storyboard.errors import UsageError
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.pins import SHOWN


def command(
    path: PathArgument,
    scene: SceneArgument,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[N|DIGEST/N|REQUEST_ID]", help="Which take; the one in the cut when left out."
        ),
    ] = None,
    release: Annotated[bool, typer.Option("--release", help="Take the pin away.")] = False,
    sandbox: Sandbox = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Keep a clip whatever the scene's text says later: writes `pin: DIGEST/N`. Nothing is sent."""
    given = Given(var, vars_file, pick)
    if release:
        if name is not None:
            raise UsageError("--release takes the scene's pin away, whichever it is: leave the take out.")
        return _release(path, scene, given)
    chosen = one_scene(path, scene, sandbox=sandbox, variables=given, prices=prices)
    if name is None and chosen.request.pin is not None:
        say(f"scene {scene} is pinned already: nothing was written")
        return 0
    take = chosen.numbered(chosen.request.take) if name is None else _named(chosen, name)
    pin = f"{_short(take, chosen)}/{take.take}"
    if write_field(chosen.prepared, scene, "pin", pin):
        out(f"{scene}: pinned to take {take.take} of {take.digest[:SHOWN]}, whatever its text says later")
        chosen.warn_of_rehearsal()
    else:
        say(f"scene {scene} is pinned to {pin} already: nothing was written")
    if take.scene != scene:
        say(f"it was shot as scene {take.scene}")
    if take.state is not State.VERIFIED:
        say("its clip is not here yet: `storyboard render` fetches it at no charge")
    return 0


def _release(path: Path, scene: str, given: Given) -> int:
    prepared = prepare(path, variables=given, scenes=(scene,), missing_is_error=False)
    if write_field(prepared, scene, "pin", None):
        out(f"{scene}: released; its text decides again")
        say("`storyboard plan` shows what that costs; nothing was sent")
    else:
        say(f"scene {scene} is not pinned: nothing was written")
    return 0


def _named(chosen: OneScene, name: str) -> TakeRecord:
    """The take that a name means: N of the present text, a request id, or the digest's beginning and N."""
    if name.isascii() and name.isdigit() and len(name) < SHORTEST:
        return chosen.numbered(int(name))
    found = [take for take in chosen.takes if take.request_id == name] or _by_digest(chosen, name)
    if len(found) != 1:
        what = f"{len(found)} takes" if found else "no take"
        raise UsageError(f"{name!r} names {what} that is known here. {chosen.known()}")
    if not usable(found[0]):
        raise UsageError(f"{name!r} has no clip ({found[0].state.value}). {chosen.known()}")
    return found[0]


def _by_digest(chosen: OneScene, name: str) -> list[TakeRecord]:
    digest, _, number = name.partition("/")
    if len(digest) < SHORTEST:
        return []
    return [t for t in chosen.takes if t.digest.startswith(digest) and number == str(t.take)]


def _short(take: TakeRecord, chosen: OneScene) -> str:
    """As much of the digest as tells it from all others, twelve digits at least."""
    others = {other.digest for other in chosen.takes} - {take.digest}
    length = SHOWN
    while any(other.startswith(take.digest[:length]) for other in others):
        length += 1
    return take.digest[:length]
