"""`storyboard take pick`: which take goes into the cut, written into the storyboard."""

from __future__ import annotations

from typing import Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.one_scene import OneScene, Sandbox, SceneArgument, one_scene
from storyboard.cli.options import PathArgument, Picks, Prices, Variables, VarsFiles
from storyboard.cli.rewrite import write_field
from storyboard.cli.variables import Given
from storyboard.errors import Refused
from storyboard.ledger.record import State


def command(
    path: PathArgument,
    scene: SceneArgument,
    number: Annotated[int, typer.Argument(metavar="N", min=1, help="The take's number.")],
    sandbox: Sandbox = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Choose the take that goes into the cut: writes `take: N` into the scene. Nothing is sent."""
    given = Given(var, vars_file, pick)
    chosen = one_scene(path, scene, sandbox=sandbox, variables=given, prices=prices)
    if picked(chosen, number):
        out(f"{scene}: take {number} is picked")
        chosen.warn_of_rehearsal()
    else:
        say(f"take {number} of scene {scene} is picked already: nothing was written")
    if chosen.numbered(number).state is not State.VERIFIED:
        say("its clip is not here yet: `storyboard render` fetches it at no charge")
    return 0


def picked(chosen: OneScene, number: int) -> bool:
    """Writes the choice; False when it is what the storyboard says already. Raises Refused, UsageError and WorldError;
    nothing was written then."""
    pin = chosen.request.pin
    if pin is not None:
        raise Refused(
            f"Scene {chosen.id} is pinned to {pin.value.digest}/{pin.value.take}, and that decides. Nothing was "
            f"written. To choose again: {chosen.hint('pin --release')}"
        )
    chosen.numbered(number)
    written = chosen.request.take != number
    if written:
        write_field(chosen.prepared, chosen.id, "take", str(number))
    _seen(chosen, number)
    return written


def _seen(chosen: OneScene, number: int) -> None:
    """Who picks the take that was asked for with `again` knows of it."""
    from storyboard.ledger.ledger import Ledger

    another = Ledger.open(chosen.place).another
    if another.wanted(chosen.digest) == number:
        another.have(chosen.digest)
