"""`storyboard take`: the choice among a scene's takes, one more of them, and clips that were shot elsewhere."""

from __future__ import annotations

import typer

from storyboard.cli import take_add, take_again, take_pick, take_pin
from storyboard.cli.console import out
from storyboard.cli.failures import USAGE

group = typer.Typer(
    name="take",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)
group.command("pick")(take_pick.command)
group.command("again")(take_again.command)
group.command("pin")(take_pin.command)
group.command("add")(take_add.command)


@group.callback()
def root(context: typer.Context) -> None:
    """Choose among a scene's takes: pick, again, pin, add."""
    if context.invoked_subcommand is None:
        out(context.get_help())
        raise typer.Exit(USAGE)
