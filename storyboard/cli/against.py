"""`--against REV`: what a command prepared, compared with an earlier revision."""

from __future__ import annotations

from collections.abc import Collection

from storyboard.cli.inputs import Prepared, book_of
from storyboard.cli.variables import parse_variables
from storyboard.earlier import earlier_of
from storyboard.plan.estimate import estimate
from storyboard.plan.revisions import Comparison, Version, difference_of


def against(
    revision: str,
    prepared: Prepared,
    *,
    prices: str | None = None,
    variables: list[str] | None = None,
    scenes: Collection[str] = (),
) -> Comparison:
    """The film's price against what it was at a revision, each by its own book; one that is asked for holds for both.
    Only of the scenes that are named, if any are. Raises UsageError and WorldError."""
    earlier = earlier_of(prepared.location, revision, parse_variables(variables))
    if earlier.requests is None:
        return Comparison(earlier.revision, None)
    book = book_of(earlier.checked, prices) if earlier.checked is not None else prepared.book
    then = Version(earlier.requests, estimate(earlier.requests, book))
    now = Version(prepared.film, estimate(prepared.film, prepared.book))
    return Comparison(earlier.revision, difference_of(then, now, scenes))
