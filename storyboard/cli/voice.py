"""`storyboard voice`: voices made of samples, and those that a storyboard has."""

from __future__ import annotations

import typer

from storyboard.cli import voice_create, voice_list
from storyboard.cli.console import out
from storyboard.cli.failures import USAGE

group = typer.Typer(
    name="voice",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)
group.command("create")(voice_create.command)
group.command("list")(voice_list.command)


@group.callback()
def root(context: typer.Context) -> None:
    """Voices: create one from a sample, list those that there are."""
    if context.invoked_subcommand is None:
        out(context.get_help())
        raise typer.Exit(USAGE)
