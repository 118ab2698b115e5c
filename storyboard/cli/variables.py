"""`--var`, `--vars`, `--pick` and `--prices BOOK` as values, and the exit code of a storyboard with errors."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.cli.console import say
from storyboard.errors import UsageError
from storyboard.findings import Report, did_you_mean
from storyboard.location import read_file
from storyboard.read.bounds import UNSENDABLE
from storyboard.read.compose import compose
from storyboard.read.data import data, plain_value
from storyboard.read.decode import decode
from storyboard.read.leaves import RESERVED
from storyboard.read.nodes import Mapping
from storyboard.read.spelling import nearest

if TYPE_CHECKING:
    from storyboard.catalog.prices import PriceBook
    from storyboard.pipeline import Checked

INVALID = 1
JINJA = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)


class Given(Struct, frozen=True, dict=True):
    """What the command line says of names: `--var NAME=VALUE`, `--vars FILE` and `--pick SCENE=NAME`."""

    var: Sequence[str] | None = None
    files: Sequence[Path] | None = None
    pick: Sequence[str] | None = None

    @cached_property
    def values(self) -> dict[str, Any]:
        """The variables; values as plain YAML scalars. Raises UsageError and WorldError."""
        found: dict[str, Any] = {}
        for path in self.files or ():
            found.update(_of_file(path))
        return {**found, **self.single}

    @cached_property
    def single(self) -> dict[str, Any]:
        """Those that were given one by one. Raises UsageError."""
        return dict(_variable(text) for text in self.var or ())

    def read(self) -> Given:
        """The same, when all of it can be read. Raises UsageError and WorldError."""
        _ = self.values, self.picks
        return self

    @cached_property
    def picks(self) -> dict[str, str]:
        """Variants by scene. Raises UsageError."""
        return dict(_pick(text) for text in self.pick or ())


NOTHING_GIVEN = Given()


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--var takes NAME=VALUE, not {text!r}.")
    if UNSENDABLE.search(value):
        raise UsageError(f"--var {name}=… holds a control character.")
    _free(name, f"--var {name}=…")
    return name, plain_value(value)


def _free(name: str, where: str) -> None:
    if name in RESERVED:
        raise UsageError(f"{where}: {name} is a name of the language; choose another.")


def _pick(text: str) -> tuple[str, str]:
    scene, equals, name = text.partition("=")
    if not equals or not scene or not name:
        raise UsageError(f"--pick takes SCENE=NAME, not {text!r}.")
    return scene, name


def _of_file(path: Path) -> dict[str, Any]:
    """A mapping of names to plain data, within the bounds of storyboards. Raises UsageError and WorldError."""
    report = Report()
    source = decode(path.as_posix(), read_file(path), report)
    root = compose(source, report) if source is not None else None
    if report.errors:
        first = report.diagnostics()[0]
        place = f"{first.span.path}:{first.span.line}:{first.span.column}"
        raise UsageError(f"{place}: {first.message}. --vars takes a YAML or JSON file of variables.")
    if not isinstance(root, Mapping):
        raise UsageError(f"{path} holds no mapping of names to values, as --vars takes it.")
    for key, _ in root.entries:
        if not key.value.isidentifier():
            raise UsageError(f"{path}:{key.span.line}: {key.value!r} is no name for a variable.")
        _free(key.value, f"{path}:{key.span.line}")
    values: dict[str, Any] = data(root)
    return values


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
    from storyboard.catalog.own_book import BAD_BOOK, parse_book, remarks_on

    try:
        book = parse_book(data.decode("utf-8"))
    except BAD_BOOK as error:
        raise UsageError(
            f"{name} is not a price book: {error}. `storyboard prices --format toml` shows one to begin with."
        ) from None
    for remark in remarks_on(book, datetime.now(UTC).date()):
        say(f"warning: {name}: {remark}")
    return book


def warn_of_unused(given: Given, checked: Sequence[Checked]) -> None:
    """A variable that was given by itself and nothing in the storyboards asks for is likely a misspelt one."""
    read = [one for one in checked if one.source is not None]
    tags = [tag for one in read for source in one.sources for tag in JINJA.findall(source.text)]
    for name in given.single if read else ():
        if not any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", tag) for tag in tags):
            declared = {key for one in read if one.storyboard for key in one.storyboard.vars if key != name}
            close = nearest(name, declared)
            hint = f"; did you mean `{close}`?" if close else ""
            say(
                f"warning: --var {name}=…: no `{{{{ {name} }}}}` in {read[0].location.shown} asks for it{hint}"
            )


def looked_at(prices: str | None, given: Given) -> None:
    """For commands that take these options as all do, and do not need them: a mistake in them is still said."""
    given.read()
    if prices is not None:
        known_book(prices)
