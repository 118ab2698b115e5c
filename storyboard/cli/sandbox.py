"""`storyboard sandbox`: the fal look-alike by itself."""

from __future__ import annotations

import signal
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from storyboard.catalog.prices import DEFAULT_BOOK
from storyboard.cli.console import out, say
from storyboard.sandbox.faults import FAULTS

FAULT_NAMES = ", ".join(fault.name for fault in FAULTS)


def command(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")] = 0,
    latency: Annotated[float, typer.Option(min=0, help="Simulated run time of a request, in seconds.")] = 0.5,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=RATE", help=f"Makes something go wrong, at a rate from 0 to 1: {FAULT_NAMES}."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides when faults strike: the same seed strikes alike.")] = 0,
    log: Annotated[Path | None, typer.Option(help="Writes one JSON line a request to this file.")] = None,
    prices: Annotated[
        str, typer.Option(metavar="BOOK", help="The price book that it charges by.")
    ] = DEFAULT_BOOK,
    state: Annotated[
        Path | None,
        typer.Option(help="Keeps requests, uploads and clips here, so that the next start goes on."),
    ] = None,
    billing_lag: Annotated[
        float, typer.Option(min=0, help="Lists what a request was charged so many seconds after its end.")
    ] = 0.0,
    full_size: Annotated[
        bool,
        typer.Option("--full-size", help="Draws 4k clips at 2160 lines; by default they are drawn at 1080."),
    ] = False,
    watch_ledger: Annotated[
        Path | None,
        typer.Option(
            help="Notes each submission whose intent this ledger does not hold on disk as it arrives."
        ),
    ] = None,
) -> None:
    """Serve a fal look-alike on loopback, without a key and without money, until Ctrl-C."""
    from storyboard.sandbox.app import create_app
    from storyboard.sandbox.faults import parse_faults
    from storyboard.sandbox.serve import bind_again, serve, url_of
    from storyboard.sandbox.settings import SandboxSettings

    # What is to be removed at the end is removed then, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = parse_faults(fault or [])
    with ExitStack() as stack:
        folder = state or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="storyboard-sandbox-")))
        settings = SandboxSettings(
            folder,
            latency,
            faults,
            seed,
            prices,
            port=port,
            log=log,
            full_size=full_size,
            billing_lag=billing_lag,
            watched_ledger=watch_ledger,
        )
        app = create_app(settings)
        listening = bind_again(port, app.state.sandbox.state)
        out(url_of(listening))
        kept = "" if state else " (removed at the end; --state DIR keeps it)"
        say(f"state in {folder}{kept}; Ctrl-C ends it")
        try:
            serve(app, listening)
        except KeyboardInterrupt:
            say("the sandbox has ended")
