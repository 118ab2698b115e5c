"""What stands against the budgets of scenes and shots. A cure is named only where it would make something cheaper."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.catalog.prices import PriceBook
from storyboard.compile.request import Request, RequestShot
from storyboard.diagnostics import Span
from storyboard.plan.budget import (
    FEWER,
    Priced,
    Rule,
    Violation,
    another_book,
    in_dollars,
    listed,
    place_of,
)
from storyboard.read.model import Placed
from storyboard.report.money import exact

MEDIA = (
    "start_image_url",
    "end_image_url",
    "video_url",
    "elements",
)  # what an endpoint must take to be put in another's place


def over_own_budgets(
    priced: Iterable[Priced], book: PriceBook | None = None, fewer: str | None = FEWER
) -> Iterator[Violation]:
    """One for each place where a budget was written: `defaults` may rule many scenes. `book` is what they are priced
    by; without one, what is cheaper is not known, and said to be worth a try. `fewer` as for `over_budget`."""
    found: dict[tuple[Rule, Span, Decimal], list[_Own]] = {}
    for each in priced:
        for own in _own_budgets(each):
            if own.amount is None or own.amount > own.budget.value:
                found.setdefault((own.rule, own.budget.span, own.budget.value), []).append(own)
    for over in found.values():
        yield from _over_own([own for own in over if own.amount is None], book, fewer)
        yield from _over_own([own for own in over if own.amount is not None], book, fewer)


class _Own(Struct, frozen=True):
    """What a scene, or a shot of it, costs, and what it may."""

    request: Request
    shot: RequestShot | None
    budget: Placed[Decimal]
    amount: Decimal | None

    @property
    def rule(self) -> Rule:
        return "scene budget" if self.shot is None else "shot budget"

    @property
    def name(self) -> str:
        """The scene's, or the shot's behind it and a point."""
        return self.request.scene if self.shot is None else f"{self.request.scene}.{self.shot.id}"

    @property
    def row(self) -> Endpoint | None:
        return catalog().find(self.request.endpoint)


def _own_budgets(each: Priced) -> Iterator[_Own]:
    request, amount = each.request, each.amount
    if request.budget is not None:
        yield _Own(request, None, request.budget, amount)
    for shot in request.shots:
        if shot.budget is not None:
            part = None if amount is None else amount * shot.seconds / request.seconds
            yield _Own(request, shot, shot.budget, part)


def _over_own(owns: Sequence[_Own], book: PriceBook | None, fewer: str | None) -> Iterator[Violation]:
    """All of one budget, with prices that are known or with none."""
    if not owns:
        return
    first, limit = owns[0], owns[0].budget.value
    what = "scene" if first.shot is None else "shot"
    says = f"{place_of(first.budget.span)}: the {what}'s budget is {exact(limit)} USD"
    amounts = [(own.name, own.amount) for own in owns]
    known = [amount for _, amount in amounts if amount is not None]
    if known:
        text, cure = f"{says}; it costs {in_dollars(amounts)}.", _cheaper(owns, book)
    else:
        text = f"{says}, and there is no price for {listed([own.name for own in owns])}."
        cure = another_book(amounts, "budget", fewer)
    scenes = tuple(dict.fromkeys(own.request.scene for own in owns))
    yield Violation(first.rule, text, cure, scenes, first.budget.span, max(known, default=None), limit)


def _cheaper(owns: Sequence[_Own], book: PriceBook | None) -> str:
    """ "Make it shorter or silent, give it a cheaper endpoint, or raise the budget.", as far as each would help."""
    shorter = _those(owns, _can_be_shorter)
    silent = _those(owns, lambda own: _can_be_silent(own, book), of_scenes=True)
    endpoint = _those(owns, lambda own: _has_cheaper(own, book), of_scenes=True)
    if shorter == silent:
        ways = [f"make {shorter} shorter or silent"] if shorter else []
    else:
        ways = [f"make {who} {how}" for who, how in ((shorter, "shorter"), (silent, "silent")) if who]
    ways += [f"give {endpoint} a cheaper endpoint"] if endpoint else []
    said = ", or ".join(filter(None, [", ".join(ways), "raise the budget"]))
    return f"{said[0].upper()}{said[1:]}."


def _those(owns: Sequence[_Own], helped: Callable[[_Own], bool], *, of_scenes: bool = False) -> str:
    """Whom a cure helps: by name where it is not all of them, "" where it is none. Sound and endpoint are the scene's
    also where the budget is a shot's."""
    found = [own for own in owns if helped(own)]
    of_scenes = of_scenes and owns[0].shot is not None
    if len(found) < len(owns):
        return listed(list(dict.fromkeys(own.request.scene if of_scenes else own.name for own in found)))
    if of_scenes:
        return "its scene" if len(owns) == 1 else "their scenes"
    return "it" if len(owns) == 1 else "them"


def _can_be_shorter(own: _Own) -> bool:
    """A shot among others may be as short as a shot may be: the others can have its seconds."""
    if own.row is None:
        return True
    if own.row.follows:
        return False  # a film is as long as it is
    if own.shot is None or len(own.request.shots) == 1:
        return own.request.seconds > own.row.limits.clip_seconds[0]
    return own.shot.seconds > own.row.limits.shot_seconds[0]


def _can_be_silent(own: _Own, book: PriceBook | None) -> bool:
    request, row = own.request, own.row
    if request.tier == "silent" or (row is not None and not row.takes("generate_audio")):
        return False
    return book is None or _is_less(book.unit_price(request.endpoint, "silent"), _unit(request, book))


def _has_cheaper(own: _Own, book: PriceBook | None) -> bool:
    """Is there an endpoint that takes the same media, and costs less in the same tier?"""
    request, row = own.request, own.row
    if book is None or row is None:
        return True
    sent = {field for field in MEDIA if row.wire(field) in request.arguments}
    others = (each for each in catalog().endpoints if _serves(each, sent))
    return any(_is_less(book.unit_price(each.id, request.tier), _unit(request, book)) for each in others)


def _serves(row: Endpoint, sent: set[str]) -> bool:
    return all(row.takes(field) for field in sent) and not any(row.needs(f) for f in MEDIA if f not in sent)


def _unit(request: Request, book: PriceBook) -> Decimal | None:
    return book.unit_price(request.endpoint, request.tier)


def _is_less(price: Decimal | None, than: Decimal | None) -> bool:
    return price is not None and than is not None and price < than
