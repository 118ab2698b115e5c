"""What stands against buying: the budgets, and the project's policy. A policy only restricts, so the least of all caps
counts, and every rule that is broken is told.

Endpoints and the caps of a run are judged on what is to be paid now; the cap of a month on that and on what the ledger
says was spent, or may have been, since the month began (UTC).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, field

from storyboard.catalog.endpoints import Beginning, alias_of, catalog
from storyboard.catalog.prices import PriceBook
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.plan.budget import (
    FEWER,
    SETTLE,
    Amount,
    Budget,
    Priced,
    Rule,
    Violation,
    another_book,
    any_of,
    in_dollars,
    listed,
    not_known,
    over_budget,
    place_of,
    some_within,
    total_of,
)
from storyboard.plan.own_budgets import over_own_budgets
from storyboard.plan.spending import NOTHING, Month
from storyboard.read.policy import Names, Policy
from storyboard.read.tables import Stated
from storyboard.report.money import exact

BEGINS: Mapping[Beginning, str] = {
    "text": "with words alone",
    "still": "with a still",
    "either": "with a still or without",
    "film": "with a film",
}


class Caps(Struct, frozen=True):
    """What a run may buy at most. `budget` is the least of those of one run; approvals are in the policy. A rehearsal
    is paid by nobody: only a budget from outside holds in it. By `book` a refusal knows what would cost less;
    `brought` names one that came along with the storyboard or the plan, so that nobody vouches for it; `fewer` is how
    scenes are left out, None where they can't be."""

    budget: Budget | None = None
    policy: Policy = field(default_factory=Policy)
    rehearsal: bool = False
    book: PriceBook | None = None
    brought: str | None = None
    fewer: str | None = FEWER

    @property
    def monthly(self) -> bool:
        """Is there anything to be held against a month's spending?"""
        return self.policy.max_per_month is not None and not self.rehearsal


class Ruling(Struct, frozen=True):
    """How a payment stands against the caps: what is to be paid now, what its month holds already, what stands against
    it. `month` is None where no cap is of a month."""

    caps: Caps
    paying: tuple[Amount, ...]
    month: Month | None
    violations: tuple[Violation, ...]


def approved(names: Collection[str]) -> frozenset[str]:
    """The ids of endpoints that a person approves of, named by alias or id. Raises UsageError."""
    found = set()
    for name in names:
        seller = catalog().seller(name)
        if seller is None:
            cure = did_you_mean(name, catalog().sellers())
            raise UsageError(f"--approve names an endpoint, and there is no {name!r}: {cure}")
        found.add(seller)
    return frozenset(found)


def ruling(
    what: str,
    priced: Iterable[Priced],
    caps: Caps,
    *,
    held: Iterable[Amount] = (),
    month: Month | None = None,
) -> Ruling:
    """How paying for these stands. `held` are takes whose answer was lost, which count as spent in one run; `month` is
    what the month that it is holds already (see `Caps.monthly`). `what` begins the sentence about the budget: "The
    estimate is"."""
    paying = tuple(priced)
    amounts = tuple((each.request.scene, each.amount) for each in paying)
    return Ruling(caps, amounts, month, tuple(_violations(what, paying, amounts, caps, tuple(held), month)))


def _violations(
    what: str,
    paying: Sequence[Priced],
    amounts: Sequence[Amount],
    caps: Caps,
    held: Sequence[Amount],
    month: Month | None,
) -> Iterator[Violation]:
    yield from over_budget(what, amounts, caps.budget, held, caps.fewer)
    yield from _by_believed_lengths(paying, caps)
    if not caps.rehearsal and paying:
        yield from over_own_budgets(paying, caps.book, caps.fewer)
        yield from _over_run(amounts, held, caps)
        yield from _over_month(amounts, month, caps)
        yield from _by_brought_prices(amounts, caps)
        for allowed in caps.policy.endpoints:
            yield from _not_allowed(paying, allowed)
        for asked in caps.policy.approval:
            yield from _not_approved(paying, asked)


def _over_run(amounts: Sequence[Amount], held: Sequence[Amount], caps: Caps) -> Iterator[Violation]:
    if caps.policy.max_per_run is None:
        return
    cap, lost = _Cap("max_per_run", "a run", caps.policy.max_per_run, caps.fewer), total_of(held)
    said = f"{exact(lost)} USD may have been spent on takes whose answer was lost, and " if lost else ""
    if any(amount is None for _, amount in held):
        scenes = tuple(scene for scene, _ in amounts)
        yield cap.violation(f"{cap}, and {not_known(held)}.", SETTLE, scenes)
    else:
        yield from cap.over(amounts, lost, said)


def _over_month(amounts: Sequence[Amount], month: Month | None, caps: Caps) -> Iterator[Violation]:
    stated = caps.policy.max_per_month
    if stated is None or month is None:
        return
    cap, before = _Cap("max_per_month", "a month", stated, caps.fewer), month.spent.total
    if month.unknown:
        names = listed([f"{take.scene} (take {take.take})" for take in month.unknown])
        text = f"{cap}, and nobody knows what was paid in {month.name} (UTC) for {names}."
        scenes = tuple(take.scene for take in month.unknown)
        yield cap.violation(text, "`storyboard reconcile` asks fal.", scenes)
    else:
        said = f"{exact(before)} USD were spent, or may have been, in {month.name} (UTC), and "
        yield from cap.over(amounts, before, said)


def _by_believed_lengths(paying: Sequence[Priced], caps: Caps) -> Iterator[Violation]:
    """A cap is not to be kept by a length that its author believes and nobody measured."""
    believed = [each.request for each in paying if not each.request.length_known]
    own = [request for request in believed if request.budget is not None]
    capped = caps.budget is not None or (not caps.rehearsal and (caps.policy.caps or own))
    if believed and capped:
        names = tuple(dict.fromkeys(request.scene for request in believed))
        yield Violation(
            "length",
            f"There is a cap on what is spent, and {listed(names)} {'costs' if len(names) == 1 else 'cost'} as much as "
            "a film that could not be measured here is long.",
            any_of("put the film into the project", caps.fewer, "take the cap away"),
            names,
        )


def _by_brought_prices(amounts: Sequence[Amount], caps: Caps) -> Iterator[Violation]:
    """A cap is not to be kept by prices that the storyboard, or a plan, brings along."""
    if caps.brought is None or not caps.policy.caps:
        return
    spans = [cap.span for cap in caps.policy.caps]
    yield Violation(
        "price book",
        f"{' and '.join(map(place_of, spans))}: the policy caps what is spent, and the prices are of a book that "
        f"comes with what is to be bought ({caps.brought}).",
        "Name the book that you trust with --prices or STORYBOARD_PRICES.",
        tuple(scene for scene, _ in amounts),
        spans[0],
    )


class _Cap(Struct, frozen=True):
    """A sum that the policy names. As text: where it stands and what it allows."""

    rule: Rule
    per: str
    stated: Stated[Decimal]
    fewer: str | None

    def __str__(self) -> str:
        limit = exact(self.stated.value)
        return f"{place_of(self.stated.span)}: the policy allows {limit} USD {self.per}"

    def over(self, amounts: Sequence[Amount], before: Decimal, said: str) -> Iterator[Violation]:
        """`before` is what counts already, in USD, and `said` tells of it."""
        if any(amount is None for _, amount in amounts):
            yield self.unpriced(amounts, another_book(amounts, "cap", self.fewer))
            return
        price, limit = total_of(amounts), self.stated.value
        if price + before > limit:
            left = max(limit - before, NOTHING)
            text = f"{self}; {said}this costs {exact(price)} USD: {in_dollars(amounts)}. {exact(left)} USD are left."
            fewer = self.fewer if some_within(amounts, left) else None
            cure = any_of(f"raise `{self.rule}` there", fewer)
            yield self.violation(text, cure, tuple(scene for scene, _ in amounts), price + before)

    def unpriced(self, amounts: Sequence[Amount], cure: str) -> Violation:
        scenes = tuple(dict.fromkeys(scene for scene, amount in amounts if amount is None))
        return self.violation(f"{self}, and there is no price for {listed(scenes)}.", cure, scenes)

    def violation(
        self, text: str, cure: str, scenes: tuple[str, ...], amount: Decimal | None = None
    ) -> Violation:
        return Violation(self.rule, text, cure, scenes, self.stated.span, amount, self.stated.value)


def _not_allowed(paying: Sequence[Priced], allowed: Names) -> Iterator[Violation]:
    names = ", ".join(alias_of(endpoint) for endpoint in allowed.value)
    for endpoint, amounts in _by_endpoint(paying).items():
        if endpoint not in allowed.value:
            yield Violation(
                "endpoints",
                f"{place_of(allowed.span)}: the policy does not allow {alias_of(endpoint)}: {in_dollars(amounts)}. "
                f"It allows {names or 'none'}.",
                _instead(endpoint, allowed.value),
                tuple(scene for scene, _ in amounts),
                allowed.span,
            )


def _instead(endpoint: str, allowed: Sequence[str]) -> str:
    """The cure for an endpoint that is not allowed: another that begins as it does, where there is one."""
    asked, rows = catalog().find(endpoint), [catalog().find(name) for name in allowed]
    alike = [
        row.alias for row in rows if row is not None and asked is not None and row.begins == asked.begins
    ]
    if alike:
        return f"Give the scenes {' or '.join(alike)}, or add theirs to `endpoints` there."
    if not allowed or asked is None:
        return "Add theirs to `endpoints` there."
    return f"None of these begins {BEGINS[asked.begins]}, as the scenes do: add theirs to `endpoints` there."


def _not_approved(paying: Sequence[Priced], asked: Names) -> Iterator[Violation]:
    for endpoint, amounts in _by_endpoint(paying).items():
        if endpoint in asked.value:
            yield Violation(
                "approval",
                f"{place_of(asked.span)}: the policy asks for a person's approval of {alias_of(endpoint)}: "
                f"{in_dollars(amounts)}.",
                f"To approve, run the same command with --approve {alias_of(endpoint)}.",
                tuple(scene for scene, _ in amounts),
                asked.span,
            )


def _by_endpoint(paying: Sequence[Priced]) -> dict[str, list[Amount]]:
    found: dict[str, list[Amount]] = {}
    for each in paying:
        found.setdefault(each.request.endpoint, []).append((each.request.scene, each.amount))
    return found
