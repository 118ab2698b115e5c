"""`--cluster`: where a command has its films encoded."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from storyboard.cut.progress import Tell
    from storyboard.cut.workers import Workers

VARIABLE = "STORYBOARD_CLUSTER"
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="ADDRESS",
        help=f"Encode on the workers of this Dask scheduler, tcp:// or tls://; else {VARIABLE}, else here.",
    ),
]


def cluster_named(asked: str | None) -> str | None:
    """The address of a scheduler, as asked for or as the environment has it; None to encode here. Raises
    UsageError, also where Dask is not installed."""
    text = (os.environ.get(VARIABLE, "") if asked is None else asked).strip()
    if not text:
        return None
    from storyboard.cut.cluster import checked_address

    return checked_address(text)


def workers_at(address: str | None, segments: Path, tell: Tell) -> AbstractContextManager[Workers]:
    """Who encodes: workers there, or threads here."""
    if address is None:
        from storyboard.cut.workers import HERE

        return nullcontext(HERE)
    from storyboard.cut.cluster import cluster

    return cluster(address, segments, tell)
