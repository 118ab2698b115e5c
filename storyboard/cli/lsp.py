"""`storyboard lsp`: the language server, for an editor to start."""

from __future__ import annotations

import os
import sys
from typing import Annotated, BinaryIO

import typer

from storyboard.cli.options import Prices, Variables, VarsFiles
from storyboard.cli.variables import Given, known_book
from storyboard.errors import WorldError

ENDED = 1  # as the protocol has it: the client left without saying so


def command(
    stdio: Annotated[
        bool, typer.Option("--stdio", help="Speak over standard input and output; it always does.")
    ] = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
) -> int:
    """Serve an editor: diagnostics as you type, completion, hover, rename, prices beside each shot."""
    del stdio
    try:
        from storyboard.editor.server import serve
    except ImportError as failure:
        if (failure.name or "").partition(".")[0] not in {"pygls", "lsprotocol"}:
            raise
        raise WorldError(
            "pygls is not installed: pip install 'storyboard-compiler[lsp]', then run this again."
        ) from failure
    asked = prices or os.environ.get("STORYBOARD_PRICES")
    book = known_book(asked) if asked else None
    variables = Given(var, vars_file).values
    with _own_stdout() as stdout:
        return 0 if serve(sys.stdin.buffer, stdout, variables, book) else ENDED


def _own_stdout() -> BinaryIO:
    """Standard output for the protocol alone: whatever else is written to it goes where errors go."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return own
