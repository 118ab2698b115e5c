"""What the newest book that ships would make of requests that an older book prices."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.prices import PriceBook, newest_book
from storyboard.compile.request import Request
from storyboard.plan.price import amount_of

YOUNG = timedelta(days=366)


class Newer(Struct, frozen=True):
    """The book in use, a newer one, and what each makes of the same requests, in USD, None where it has no price.
    `differs` names the scenes that the newer one prices otherwise."""

    used: PriceBook
    book: PriceBook
    used_amounts: tuple[Decimal | None, ...]
    amounts: tuple[Decimal | None, ...]
    differs: tuple[str, ...]

    @property
    def total(self) -> Decimal | None:
        """By the newer book; None when it does not know all of it."""
        known = [amount for amount in self.amounts if amount is not None]
        return sum(known, Decimal(0)) if len(known) == len(self.amounts) else None


def oldness(book: PriceBook, today: date, newest: PriceBook | None = None) -> str | None:
    """What there is to say when neither the book in use nor any that ships is younger than a year; else None."""
    latest = max((book, newest or newest_book()), key=lambda each: each.as_of)
    if today - latest.as_of <= YOUNG:
        return None
    return (
        f"The newest price book here, {latest.name} of {latest.as_of}, is more than a year old: fal may charge "
        "otherwise by now. `storyboard prices --refresh` asks it."
    )


def newest_book_total(
    requests: Sequence[Request], book: PriceBook, newest: PriceBook | None = None
) -> Newer | None:
    """What the newest shipped book makes of these requests; None when `book` is no older, or they agree on all that the
    newest has a price for."""
    newest = newest or newest_book()
    if book.as_of >= newest.as_of:
        return None
    used = tuple(amount_of(request, book) for request in requests)
    amounts = tuple(amount_of(request, newest) for request in requests)
    differs = tuple(
        request.scene
        for request, old, new in zip(requests, used, amounts, strict=True)
        if new is not None and old != new
    )
    return Newer(book, newest, used, amounts, differs) if differs else None
