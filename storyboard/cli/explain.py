"""`storyboard explain`: what a rule means and why, with what is wrong and what is right."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli import complete
from storyboard.cli.console import out, out_document, width
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.report.documents import as_json
from storyboard.report.explained import as_markdown, as_text, explained_document, listing
from storyboard.rules.explained import Explained, manual


class Format(StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"


def command(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="[CODE]",
            help="A rule, like SB101. Without it: all of them.",
            autocompletion=complete.codes,
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to say it.")] = Format.text,
) -> int:
    """Explain a rule: what it means, why, what is wrong and what is right."""
    entries = [_found(code)] if code is not None else list(manual().values())
    if format is Format.json:
        out_document(as_json(explained_document(entries)))
    elif format is Format.markdown:
        out("\n\n".join(map(as_markdown, entries)))
    else:
        out(as_text(entries[0], width()) if code is not None else listing(entries))
    return 0


def _found(code: str) -> Explained:
    """Raises UsageError."""
    asked = code.strip("[]").upper()
    known = manual()
    asked = f"SB{asked}" if asked.isdigit() else asked
    if asked not in known:
        hint = did_you_mean(asked, known) or ""
        listed = " `storyboard explain` lists them." if "did you mean" in hint else ""
        raise UsageError(
            f"there is no rule {code!r}: {hint if listed else '`storyboard explain` lists them.'}{listed}"
        )
    return known[asked]
