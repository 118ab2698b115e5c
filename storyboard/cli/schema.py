"""`storyboard schema`: the JSON Schema of the language, or of an endpoint's input."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.catalog.endpoints import catalog
from storyboard.cli import complete
from storyboard.cli.console import out_document, say
from storyboard.cli.files import write_document
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.report.documents import as_json
from storyboard.report.schema import endpoint_schema, language_schema, schema_files


def command(
    endpoint: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Of this endpoint's input instead.", autocompletion=complete.endpoints
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write all schemas into this folder.")
    ] = None,
) -> int:
    """Print the JSON Schema of storyboards; editors complete and check with it."""
    if write is not None:
        _write(write)
    elif endpoint is None:
        out_document(as_json(language_schema()))
    else:
        found = catalog().find(endpoint)
        if found is None:
            raise UsageError(
                f"there is no endpoint {endpoint!r}: {did_you_mean(endpoint, catalog().names())}"
            )
        out_document(as_json(endpoint_schema(found)))
    return 0


def _write(folder: Path) -> None:
    for name, schema in schema_files().items():
        write_document(folder / name, as_json(schema) + "\n", "$schema")
        say(f"wrote {folder / name}")
