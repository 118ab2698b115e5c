"""What is to be paid against the most that may be, of one run and of each scene and shot. What stands against it is a
value first: it is shown with a plan, and refuses a render."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from storyboard.compile.request import Request
from storyboard.diagnostics import Span
from storyboard.errors import Refused
from storyboard.read.model import Placed
from storyboard.report.money import exact

Rule = Literal[
    "budget", "scene budget", "shot budget", "max_per_run", "max_per_month", "endpoints", "approval"
]
Amount = tuple[str, Decimal | None]  # scene, USD; None when the price is unknown
NOTHING = Decimal(0)
NAMED = 12  # scenes in a sentence
TOLD = 30  # violations
CHEAPER = "Make it shorter or silent, give it a cheaper endpoint, or raise the budget."
ANOTHER_BOOK = (
    "Choose a price book that has one (`storyboard prices`), leave these scenes out with --scene or --select, or take "
    "the {cap} away."
)

SETTLE = "`storyboard reconcile` settles them."


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
    unpriced = tuple(dict.fromkeys(scene for scene, amount in asked if amount is None))
    says = f"There is a budget of {exact(budget)} USD"
    if unpriced:
        text = f"{says}, but no price for {', '.join(unpriced)}."
        yield Violation("budget", text, ANOTHER_BOOK.format(cap="budget"), unpriced, limit=budget)
        return
    if any(amount is None for _, amount in kept):
        scenes = tuple(scene for scene, _ in asked)
        yield Violation("budget", f"{says}, and {not_known(kept)}.", SETTLE, scenes, limit=budget)
        return
    price, lost = total_of(asked), total_of(kept)
    if price + lost > budget:
        more = f", and {exact(lost)} USD may have been spent on takes whose answer was lost" if lost else ""
        yield Violation(
            "budget",
            f"{what} {exact(price)} USD{more}; the budget of one run is {exact(budget)} USD.",
            "Raise the budget, or leave scenes out with --scene or --select.",
            tuple(scene for scene, _ in asked),
            amount=price + lost,
            limit=budget,
        )


def over_own_budgets(priced: Iterable[Priced]) -> Iterator[Violation]:
    """What stands against the budgets of scenes and shots, one for each place where a budget was written: `defaults`
    may rule many scenes."""
    found: dict[tuple[Rule, Span, Decimal], list[_Own]] = {}
    for each in priced:
        for own in _own_budgets(each):
            if own.amount is None or own.amount > own.budget.value:
                found.setdefault((own.rule, own.budget.span, own.budget.value), []).append(own)
    for over in found.values():
        yield from _over_own([own for own in over if own.amount is None])
        yield from _over_own([own for own in over if own.amount is not None])


@dataclass(frozen=True, slots=True)
class _Own:
    """What a scene or a shot costs, and what it may. `name` is the scene's, or the shot's behind it and a point."""

    rule: Rule
    scene: str
    name: str
    budget: Placed[Decimal]
    amount: Decimal | None


def _own_budgets(each: Priced) -> Iterator[_Own]:
    request, amount = each.request, each.amount
    if request.budget is not None:
        yield _Own("scene budget", request.scene, request.scene, request.budget, amount)
    for shot in request.shots:
        if shot.budget is not None:
            part = None if amount is None else amount * shot.seconds / request.seconds
            yield _Own("shot budget", request.scene, f"{request.scene}.{shot.id}", shot.budget, part)


def _over_own(owns: Sequence[_Own]) -> Iterator[Violation]:
    """All of one budget, with prices that are known or with none."""
    if not owns:
        return
    first, limit = owns[0], owns[0].budget.value
    what = "scene" if first.rule == "scene budget" else "shot"
    says = f"{place_of(first.budget.span)}: the {what}'s budget is {exact(limit)} USD"
    amounts = [own.amount for own in owns if own.amount is not None]
    if amounts:
        text = f"{says}; it costs {in_dollars([(own.name, own.amount) for own in owns])}."
    else:
        text = f"{says}, and there is no price for {listed([own.name for own in owns])}."
    yield Violation(
        first.rule,
        text,
        CHEAPER if amounts else ANOTHER_BOOK.format(cap="budget"),
        tuple(dict.fromkeys(own.scene for own in owns)),
        first.budget.span,
        max(amounts, default=None),
        limit,
    )


def not_known(held: Iterable[Amount]) -> str:
    """Within a sentence: takes whose answer was lost and whose price nobody knows."""
    names = list(dict.fromkeys(scene for scene, amount in held if amount is None))
    return f"nobody knows what may have been spent on takes whose answer was lost ({listed(names)})"


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
