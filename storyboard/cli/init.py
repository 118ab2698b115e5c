"""`storyboard init`: a project from a starter."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli import complete
from storyboard.cli.console import out
from storyboard.errors import UsageError, WorldError
from storyboard.folders import folder
from storyboard.report.documents import as_json
from storyboard.report.schema import language_schema

SCHEMA = "storyboard.schema.json"
TOKEN = "@@SCHEMA@@"  # noqa: S105 - a mark in a text, not a secret
DOTTED = {"gitignore": ".gitignore", "gitattributes": ".gitattributes"}


def starters() -> list[str]:
    return sorted(path.name for path in (folder("templates") / "starters").iterdir() if path.is_dir())


def command(
    directory: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="The project's folder; made when missing.")
    ] = Path(),
    starter: Annotated[
        str,
        typer.Option(
            metavar="NAME", help=f"Which starter: {', '.join(starters())}.", autocompletion=complete.starters
        ),
    ] = "basic",
) -> int:
    """Begin a project: storyboard, stills, schema for the editor, git settings. Nothing is overwritten."""
    source = folder("templates") / "starters" / starter
    if not re.fullmatch(r"[a-z-]+", starter) or not source.is_dir():
        raise UsageError(f"there is no starter {starter!r}; there are: {', '.join(starters())}.")
    files = _files(source)
    taken = [name for name in files if (directory / name).exists() and not name.startswith(".git")]
    if taken:
        raise UsageError(f"{directory / taken[0]} is there already: nothing was written.")
    _write(directory, files)
    shown = "" if directory == Path() else f" {shlex.quote(str(directory))}"
    out(f"# made a project in {directory.resolve()}. Next:")
    for step in ("check", "estimate", "animatic", "render --sandbox"):
        out(f"storyboard {step}{shown or ' .'}")
    return 0


def _files(source: Path) -> dict[str, bytes]:
    """A starter's files, and the settings for git that all have in common."""
    files = {dotted: (source.parent / name).read_bytes() for name, dotted in DOTTED.items()}
    for path in sorted(source.rglob("*")):
        if path.is_file():
            name = path.relative_to(source).as_posix()
            data = path.read_bytes()
            if name.endswith(".yaml"):
                data = data.replace(TOKEN.encode(), f"./{SCHEMA}".encode())
            files[name] = data
    files[SCHEMA] = (as_json(language_schema()) + "\n").encode()
    return files


def _write(directory: Path, files: dict[str, bytes]) -> None:
    try:
        for name, data in files.items():
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                _append(path, data)
            else:
                path.write_bytes(data)
    except OSError as error:
        raise WorldError(
            f"{error.filename} can't be written: {error.strerror}. What was written before stays."
        ) from None


def _append(path: Path, data: bytes) -> None:
    """Git settings that are there already keep their lines and gain ours."""
    old = path.read_bytes()
    lines = [line for line in data.splitlines() if line not in old.splitlines()]
    if lines:
        path.write_bytes(old.rstrip(b"\n") + b"\n" + b"\n".join(lines) + b"\n")
