"""What a failure prints, and the exit code it ends with. Never a traceback: a bug leaves a report in a file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import typer

from storyboard import __version__
from storyboard.cli.console import fail
from storyboard.errors import StoryboardError
from storyboard.secret import redact

INTERRUPTED = 130
MACHINE = 4
BUG = 70
USAGE = 2


def exit_code_of(failure: BaseException) -> int:
    """Prints what there is to say about a failure on stderr; returns the process's exit code."""
    if isinstance(failure, SystemExit):
        return failure.code if isinstance(failure.code, int) else 1
    if isinstance(failure, typer.Exit) and failure.exit_code != INTERRUPTED:
        return failure.exit_code
    if hasattr(failure, "format_message"):  # click's own, or the copy of click that Typer brings
        return _usage(failure)
    if isinstance(failure, (KeyboardInterrupt, typer.Abort, typer.Exit)):
        fail("interrupted: run the same command again and it goes on where it stopped")
        return INTERRUPTED
    if isinstance(failure, BrokenPipeError):  # the reader went away (`| head`)
        _let_go_of_stdout()
        return 0
    if isinstance(failure, StoryboardError):
        fail(redact(f"storyboard: {failure}"))
        return failure.exit_code
    if isinstance(failure, OSError):
        where = f"{failure.filename}: " if failure.filename else ""
        fail(
            f"storyboard: this machine failed: {where}{failure.strerror or failure}. What was bought is recorded."
        )
        _let_go_of_stdout()
        return MACHINE
    return _bug(failure)


def _usage(failure: Any) -> int:
    context = getattr(failure, "ctx", None)
    fail(f"storyboard: {failure.format_message()}")
    if context is not None:
        fail(f"Try '{context.command_path} --help'.")
    return USAGE


def _let_go_of_stdout() -> None:
    """What stdout could not take is not tried again when the interpreter ends, which would have words of its own."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _bug(failure: BaseException) -> int:
    try:
        where = f"The report lies in {_reported(failure)}; it holds no key: please send it to us."
    except OSError as error:
        where = f"A report of it could not be written ({error.strerror or error}): make room and try again."
    fail(f"storyboard: this is a bug of ours ({type(failure).__name__}). Nothing more was sent. {where}")
    return BUG


def _reported(failure: BaseException) -> Path:
    """Where the report of a bug lies. Raises OSError."""
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(failure))
    with tempfile.NamedTemporaryFile(
        "w", prefix="storyboard-report-", suffix=".txt", delete=False, encoding="utf-8"
    ) as report:
        report.write(redact(f"storyboard {__version__}, Python {sys.version}\n\n{text}"))
    return Path(report.name)
