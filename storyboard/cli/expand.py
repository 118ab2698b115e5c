"""`storyboard expand`: the requests, exactly as they would be sent."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out_document
from storyboard.cli.inputs import Asked
from storyboard.cli.options import PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.variables import Given
from storyboard.report.documents import as_json, expand_document


class Format(StrEnum):
    json = "json"
    curl = "curl"


def command(
    path: PathArgument,
    scene: Scenes = None,
    format: Annotated[
        Format, typer.Option("--format", help="JSON, or a curl command a request.")
    ] = Format.json,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Show the requests. Nothing is sent; a local file stands as "file:" and its path from the project folder."""
    given = Given(var, vars_file, pick)
    asked = Asked(scene, None, given, prices)
    prepared = asked.prepare(path, missing_is_error=False, json=format is Format.json)
    if format is Format.json:
        out_document(as_json(expand_document(prepared.requests)))
    else:
        from storyboard.fal.curl import curl

        out_document("\n\n".join(curl(request) for request in prepared.requests))
    return 0
