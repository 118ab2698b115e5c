"""`storyboard webhook`: receives fal's calls, so that a render that waits asks at once."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.options import PathArgument
from storyboard.cli.place import chosen_place
from storyboard.errors import UsageError, WorldError
from storyboard.listening import LOOPBACK
from storyboard.location import locate
from storyboard.report.counted import counted

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.render.receiver import Kind


def command(
    path: PathArgument,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 takes any free one.")] = 0,
    host: Annotated[
        str, typer.Option(help="The address to listen at; by default only this machine is heard.")
    ] = LOOPBACK,
) -> int:
    """Receive fal's webhooks for a project until Ctrl-C. Each verified one makes a waiting render ask fal at once."""
    _needs()
    from storyboard.ledger.facts import known_takes

    place = chosen_place(locate(path).project, sandbox=False)
    known_takes(
        place.project, place=place
    )  # a ledger that can't be believed is said now and not at each call
    with _bound(host, port) as listening:
        out(_url(listening))
        say(
            "hears fal's calls about this project until Ctrl-C. fal reaches https only: let a tunnel or proxy pass "
            "its calls on to here, and name its address: `storyboard render PATH --webhook-url https://…`"
        )
        counts = _received(place, path, listening)
    out(counts_text(counts))
    return 0


def _needs() -> None:
    try:
        import cryptography
        import starlette
        import uvicorn
    except ModuleNotFoundError as missing:
        raise UsageError(
            f'Receiving webhooks needs {missing.name}: run `pip install "storyboard-compiler[webhook]"`, then the '
            "same command again. Nothing was started; a render does without webhooks as well."
        ) from None
    del cryptography, starlette, uvicorn


def _received(place: Place, path: Path, listening: socket.socket) -> Counter[Kind]:
    from storyboard.fal.account import Account, base_url_from
    from storyboard.fal.webhooks import Keys
    from storyboard.fal.wire import Wire
    from storyboard.fal.world import World
    from storyboard.render.interrupt import stop_on_signals
    from storyboard.render.receiver import Receiver, receive

    world = World()
    counts: Counter[Kind] = Counter()

    async def all_of_it() -> None:
        # Public keys are all that is asked for, and no key of ours is at hand that could go along.
        async with Wire(Account(None, base_url_from()), world) as wire:
            with stop_on_signals() as stop:
                receiver = Receiver(place, Keys(wire), world, _teller(place, path), counts=counts)
                await receive(receiver, listening, stop)

    with suppress(KeyboardInterrupt):  # it comes where signals can't be watched
        asyncio.run(all_of_it())
    return counts


def _teller(place: Place, path: Path) -> Callable[[Kind, str, TakeRecord | None], None]:
    """Says what is worth a line: each take once, and of each kind of refusal the first, for anybody can send those."""
    from storyboard.ledger.lease import at_work

    told: set[Kind] = set()

    def heard(kind: Kind, text: str, take: TakeRecord | None) -> None:
        if kind == "noted" and take is not None:
            what = "the render at work asks now" if at_work(place.lock) else f"run `storyboard render {path}`"
            say(f"{take.scene}, take {take.take}: fal says that request {take.request_id} has ended: {what}")
        elif kind != "again" and kind not in told:
            told.add(kind)
            say(f"refused, {kind}: {text}. More of the kind are only counted.")

    return heard


def counts_text(counts: Counter[Kind]) -> str:
    words = ", ".join(f"{number} {kind}" for kind, number in sorted(counts.items()))
    return f"{counted(counts.total(), 'call')}: {words}" if words else "no call came"


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=128)
    except OSError as failure:
        raise WorldError(
            f"{host} port {port} can't be listened at: {failure.strerror or failure}. Nothing was started. Choose "
            "another with --port and --host."
        ) from failure


def _url(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
