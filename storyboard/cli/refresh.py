"""A new price book from fal's own list: asked, written into the project, compared with the one that holds."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import PriceBook
from storyboard.catalog.refresh import Difference, Unpriced, book_text, differences, refreshed, unpriced
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
    from storyboard.fal.account import Account

FOLDER = "prices"


class Refreshed(Struct, frozen=True):
    """The new book, where it lies, whether it was written just now, and what it says otherwise than `used`."""

    book: PriceBook
    file: Path
    written: bool
    used: PriceBook
    differs: tuple[Difference, ...]
    left: tuple[Unpriced, ...]


def refresh_book(
    path: Path | None, prices: str | None, output: Path | None, *, force: bool, json: bool
) -> int:
    """Raises UsageError for a file that says something else, WorldError when fal can't be asked or understood."""
    from storyboard.fal.account import account_from

    if output is not None and output.suffix != ".toml":
        raise UsageError(f"{output} is no name for a price book: it has to end in .toml. Nothing was asked.")
    location = _located(path)
    used = book_that_holds(prices, _authored(location))
    book, left = _asked(account_from())
    file = output or _folder(location) / f"{book.name}.toml"
    written = write_text(file, book_text(book, catalog().endpoints), force=force, ours=_is_book)
    done = Refreshed(book, file, written, used, differences(used, book), left)
    out_document(as_json(_document(done))) if json else out(_text(done, location))
    return 0


def _asked(account: Account) -> tuple[PriceBook, tuple[Unpriced, ...]]:
    """What fal lists now as a book, and what has no price in it. Raises FalError."""
    from storyboard.fal.errors import OddAnswer
    from storyboard.fal.pricing import listed_prices

    rows, day = catalog().endpoints, datetime.now(UTC).date()
    listed = asyncio.run(listed_prices(account, [row.id for row in rows]))
    whose = "fal" if account.base_url is None else "look-alike"
    book = refreshed(rows, listed.prices, f"{whose}-{day}", day, _source(account))
    left = unpriced(rows, listed.without)
    if not book.prices:
        why = f"fal lists nothing that a price follows from. Nothing was written.\n{unpriced_text(left)}"
        raise OddAnswer(why)
    return book, left


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


def _is_book(text: str) -> bool:
    from storyboard.catalog.own_book import BAD_BOOK, parse_book

    try:
        parse_book(text)
    except BAD_BOOK:
        return False
    return True


def _document(done: Refreshed) -> dict[str, Any]:
    return {
        "file": str(done.file),
        "written": done.written,
        "book": book_document(done.book),
        "in_use": {"name": done.used.name, "as_of": done.used.as_of.isoformat()},
        "differs": differences_document(done.differs),
        "unpriced": unpriced_document(done.left),
    }


def _text(done: Refreshed, location: Location | None) -> str:
    book = done.book
    news = "written now" if done.written else "it said so already"
    head = f"{done.file}: {len(book.prices)} prices, as of {book.as_of} ({news}).\n{book.source}"
    told = [head, differences_text(done.used, book, done.differs), unpriced_text(done.left)]
    return "\n\n".join([*filter(None, told), _how_to_choose(done.file, location)])


def _how_to_choose(file: Path, location: Location | None) -> str:
    choose = f"To choose it: --prices {file}"
    absolute = file.resolve()
    if location is None or not absolute.is_relative_to(location.project):
        return choose
    seen = Path(os.path.relpath(absolute, location.source.parent)).as_posix()
    return f"{choose}, or in {location.shown} `prices: {seen}`"
