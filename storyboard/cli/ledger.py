"""`storyboard ledger`: where it is kept what a project bought."""

from __future__ import annotations

import typer

from storyboard.cli import ledger_accept, ledger_move
from storyboard.cli.console import out
from storyboard.cli.failures import USAGE

group = typer.Typer(
    name="ledger",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)
group.command("move")(ledger_move.command)
group.command("accept")(ledger_accept.command)


@group.callback()
def root(context: typer.Context) -> None:
    """Keep a project's ledger elsewhere: move, accept."""
    if context.invoked_subcommand is None:
        out(context.get_help())
        raise typer.Exit(USAGE)
