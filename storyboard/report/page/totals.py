"""What stands at the head of the page: sums as the estimate has them, and its remarks."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from storyboard.plan.estimate import Estimate
from storyboard.plan.spending import Spent
from storyboard.report.counted import counted
from storyboard.report.estimate_remarks import remarks
from storyboard.report.money import decimals, exact
from storyboard.report.page.facts import Facts
from storyboard.report.sheet.sheet import AtLeast, Listing, for_people, summed


class Sum(Struct, frozen=True):
    """A figure of the head: its name, what it is, and what is to be known of it."""

    key: str
    title: str
    amount: str
    exact: Decimal | None
    remark: str = ""


class Totals(Struct, frozen=True):
    sums: tuple[Sum, ...]
    remarks: tuple[str | Listing, ...]
    over: bool = False


def totals_of(facts: Facts) -> Totals | None:
    """None where nothing could be priced."""
    if facts.costs is None:
        return None
    found, budget = facts.costs.estimate, facts.costs.budget
    sums = [
        _sum("estimate", "Estimate", [scene.amount for scene in found.scenes], "each scene once"),
        _sum("bought", "Bought", _bought(found), "by this price book"),
        _sum("to-pay", "Still to pay", [scene.to_pay for scene in found.scenes]),
    ]
    if found.spent.takes:
        sums.append(_paid(found.spent))
    over = False
    if budget is not None:
        over = found.to_pay > budget.value
        sums.append(Sum("budget", "Budget", _shown(budget.value), budget.value, "of one run"))
    return Totals(tuple(sums), tuple(remarks(facts.costs)), over)


def _paid(spent: Spent) -> Sum:
    total = AtLeast(spent.total) if spent.unknown else spent.total
    parts = [
        f"{exact(spent.charged)} charged" if spent.charged else "",
        f"{exact(spent.estimated)} by estimate" if spent.estimated else "",
        f"{counted(spent.unknown, 'take')} of unknown price" if spent.unknown else "",
    ]
    return Sum("paid", "Paid so far", _shown(total), spent.total, ", ".join(filter(None, parts)))


def _bought(found: Estimate) -> list[Decimal | None]:
    return [scene.amount for scene in found.scenes if scene.standing == "bought"]


def _sum(key: str, title: str, amounts: list[Decimal | None], remark: str = "") -> Sum:
    total = summed(amounts)
    known = total.amount if isinstance(total, AtLeast) else total
    return Sum(key, title, _shown(total), known, remark)


def _shown(amount: Decimal | AtLeast | None) -> str:
    known = amount.amount if isinstance(amount, AtLeast) else amount
    return for_people(amount, "money", decimals([known]))
