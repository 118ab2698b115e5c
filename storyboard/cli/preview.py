"""`storyboard preview`: the report's page, live in the browser while the storyboard is written."""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
import webbrowser
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.concurrency import at_a_time
from storyboard.cli.console import interactive, out, say
from storyboard.cli.inputs import Asked, given_budget
from storyboard.cli.options import (
    Approve,
    MaxCost,
    PathArgument,
    Picks,
    Prices,
    Rehearse,
    Scenes,
    Variables,
    VarsFiles,
)
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import Given, looked_at
from storyboard.errors import UsageError
from storyboard.location import Location, locate
from storyboard.plan.policy import approved

if TYPE_CHECKING:
    from storyboard.preview.access import Access
    from storyboard.preview.buying import Bought


def command(
    path: PathArgument,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")] = 0,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address.")] = False,
    sandbox: Rehearse = False,
    max_cost: MaxCost = None,
    approve: Approve = None,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Show a storyboard in the browser while it is written, until Ctrl-C: the report's page, live, with the plan and
    its price. Nothing is sent but what you agree to there."""
    _needs()
    from storyboard.listening import bind
    from storyboard.preview.access import Access

    asked = Asked(scene, None, Given(var, vars_file, pick), prices, max_cost, approve)
    location = _looked_at(path, asked, sandbox=sandbox)
    with bind(port, "the preview") as listening:
        access = Access(listening.getsockname()[1])
        out(access.address)
        say(f"the preview of {location.shown}, for this machine alone; Ctrl-C ends it")
        if not no_open and interactive():
            # Some are programs of this terminal and come back when they end: the page is served meanwhile.
            threading.Thread(target=webbrowser.open, args=(access.opened,), daemon=True).start()
        bought = _served(path, location, asked, listening, access, sandbox=sandbox)
    if bought is not None and bought.failure is not None:
        raise bought.failure
    say("the preview has ended")
    return 0


def _needs() -> None:
    try:
        import starlette
        import uvicorn
        import watchfiles
    except ModuleNotFoundError as missing:
        raise UsageError(
            f'The preview needs {missing.name}: run `pip install "storyboard-compiler[preview]"`, then the same '
            "command again. `storyboard report` writes the page without it."
        ) from None
    del starlette, uvicorn, watchfiles


def _looked_at(path: Path, asked: Asked, *, sandbox: bool) -> Location:
    """The storyboard that is meant; what is wrong with the options is said before anything is served. Raises
    UsageError."""
    looked_at(asked.prices, asked.variables)
    given_budget(asked.max_cost)
    approved(asked.approve or ())
    at_a_time()
    location = locate(path)
    chosen_place(location.project, sandbox=sandbox)
    return location


def _served(
    path: Path, location: Location, asked: Asked, listening: socket.socket, access: Access, *, sandbox: bool
) -> Bought | None:
    """Until Ctrl-C: how the render ended that it stopped, where one was at work."""
    from storyboard.cli.page_facts import look
    from storyboard.cli.preview_film import PreviewFilm
    from storyboard.cli.preview_look import Looker
    from storyboard.preview.serve import preview

    looker = Looker(path, location.source, asked, sandbox, look())
    with tempfile.TemporaryDirectory(prefix="storyboard-preview-") as aside, suppress(KeyboardInterrupt):
        film = PreviewFilm(looker)
        return asyncio.run(
            preview(
                film, location.source, Path(aside), listening, access, lambda: datetime.now().astimezone()
            )
        )
    return None
