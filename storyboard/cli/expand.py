"""`storyboard expand`: the requests, exactly as they would be sent."""

from __future__ import annotations

import shlex
from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out_document
from storyboard.cli.inputs import prepare
from storyboard.cli.options import PathArgument, Scenes, Variables
from storyboard.compile.request import Request
from storyboard.report.documents import as_json, expand_document

QUEUE = "https://queue.fal.run/"


class Format(StrEnum):
    json = "json"
    curl = "curl"


def command(
    path: PathArgument,
    scene: Scenes = None,
    format: Annotated[
        Format, typer.Option("--format", help="JSON, or a curl command a request.")
    ] = Format.json,
    var: Variables = None,
) -> int:
    """Show the requests. Nothing is sent; a local file stands as "file:" and its path from the project folder."""
    prepared = prepare(
        path, variables=var or (), scenes=scene or (), missing_is_error=False, json=format is Format.json
    )
    if format is Format.json:
        out_document(as_json(expand_document(prepared.requests)))
    else:
        out_document("\n\n".join(_curl(request) for request in prepared.requests))
    return 0


def _curl(request: Request) -> str:
    body = as_json(dict(request.arguments))
    local = any(not use.remote for use in request.media)
    lines = [f"# scene {request.scene}: {request.seconds} s"]
    if local:
        lines.append("# upload the local files first and put their addresses in place of file:…")
    lines.append(f"curl --request POST --url {shlex.quote(QUEUE + request.endpoint)} \\")
    lines.append('  --header "Authorization: Key $FAL_KEY" \\')
    lines.append("  --header 'Content-Type: application/json' \\")
    lines.append(f"  --data {shlex.quote(body)}")
    return "\n".join(lines)
