"""What is to be paid against the most that may be in one run. What stands against it is a value first: it is shown with
a plan, and refuses a render."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from storyboard.compile.request import Request
from storyboard.diagnostics import Span
from storyboard.errors import Refused
from storyboard.report.money import exact

Rule = Literal[
    "budget", "scene budget", "shot budget", "max_per_run", "max_per_month", "endpoints", "approval"
]
Amount = tuple[str, Decimal | None]  # scene, USD; None when the price is unknown
NOTHING = Decimal(0)
NAMED = 12  # scenes in a sentence
TOLD = 30  # violations
LEAVE_OUT = "leave scenes out with --scene or --select"
SETTLE = "`storyboard reconcile` settles takes whose answer was lost."


class Priced(Protocol):
    """A request and what it costs in USD, None when that is unknown: a step of a plan, or a Payment."""

    @property
    def request(self) -> Request: ...
    @property
    def amount(self) -> Decimal | None: ...


@dataclass(frozen=True, slots=True)
class Payment:
    """A request at its price, outside of a plan."""

    request: Request
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that stands against a payment. `text` says what, where it is ruled and for how much, `cure` what to
    change; `span` is None for a cap from the command line. `amount` and `limit` in USD, None where none is meant or
    known."""

    rule: Rule
    text: str
    cure: str
    scenes: tuple[str, ...]
    span: Span | None = None
    amount: Decimal | None = None
    limit: Decimal | None = None

    def __str__(self) -> str:
        return f"{self.text} {self.cure}"


def refuse(found: Sequence[Violation]) -> None:
    """Raises Refused, with all that stands against it, unless there is nothing."""
    if not found:
        return
    if len(found) == 1:
        raise Refused(f"{found[0].text} Nothing was sent. {found[0].cure}")
    more = [f"  and {len(found) - TOLD} more"] if len(found) > TOLD else []
    raise Refused("\n".join(["Nothing was sent:", *_by_cure(found[:TOLD]), *more]))


def _by_cure(found: Sequence[Violation]) -> Iterator[str]:
    """A line each; what has one cure stands together above it."""
    for cure in dict.fromkeys(each.cure for each in found):
        yield from (f"  {each.text}" for each in found if each.cure == cure)
        yield f"    {cure}"


def within_budget(
    what: str, prices: Iterable[Amount], budget: Decimal | None, held: Iterable[Amount] = ()
) -> None:
    """Raises Refused when `over_budget` finds something."""
    refuse(tuple(over_budget(what, prices, budget, held)))


def over_budget(
    what: str, prices: Iterable[Amount], budget: Decimal | None, held: Iterable[Amount] = ()
) -> Iterator[Violation]:
    """What stands against the budget of one run: `prices` and what is `held` (takes whose answer was lost, which count
    as spent) go beyond it, or one of them is unknown. `what` begins the sentence that says so."""
    asked, kept = list(prices), list(held)
    if budget is None or not asked:
        return
    unpriced = tuple(dict.fromkeys(scene for scene, amount in [*asked, *kept] if amount is None))
    if unpriced:
        text = f"There is a budget of {exact(budget)} USD, but no price for {', '.join(unpriced)}."
        cure = another_book(asked, "budget") if any(a is None for _, a in asked) else SETTLE
        yield Violation("budget", text, cure, unpriced, limit=budget)
        return
    price, lost = total_of(asked), total_of(kept)
    if price + lost > budget:
        more = f", and {exact(lost)} USD may have been spent on takes whose answer was lost" if lost else ""
        yield Violation(
            "budget",
            f"{what} {exact(price)} USD{more}; the budget of one run is {exact(budget)} USD.",
            f"Raise the budget, or {LEAVE_OUT}."
            if some_within(asked, budget - lost)
            else "Raise the budget.",
            tuple(scene for scene, _ in asked),
            amount=price + lost,
            limit=budget,
        )


def another_book(amounts: Iterable[Amount], cap: str) -> str:
    """The cure where some of these have no price."""
    priced = any(amount is not None for _, amount in amounts)
    leave_out = " leave these scenes out with --scene or --select," if priced else ""
    return f"Choose a price book that has one (`storyboard prices`),{leave_out} or take the {cap} away."


def some_within(amounts: Iterable[Amount], left: Decimal) -> bool:
    """Would what is left be enough for one of them? Else there is no use in leaving others out."""
    return any(amount is not None and amount <= left for _, amount in amounts)


def place_of(span: Span) -> str:
    return f"{span.path}:{span.line}:{span.column}"


def total_of(amounts: Iterable[Amount]) -> Decimal:
    """The sum of what is known."""
    return sum((amount for _, amount in amounts if amount is not None), NOTHING)


def listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def in_dollars(amounts: Sequence[Amount]) -> str:
    """The amount of each, within a sentence: "2.10 USD (turn), an unknown amount (dusk)"."""
    return listed([f"{_dollars(amount)} ({name})" for name, amount in amounts])


def _dollars(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"{exact(amount)} USD"
