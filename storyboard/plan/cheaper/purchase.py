"""What is bought once: the scenes that share one request, and what it costs. Advice is about these, for what is done
to one of such scenes alone buys a clip more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint
from storyboard.catalog.prices import PriceBook, Tier
from storyboard.compile.compiler import Compiled
from storyboard.compile.digest import canonical
from storyboard.compile.prompts import CompiledScene
from storyboard.compile.request import Request
from storyboard.compile.shot_list import ListedScene
from storyboard.diagnostics import Span

NAMED = 6  # scenes of a sentence


class Purchase(Struct, frozen=True):
    """One request and the scenes of it, in order. `unpaid`: it would be sent now, so that it can still be changed."""

    request: Request
    scenes: tuple[CompiledScene, ...]
    listed: tuple[ListedScene, ...]
    unpaid: bool
    number: int  # in the order of the storyboard

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(scene.scene.id.value for scene in self.scenes)

    @property
    def endpoint(self) -> Endpoint:
        return self.scenes[0].endpoint

    def price(
        self, book: PriceBook, *, seconds: int | None = None, tier: Tier | None = None
    ) -> Decimal | None:
        """USD of it, or of as much of it; None when the book does not know."""
        unit = book.unit_price(self.request.endpoint, tier or self.request.tier)
        return None if unit is None else unit * (self.request.seconds if seconds is None else seconds)


def purchases(film: Compiled, sending: Collection[str] | None) -> tuple[Purchase, ...]:
    """`sending` names the scenes that would be bought now; None for all."""
    groups: dict[tuple[str, int], list[int]] = {}
    for number, request in enumerate(film.requests):
        known = request.digest or canonical([request.endpoint, request.arguments])
        groups.setdefault((known, request.take), []).append(number)
    return tuple(_purchase(film, numbers, sending) for numbers in groups.values())


def _purchase(film: Compiled, numbers: Sequence[int], sending: Collection[str] | None) -> Purchase:
    requests = [film.requests[number] for number in numbers]
    return Purchase(
        requests[0],
        tuple(film.scenes[number] for number in numbers),
        tuple(film.shot_list.scenes[number] for number in numbers),
        unpaid=all(request.pin is None for request in requests)
        and (sending is None or any(request.scene in sending for request in requests)),
        number=numbers[0],
    )


def shared_places(film: Compiled) -> frozenset[Span]:
    """Where a value was written that several scenes have: to change it there changes all of them."""
    found: Counter[Span] = Counter()
    for compiled, request in zip(film.scenes, film.requests, strict=True):
        endpoint, audio = compiled.scene.endpoint, request.places.get(("generate_audio",))
        found.update({span for span in (endpoint.span if endpoint else None, audio) if span is not None})
    return frozenset(span for span, scenes in found.items() if scenes > 1)


def difference(before: Decimal | None, after: Decimal | None) -> Decimal | None:
    return None if before is None or after is None else before - after


def listed(names: Iterable[str]) -> str:
    """`a, b and c`; not all of very many."""
    given = list(names)
    if len(given) == 1:
        return given[0]
    if len(given) > NAMED:
        return f"{', '.join(given[:NAMED])} and {len(given) - NAMED:,} more"
    return f"{', '.join(given[:-1])} and {given[-1]}"
