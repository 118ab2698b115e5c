"""The dry-run cost report: what every scene costs by the price book, before anything is sent.

Money is exact. What has no price is listed, never counted as zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from storyboard.catalog.prices import PriceBook, Tier
from storyboard.compile.request import Request


@dataclass(frozen=True, slots=True)
class ShotEstimate:
    id: str
    seconds: int
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class SceneEstimate:
    """`unit_price` is USD a second; None when the book does not have it, and the amounts then are None too."""

    scene: str
    endpoint: str
    seconds: int
    tier: Tier
    unit_price: Decimal | None
    amount: Decimal | None
    shots: tuple[ShotEstimate, ...]
    dearer_by_default: bool  # audio is on because nobody said otherwise, and silent would cost less


@dataclass(frozen=True, slots=True)
class Estimate:
    """`total` sums what has a price; `unpriced` names the scenes that have none."""

    book: PriceBook
    scenes: tuple[SceneEstimate, ...]
    total: Decimal
    unpriced: tuple[str, ...]
    twins: tuple[
        tuple[str, str], ...
    ] = ()  # (scene, an earlier scene with the same request, which is bought once)

    @property
    def seconds(self) -> int:
        return sum(scene.seconds for scene in self.scenes)


def estimate(requests: Sequence[Request], book: PriceBook) -> Estimate:
    """Every request once at full price, whatever was bought before."""
    scenes = tuple(_scene(request, book) for request in requests)
    return Estimate(
        book=book,
        scenes=scenes,
        total=sum((scene.amount for scene in scenes if scene.amount is not None), Decimal(0)),
        unpriced=tuple(scene.scene for scene in scenes if scene.amount is None),
        twins=_twins(requests),
    )


def _twins(requests: Sequence[Request]) -> tuple[tuple[str, str], ...]:
    first: dict[tuple[str, int], str] = {}
    found: list[tuple[str, str]] = []
    for request in requests:
        if request.digest is not None:
            earlier = first.setdefault((request.digest, request.take), request.scene)
            if earlier != request.scene:
                found.append((request.scene, earlier))
    return tuple(found)


def _dearer_by_default(request: Request, book: PriceBook) -> bool:
    silent, unit = (
        book.unit_price(request.endpoint, "silent"),
        book.unit_price(request.endpoint, request.tier),
    )
    asked = ("generate_audio",) in request.places
    return not asked and silent is not None and unit is not None and silent < unit


def amount_of(request: Request, book: PriceBook) -> Decimal | None:
    """USD for one take of the request; None when the book does not know."""
    unit = book.unit_price(request.endpoint, request.tier)
    return None if unit is None else unit * request.seconds


def _scene(request: Request, book: PriceBook) -> SceneEstimate:
    unit = book.unit_price(request.endpoint, request.tier)
    return SceneEstimate(
        scene=request.scene,
        endpoint=request.endpoint,
        seconds=request.seconds,
        tier=request.tier,
        unit_price=unit,
        amount=amount_of(request, book),
        shots=tuple(
            ShotEstimate(shot.id, shot.seconds, None if unit is None else unit * shot.seconds)
            for shot in request.shots
        ),
        dearer_by_default=_dearer_by_default(request, book),
    )
