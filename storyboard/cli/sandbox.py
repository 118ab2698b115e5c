"""`storyboard sandbox`: the fal look-alike by itself."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.catalog.prices import DEFAULT_BOOK
from storyboard.cli.console import out, say
from storyboard.sandbox.faults import FAULTS

if TYPE_CHECKING:
    from storyboard.sandbox.settings import SandboxSettings

FAULT_NAMES = ", ".join(fault.name for fault in FAULTS)


Port = Annotated[int, typer.Option(min=0, max=65535, help="Port on loopback; 0 takes any free one.")]
Latency = Annotated[float, typer.Option(min=0, help="Simulated run time of a request, in seconds.")]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=RATE", help=f"Makes something go wrong, at a rate from 0 to 1: {FAULT_NAMES}."
    ),
]
Seed = Annotated[int, typer.Option(help="Decides when faults strike: the same seed strikes alike.")]
Log = Annotated[Path | None, typer.Option(help="Writes one JSON line a request to this file.")]
Book = Annotated[str, typer.Option(metavar="BOOK", help="The price book that it charges by.")]
State = Annotated[
    Path | None,
    typer.Option(help="Keeps requests, uploads and clips here, so that the next start goes on."),
]
Lag = Annotated[
    float, typer.Option(min=0, help="Lists what a request was charged so many seconds after its end.")
]
FullSize = Annotated[
    bool,
    typer.Option("--full-size", help="Draws 4k clips at 2160 lines; by default they are drawn at 1080."),
]
Watched = Annotated[
    Path | None,
    typer.Option(help="Notes each submission whose intent this ledger does not hold on disk as it arrives."),
]


def command(
    port: Port = 0,
    latency: Latency = 0.5,
    fault: Faults = None,
    seed: Seed = 0,
    log: Log = None,
    prices: Book = DEFAULT_BOOK,
    state: State = None,
    billing_lag: Lag = 0.0,
    full_size: FullSize = False,
    watch_ledger: Watched = None,
) -> None:
    """Serve a fal look-alike on loopback, without a key and without money, until Ctrl-C."""
    from storyboard.sandbox.faults import parse_faults
    from storyboard.sandbox.settings import SandboxSettings

    # What is to be removed at the end is removed then, too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    faults = parse_faults(fault or [])
    with _folder(state) as folder:
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
        _serve(settings, kept=state is not None)


@contextmanager
def _folder(state: Path | None) -> Iterator[Path]:
    """Where the state lies: as asked for, or a folder of its own that is gone at the end."""
    if state is not None:
        yield state
        return
    with tempfile.TemporaryDirectory(prefix="storyboard-sandbox-") as folder:
        yield Path(folder)


def _serve(settings: SandboxSettings, *, kept: bool) -> None:
    """Until Ctrl-C. `kept`: does the state outlive it?"""
    from storyboard.listening import url_of
    from storyboard.sandbox.app import create_app
    from storyboard.sandbox.serve import bind_again, serve

    app = create_app(settings)
    listening = bind_again(settings.port, app.state.sandbox.state)
    out(url_of(listening))
    removed = "" if kept else " (removed at the end; --state DIR keeps it)"
    say(f"state in {settings.state}{removed}; Ctrl-C ends it")
    try:
        serve(app, listening)
    except KeyboardInterrupt:
        say("the sandbox has ended")
