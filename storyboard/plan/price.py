"""What one take of a request costs."""

from __future__ import annotations

from decimal import Decimal

from storyboard.catalog.prices import PriceBook
from storyboard.compile.request import Request


def amount_of(request: Request, book: PriceBook) -> Decimal | None:
    """USD for one take of the request; None when the book does not know."""
    unit = book.unit_price(request.endpoint, request.tier)
    return None if unit is None else unit * request.quantity
