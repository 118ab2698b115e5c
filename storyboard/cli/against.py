"""`--against REV`: what a command prepared, compared with an earlier revision."""

from __future__ import annotations

import os
from collections.abc import Collection

from storyboard.catalog.prices import DEFAULT_BOOK, PriceBook
from storyboard.cli.inputs import Prepared
from storyboard.cli.variables import NOTHING_GIVEN, Given, known_book
from storyboard.earlier import Earlier, earlier_of
from storyboard.plan.estimate import estimate
from storyboard.plan.revisions import Comparison, Version, difference_of


def against(
    revision: str,
    prepared: Prepared,
    *,
    prices: str | None = None,
    variables: Given = NOTHING_GIVEN,
    scenes: Collection[str] | None = None,
) -> Comparison:
    """The film's price against what it was at a revision, each by its own book; one that is asked for holds for both.
    Only of the scenes that are named, of all when it is None. Raises UsageError and WorldError."""
    earlier = earlier_of(prepared.location, revision, variables.values, variables.picks)
    if earlier.requests is None:
        return Comparison(earlier.revision, None)
    then = Version(earlier.requests, estimate(earlier.requests, _book(earlier, prepared, prices)))
    now = Version(prepared.film, estimate(prepared.film, prepared.book))
    return Comparison(earlier.revision, difference_of(then, now, scenes))


def _book(earlier: Earlier, prepared: Prepared, prices: str | None) -> PriceBook:
    """The one that the revision names. What is asked for holds for both, and so it does where there was nothing."""
    if earlier.checked is None or prices or os.environ.get("STORYBOARD_PRICES"):
        return prepared.book
    return earlier.checked.book or known_book(DEFAULT_BOOK)
