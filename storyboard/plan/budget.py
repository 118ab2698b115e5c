"""The one check of a budget: what is to be paid and what may have been paid already, against the most that may be."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from storyboard.errors import Refused
from storyboard.report.money import exact

Priced = tuple[str, Decimal | None]  # scene, USD; None when the price is unknown


def within_budget(
    what: str, prices: Iterable[Priced], budget: Decimal | None, held: Iterable[Priced] = ()
) -> None:
    """Raises Refused when `prices` and what is `held` (takes whose answer was lost, which count as spent) go beyond the
    budget, or when one of them is unknown. `what` begins the sentence that says so."""
    asked, kept = list(prices), list(held)
    if budget is None or not asked:
        return
    unpriced = dict.fromkeys(scene for scene, amount in [*asked, *kept] if amount is None)
    if unpriced:
        raise Refused(
            f"There is a budget of {exact(budget)} USD, but no price for {', '.join(unpriced)}. "
            "Nothing was sent. Choose a price book that has one (`storyboard prices`), leave these scenes "
            "out with --scene or --select, or take the budget away."
        )
    price, lost = (sum((amount or Decimal(0) for _, amount in row), Decimal(0)) for row in (asked, kept))
    if price + lost > budget:
        more = f", and {exact(lost)} USD may have been spent on takes whose answer was lost" if lost else ""
        raise Refused(
            f"{what} {exact(price)} USD{more}; the budget of one run is {exact(budget)} USD. Nothing was sent. "
            "Raise the budget, or leave scenes out with --scene or --select."
        )
