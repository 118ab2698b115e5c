"""Options that several commands take, spelt once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli import complete

PathArgument = Annotated[
    Path, typer.Argument(metavar="PATH", help="A storyboard, or a folder with storyboard.yaml.")
]
PathsArgument = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Storyboards, or folders that hold one.")
]
Scenes = Annotated[
    list[str] | None,
    typer.Option(
        "--scene", metavar="ID", help="Only this scene; may be repeated.", autocompletion=complete.scenes
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(
        "--select",
        metavar="KEY:VALUE",
        help="Only some steps: state:new,changed  element:NAME  endpoint:NAME  cost:>2  scene:GLOB  failed. A comma "
        "means or; repeated, each narrows further.",
    ),
]
Variables = Annotated[
    list[str] | None,
    typer.Option("--var", metavar="NAME=VALUE", help="A variable for Jinja; wins over `vars`."),
]
VarsFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--vars",
        metavar="FILE",
        help="Variables from a YAML or JSON file; `--var` wins, and of several files the last.",
    ),
]
Picks = Annotated[
    list[str] | None,
    typer.Option(
        "--pick",
        metavar="SCENE=NAME",
        help="This variant of a scene, whatever its `pick` says.",
        autocompletion=complete.picks,
    ),
]
Prices = Annotated[
    str | None,
    typer.Option(
        "--prices",
        metavar="BOOK",
        help="A price book, by name or path. See `storyboard prices`.",
        autocompletion=complete.books,
    ),
]
MaxCost = Annotated[
    str | None,
    typer.Option("--max-cost", metavar="USD", help="Refuse above this amount; unknown prices too."),
]
Approve = Annotated[
    list[str] | None,
    typer.Option(
        "--approve",
        metavar="ENDPOINT",
        help="You approve of this endpoint, where the project's policy asks for that; may be repeated.",
        autocompletion=complete.endpoints,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Send without asking. For scripts.")]
Rehearse = Annotated[
    bool, typer.Option("--sandbox", help="Rehearse against the built-in look-alike: no key, no money.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Say nothing on stderr but what fails and what is asked.")
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose", "-v", help="Also say each request, each state of a take, and the model's words."
    ),
]
Log = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Append what is done to FILE: JSON lines, without key or signatures."
    ),
]
Output = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where the result goes.")]


class Format(StrEnum):
    text = "text"
    json = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Text or JSON.")]
