"""`storyboard store`: the clips that several machines share."""

from __future__ import annotations

import typer

from storyboard.cli import store_push
from storyboard.cli.console import out
from storyboard.cli.failures import USAGE

group = typer.Typer(
    name="store",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)
group.command("push")(store_push.command)


@group.callback()
def root(context: typer.Context) -> None:
    """Share clips with other machines: push."""
    if context.invoked_subcommand is None:
        out(context.get_help())
        raise typer.Exit(USAGE)
