"""`storyboard store push`: what was bought from this machine, into the store that several share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.doctor import project_of
from storyboard.cli.place import chosen_place
from storyboard.cli.sharing import shared_out
from storyboard.errors import UsageError, WorldError
from storyboard.ledger.shared_clips import FORMS, STORE_URL
from storyboard.report.counted import counted


def command(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="A storyboard or a project.")] = Path(),
) -> int:
    """Put every clip that the ledger knows and that is here into the shared store. What is there stays as it is."""
    from storyboard.ledger.facts import known_takes

    place = chosen_place(project_of(path), sandbox=False)
    if place.shared_clips is None:
        raise UsageError(f"No store is named: set {STORE_URL} to {FORMS}. Nothing was done.")
    takes, here = known_takes(place.project, place=place)
    clips = sorted({take.clip for take in takes if take.clip is not None} & here)
    say(f"{counted(len(clips), 'clip')} of this project here; {place.shared_clips} is asked which it has")
    done = shared_out(place, clips)
    if done is None or done.left:
        raise WorldError(
            "Not every clip is shared. Run the same command again: it goes on where this one stopped."
        )
    there = len(clips) - len(done.new)
    out(f"{counted(len(done.new), 'clip')} put into {place.shared_clips}, {there:,} there before")
    return 0
