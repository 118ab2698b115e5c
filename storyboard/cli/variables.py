"""`--var NAME=VALUE` and `--prices BOOK` as values, and the exit code of a storyboard with errors."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cli.console import say
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean, nearest
from storyboard.location import read_file
from storyboard.read.bounds import UNSENDABLE
from storyboard.read.data import plain_value
from storyboard.read.leaves import RESERVED

if TYPE_CHECKING:
    from storyboard.catalog.prices import PriceBook
    from storyboard.pipeline import Checked

INVALID = 1
JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


def parse_variables(given: Sequence[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` pairs; values as plain YAML scalars. Raises UsageError."""
    return dict(_variable(text) for text in given or ())


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--var takes NAME=VALUE, not {text!r}.")
    if UNSENDABLE.search(value):
        raise UsageError(f"--var {name}=… holds a control character.")
    if name in RESERVED:
        raise UsageError(f"--var {name}=…: {name} is a name of the language; choose another.")
    return name, plain_value(value)


def known_book(asked: str) -> PriceBook:
    """A book that the person named: one of ours, or a file. Raises UsageError and WorldError."""
    from storyboard.catalog.prices import book_names, price_book

    book = price_book(asked)
    if book is not None:
        return book
    if not asked.endswith(".toml"):
        raise UsageError(f"there is no price book {asked!r}: {did_you_mean(asked, book_names())}")
    return _parsed(asked, read_file(Path(asked)))


def book_that_holds(option: str | None, authored: PriceBook | None) -> PriceBook:
    """The option wins, then the environment, then the storyboard, then the default. Raises UsageError, WorldError."""
    from storyboard.catalog.prices import DEFAULT_BOOK

    asked = option or os.environ.get("STORYBOARD_PRICES")
    return known_book(asked) if asked else authored or known_book(DEFAULT_BOOK)


def _parsed(name: str, data: bytes) -> PriceBook:
    from storyboard.catalog.prices import BAD_BOOK, parse_book

    try:
        return parse_book(data.decode("utf-8"))
    except BAD_BOOK as error:
        raise UsageError(
            f"{name} is not a price book: {error}. `storyboard prices --format toml` shows one to begin with."
        ) from None


def warn_of_unused(given: Sequence[str] | None, checked: Sequence[Checked]) -> None:
    """A variable that nothing in the storyboards asks for is likely a misspelt one."""
    read = [one for one in checked if one.source is not None]
    tags = [tag for one in read for source in one.sources for tag in JINJA.findall(source.text)]
    for name in parse_variables(given) if read else ():
        if not any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", tag) for tag in tags):
            declared = {key for one in read if one.storyboard for key in one.storyboard.vars if key != name}
            close = nearest(name, declared)
            hint = f"; did you mean `{close}`?" if close else ""
            say(
                f"warning: --var {name}=…: no `{{{{ {name} }}}}` in {read[0].location.shown} asks for it{hint}"
            )


def looked_at(prices: str | None, variables: Sequence[str] | None) -> None:
    """For commands that take these options as all do, and do not need them: a mistake in them is still said."""
    parse_variables(variables)
    if prices is not None:
        known_book(prices)
