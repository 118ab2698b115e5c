"""`storyboard`: finds the command, runs it, turns every failure into a message and an exit code."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any, NoReturn

# Plugins of other packages have no business in here, and looking for them takes longer than a small check.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

import typer
from typer.core import TyperGroup
from typer.main import get_command

from storyboard import __version__
from storyboard.cli.console import out
from storyboard.cli.failures import INTERRUPTED, USAGE, exit_code_of

ASKED, BASH = "_STORYBOARD_COMPLETE", "complete_bash"  # what the tab key of bash asks with

# The order is that of the work. A command's module is imported when the command is named.
COMMANDS = {
    "init": "storyboard.cli.init",
    "import": "storyboard.cli.imports",
    "check": "storyboard.cli.check",
    "explain": "storyboard.cli.explain",
    "fmt": "storyboard.cli.fmt",
    "expand": "storyboard.cli.expand",
    "estimate": "storyboard.cli.estimate",
    "diff": "storyboard.cli.diff",
    "report": "storyboard.cli.report",
    "plan": "storyboard.cli.plan",
    "render": "storyboard.cli.render",
    "cut": "storyboard.cli.cut",
    "join": "storyboard.cli.join",
    "animatic": "storyboard.cli.animatic",
    "export": "storyboard.cli.export",
    "takes": "storyboard.cli.takes",
    "take": "storyboard.cli.take",
    "voice": "storyboard.cli.voice",
    "cancel": "storyboard.cli.cancel",
    "reconcile": "storyboard.cli.reconcile",
    "webhook": "storyboard.cli.webhook",
    "preview": "storyboard.cli.preview",
    "spend": "storyboard.cli.spend",
    "ledger": "storyboard.cli.ledger",
    "store": "storyboard.cli.store",
    "prices": "storyboard.cli.prices",
    "schema": "storyboard.cli.schema",
    "lsp": "storyboard.cli.lsp",
    "doctor": "storyboard.cli.doctor",
    "gc": "storyboard.cli.gc",
    "sandbox": "storyboard.cli.sandbox",
}
# What these make they need to their end, and they leave nothing behind that has to be closed.
LOOKING = {"check", "estimate", "plan", "fmt"}
SELDOM = 100_000  # values made between two searches for cycles: starting up makes many, and no cycle


class Commands(TyperGroup):
    """Commands that are imported when they are asked for."""

    def list_commands(self, ctx: Any) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        del ctx
        return _command(cmd_name) if cmd_name in COMMANDS else None


@cache
def _command(name: str) -> Any:
    module = importlib.import_module(COMMANDS[name])
    if (group := getattr(module, "group", None)) is not None:  # several commands under one word
        return get_command(group)
    single = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    single.command(name)(module.command)
    return get_command(single)


app = typer.Typer(
    cls=Commands,
    add_completion=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    invoke_without_command=True,
)


def _version(asked: bool) -> None:
    if asked:
        out(f"storyboard {__version__}")
        raise typer.Exit


@app.callback()
def root(
    context: typer.Context,
    version: bool = typer.Option(
        False, "--version", is_eager=True, callback=_version, help="Print the version."
    ),
) -> None:
    """Shoot films from text: check a storyboard, price it, render it once, cut it."""
    del version
    if context.invoked_subcommand is None:
        out(context.get_help())
        raise typer.Exit(USAGE)


@cache
def _root() -> Any:
    return get_command(app)


def main(arguments: list[str] | None = None) -> None:
    """The `storyboard` command. Exit codes: 0 done, 1 the storyboard has errors, 2 usage, 3 refused,
    4 fal, media or machine, 70 a bug of ours, 130 interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy would start threads that are never needed
    if not {*given[:1]} & LOOKING:
        gc.set_threshold(SELDOM)
        code = run(given)
        gc.freeze()  # the interpreter looks for cycles once more before it goes: a tenth of a second for nothing
        sys.exit(code)
    gc.disable()  # looking for cycles only costs time
    _leave(run(given))


def _leave(code: int) -> NoReturn:
    """Ends a process that holds nothing but memory: to free a large storyboard value by value takes longer than to
    read one."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


def _whole_words() -> AbstractContextManager[None]:
    from storyboard.cli.bash_words import whole_words

    return whole_words()


def run(arguments: list[str]) -> int:
    code = _run(arguments)
    if (manner := sys.modules.get("storyboard.cli.manner")) is not None:  # it was asked to speak in one
        manner.ended(code)
    return code


def _run(arguments: list[str]) -> int:
    try:
        with _whole_words() if os.environ.get(ASKED) == BASH else nullcontext():
            result: Any = _root()(args=arguments, prog_name="storyboard", standalone_mode=False)
    except BaseException as failure:  # noqa: BLE001 - the one place where everything ends
        return exit_code_of(failure)
    if result == INTERRUPTED:  # Typer has caught the interrupt, and says nothing
        return exit_code_of(KeyboardInterrupt())
    return result if isinstance(result, int) else 0
