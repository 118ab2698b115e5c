"""A new price book from fal's own list: asked, written into the project, compared with the one that holds."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.refresh import book_text, differences, refreshed, unpriced
from storyboard.cli.console import out, out_document
from storyboard.cli.files import write_text
from storyboard.cli.variables import book_that_holds
from storyboard.errors import UsageError
from storyboard.location import FILE, Location, locate, project_above
from storyboard.report.books import (
    book_document,
    differences_document,
    differences_text,
    unpriced_document,
    unpriced_text,
)
from storyboard.report.documents import as_json

if TYPE_CHECKING:
    from storyboard.catalog.prices import PriceBook
    from storyboard.fal.account import Account

FOLDER = "prices"


def refresh_book(
    path: Path | None, prices: str | None, output: Path | None, *, force: bool, json: bool
) -> int:
    """Raises UsageError for a file that says something else, WorldError when fal can't be asked or understood."""
    from storyboard.fal.account import account_from
    from storyboard.fal.errors import OddAnswer
    from storyboard.fal.pricing import listed_prices

    location = _located(path)
    if output is not None and output.suffix != ".toml":
        raise UsageError(f"{output} is no name for a price book: it has to end in .toml. Nothing was asked.")
    used, account, rows = book_that_holds(prices, _authored(location)), account_from(), catalog().endpoints
    listed = asyncio.run(listed_prices(account, [row.id for row in rows]))
    day = datetime.now(UTC).date()
    whose = "fal" if account.base_url is None else "look-alike"
    book = refreshed(rows, listed.prices, f"{whose}-{day}", day, _source(account))
    found, left = differences(used, book), unpriced(rows, listed.without)
    if not book.prices:
        raise OddAnswer(
            f"fal lists nothing that a price follows from. Nothing was written.\n{unpriced_text(left)}"
        )
    file = output or _folder(location) / f"{book.name}.toml"
    written = write_text(file, book_text(book, rows), force=force)
    if json:
        document = {
            "file": str(file),
            "written": written,
            "book": book_document(book),
            "in_use": {"name": used.name, "as_of": used.as_of.isoformat()},
            "differs": differences_document(found),
            "unpriced": unpriced_document(left),
        }
        out_document(as_json(document))
    else:
        told = [_head(file, book, written=written), differences_text(used, book, found), unpriced_text(left)]
        out("\n\n".join([*filter(None, told), _how_to_choose(file, location)]))
    return 0


def _located(path: Path | None) -> Location | None:
    """The storyboard that is named, or lies here; None when there is none here. Raises UsageError."""
    if path is not None:
        return locate(path)
    return locate(Path()) if Path(FILE).is_file() else None


def _authored(location: Location | None) -> PriceBook | None:
    from storyboard.pipeline import check

    return None if location is None else check(location, {}, missing_is_error=False).book


def _folder(location: Location | None) -> Path:
    """Of the project's own books, as people would name it from here."""
    here = Path.cwd()
    project = project_above(here) if location is None else location.project
    folder = project / FOLDER
    return folder.relative_to(here) if folder.is_relative_to(here) else folder


def _source(account: Account) -> str:
    asked = "fal's pricing API" if account.base_url is None else f"a look-alike of fal at {account.base_url}"
    return f"{asked}: its price of a unit, times the units that a second is billed as"


def _head(file: Path, book: PriceBook, *, written: bool) -> str:
    news = "written now" if written else "it said so already"
    return f"{file}: {len(book.prices)} prices, as of {book.as_of} ({news}).\n{book.source}"


def _how_to_choose(file: Path, location: Location | None) -> str:
    choose = f"To choose it: --prices {file}"
    absolute = file.absolute()
    if location is None or not absolute.is_relative_to(location.project):
        return choose
    seen = Path(os.path.relpath(absolute, location.source.parent)).as_posix()
    return f"{choose}, or in {location.shown} `prices: {seen}`"
