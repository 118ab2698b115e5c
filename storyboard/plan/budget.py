"""What is to be paid against the most that may be in one run. What stands against it is a value first: it is shown with
a plan, and refuses a render."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Literal, Protocol

from msgspec import Struct

from storyboard.compile.request import Request
from storyboard.diagnostics import Span
from storyboard.errors import Refused
from storyboard.report.money import exact

Rule = Literal[
    "budget",
    "scene budget",
    "shot budget",
    "max_per_run",
    "max_per_month",
    "price book",
    "length",
    "endpoints",
    "approval",
]
Amount = tuple[str, Decimal | None]  # scene, USD; None when the price is unknown
NOTHING = Decimal(0)
NAMED = 12  # scenes in a sentence
TOLD = 30  # violations
FEWER = "leave scenes out with --scene or --select"  # of the commands that have these options

SETTLE = "`storyboard reconcile` settles them."


class Priced(Protocol):
    """A request and what it costs in USD, None when that is unknown: a step of a plan, or a Payment."""

    @property
    def request(self) -> Request: ...
    @property
    def amount(self) -> Decimal | None: ...


class Payment(Struct, frozen=True):
    """A request at its price, outside of a plan."""

    request: Request
    amount: Decimal | None


class Violation(Struct, frozen=True):
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


class Budget(Struct, frozen=True):
    """USD that one run may cost. `name` is what says so and can be changed: an option, a variable of the environment,
    or the storyboard's `budget` at `span`."""

    value: Decimal
    name: str
    span: Span | None = None

    def __str__(self) -> str:
        where = self.name if self.span is None else place_of(self.span)
        return f"{exact(self.value)} USD ({where})"


def refuse(found: Sequence[Violation], done: str = "Nothing was sent") -> None:
    """Raises Refused, with all that stands against it, unless there is nothing. `done` says what came of the command,
    "" where nothing was to come of it but words."""
    if not found:
        return
    if len(found) == 1:
        raise Refused(" ".join(filter(None, [found[0].text, done and f"{done}.", found[0].cure])))
    more = [f"  and {len(found) - TOLD} more"] if len(found) > TOLD else []
    head = done or "This may not be bought"
    raise Refused("\n".join([f"{head}:", *_by_cure(found[:TOLD]), *more]))


def _by_cure(found: Sequence[Violation]) -> Iterator[str]:
    """A line each; what has one cure stands together above it."""
    for cure in dict.fromkeys(each.cure for each in found):
        yield from (f"  {each.text}" for each in found if each.cure == cure)
        yield f"    {cure}"


def any_of(*cures: str | None) -> str:
    """A sentence of what can be done, one or the other; None is no cure."""
    *others, last = [cure for cure in cures if cure is not None]
    text = f"{', '.join(others)}, or {last}." if others else f"{last}."
    return text[0].upper() + text[1:]


def another_book(amounts: Iterable[Amount], cap: str, fewer: str | None) -> str:
    """The cure where some of these have no price; `fewer` is how they are left out, if others have one."""
    priced = any(amount is not None for _, amount in amounts)
    book = "choose a price book that has one (`storyboard prices`)"
    return any_of(book, fewer if priced else None, f"take the {cap} away")


def over_budget(
    what: str,
    prices: Iterable[Amount],
    budget: Budget | None,
    held: Iterable[Amount] = (),
    fewer: str | None = FEWER,
) -> Iterator[Violation]:
    """What stands against the budget of one run: `prices` and what is `held` (takes whose answer was lost, which count
    as spent) go beyond it, or one of them is unknown. `what` begins the sentence that says so; `fewer` is how scenes
    are left out, None where they can't be."""
    asked, kept = list(prices), list(held)
    if budget is None or not asked:
        return
    span, limit = budget.span, budget.value
    unpriced = tuple(dict.fromkeys(scene for scene, amount in asked if amount is None))
    says = f"There is a budget of {budget}"
    if unpriced:
        text = f"{says}, but no price for {', '.join(unpriced)}."
        yield Violation("budget", text, another_book(asked, "budget", fewer), unpriced, span, limit=limit)
        return
    if any(amount is None for _, amount in kept):
        scenes = tuple(scene for scene, _ in asked)
        yield Violation("budget", f"{says}, and {not_known(kept)}.", SETTLE, scenes, span, limit=limit)
        return
    price, lost = total_of(asked), total_of(kept)
    if price + lost > limit:
        more = f", and {exact(lost)} USD may have been spent on takes whose answer was lost" if lost else ""
        text = f"{what} {exact(price)} USD{more}; the budget of one run is {budget}."
        scenes = tuple(scene for scene, _ in asked)
        cure = any_of(f"raise {budget.name}", fewer if some_within(asked, limit - lost) else None)
        yield Violation("budget", text, cure, scenes, span, price + lost, limit)


def some_within(amounts: Iterable[Amount], left: Decimal) -> bool:
    """Would what is left be enough for one of them? Else there is no use in leaving others out."""
    return any(amount is not None and amount <= left for _, amount in amounts)


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
