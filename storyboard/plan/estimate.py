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
    audio_by_default: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """`total` sums what has a price; `unpriced` names the scenes that have none."""

    book: PriceBook
    scenes: tuple[SceneEstimate, ...]
    total: Decimal
    unpriced: tuple[str, ...]

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
    )


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
        audio_by_default=request.tier != "silent" and ("generate_audio",) not in request.places,
    )
