"""`storyboard prices`: the price books and where they come from, and a new one from fal's own list."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storyboard.catalog.prices import BOOKS, DEFAULT_BOOK, book_names, price_book
from storyboard.catalog.refresh import book_text
from storyboard.cli.console import out, out_document
from storyboard.cli.options import Output, Prices
from storyboard.cli.variables import known_book
from storyboard.errors import UsageError
from storyboard.report.books import book_document, book_listing
from storyboard.report.documents import as_json


class Format(StrEnum):
    text = "text"
    json = "json"
    toml = "toml"


def command(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="With --refresh: the storyboard, or its folder, that it is for."
        ),
    ] = None,
    prices: Prices = None,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", help="Ask fal what it charges, and write that down as a book. Needs FAL_KEY."
        ),
    ] = False,
    output: Output = None,
    force: Annotated[
        bool, typer.Option("--force", help="With --refresh: replace a book that says something else.")
    ] = False,
    format: Annotated[
        Format, typer.Option("--format", help="Text, JSON, or a TOML book to begin with.")
    ] = Format.text,
) -> int:
    """List the price books, USD per second of output, each with its source and date."""
    if refresh:
        from storyboard.cli.refresh import refresh_book

        return refresh_book(path, prices, output, force=force, json=format is Format.json)
    if path is not None or output is not None or force:
        raise UsageError("PATH, -o and --force go with --refresh. Nothing was done.")
    if format is Format.toml:
        out(_toml(prices))
        return 0
    books = [known_book(prices)] if prices else [book for name in book_names() if (book := price_book(name))]
    if format is Format.json:
        out_document(as_json({"default": DEFAULT_BOOK, "books": [book_document(book) for book in books]}))
    else:
        out("\n\n".join(book_listing(book) for book in books))
    return 0


def _toml(prices: str | None) -> str:
    """The book that is asked for; the default one as it was written, with its remarks."""
    if prices is None:
        return (BOOKS / f"{DEFAULT_BOOK}.toml").read_text(encoding="utf-8").rstrip()
    return book_text(known_book(prices)).rstrip()
