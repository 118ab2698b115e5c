"""`storyboard ledger accept`: what a project's settings name is this person's."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out
from storyboard.cli.doctor import project_of
from storyboard.errors import UsageError


def command(
    path: Annotated[Path, typer.Argument(metavar="[PATH]", help="A storyboard or a project.")] = Path(),
) -> int:
    """Believe the shared ledger and clip store that storyboard.toml names, from now on, on this machine."""
    from storyboard.ledger.named import accept, names_of
    from storyboard.location import SETTINGS

    project = project_of(path)
    names = names_of(project)
    found = {what: url for what in ("ledger", "store") if (url := getattr(names, what))}
    if not found:
        raise UsageError(f"{project / SETTINGS} names no shared ledger and no store. Nothing was done.")
    for what, url in found.items():
        accept(url, project)
        out(f"the {what} {url} is believed from now on, on this machine")
    return 0
