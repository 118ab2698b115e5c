"""The dry-run cost report: what every scene costs by the price book, what of it is bought, what is still to pay.

Money is exact. What has no price is listed, never counted as zero.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.catalog.prices import PriceBook, Tier
from storyboard.compile.request import Request
from storyboard.ledger.record import TakeRecord
from storyboard.plan.pins import HELD
from storyboard.plan.spending import Spent, at_stake
from storyboard.plan.steps import Step
from storyboard.plan.twins import twins_of

NOTHING = Decimal(0)

# To pay: nobody bought it. Bought: its clip is here, or is only to be fetched. At stake: it may have been paid, and is
# not sent again by itself. Twin: the same request as an earlier scene's, which is bought once.
Standing = Literal["to pay", "bought", "at stake", "twin"]


class ShotEstimate(Struct, frozen=True):
    id: str
    seconds: int
    amount: Decimal | None


class SceneEstimate(Struct, frozen=True):
    """`unit_price` is USD a second; None when the book does not have it, and the amounts then are None too.

    `amount` is the price of one take, whatever was bought; `to_pay` what the next render pays of it; `at_stake` what an
    earlier one may have paid, by its own estimate; it is `unsettled` while its answer is lost. `silent` is the amount
    without sound. `takes` counts those of its request that there are, or may be.
    """

    scene: str
    endpoint: str
    seconds: int
    tier: Tier
    unit_price: Decimal | None
    amount: Decimal | None
    shots: tuple[ShotEstimate, ...]
    dearer_by_default: bool  # audio is on because nobody said otherwise, and silent would cost less
    silent: Decimal | None = None
    take: int = 1
    elements: tuple[str, ...] = ()
    standing: Standing = "to pay"
    to_pay: Decimal | None = None
    at_stake: Decimal | None = NOTHING
    unsettled: bool = False
    takes: int = 0
    spent: Spent = field(default_factory=Spent)  # so far, whatever its text said then
    length_known: bool = True  # False: it is priced by a length that was written and could not be measured

    @property
    def why(self) -> str:
        """Why it has its tier."""
        if self.tier == "voice":
            return "a voice is used"
        if self.tier == "silent":
            return "no sound is made"
        return "sound by default" if self.dearer_by_default else "sound is made"


class Group(Struct, frozen=True):
    """Scenes that have an endpoint or an element in common."""

    name: str
    scenes: tuple[SceneEstimate, ...]


class Estimate(Struct, frozen=True, dict=True):
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

    @property
    def to_pay(self) -> Decimal:
        """What has a price of what is still to pay."""
        return sum((scene.to_pay for scene in self.scenes if scene.to_pay is not None), NOTHING)

    @property
    def is_untouched(self) -> bool:
        """Is every scene still to pay?"""
        return all(scene.standing == "to pay" for scene in self.scenes)

    @cached_property
    def by_endpoint(self) -> tuple[Group, ...]:
        """Every scene in one of them."""
        return _groups([(scene.endpoint, scene) for scene in self.scenes])

    @cached_property
    def by_element(self) -> tuple[Group, ...]:
        """A scene with two elements is in two groups, a scene with none in none."""
        return _groups([(name, scene) for scene in self.scenes for name in scene.elements])

    @property
    def spent(self) -> Spent:
        return sum((scene.spent for scene in self.scenes), Spent())

    def with_takes(self, count: int) -> tuple[Decimal | None, ...]:
        """A scene each: what is still to pay when it needs so many takes, of which it has what was bought."""
        return tuple(_with_takes(scene, count) for scene in self.scenes)


def estimate(
    requests: Sequence[Request],
    book: PriceBook,
    steps: Sequence[Step] = (),
    takes: Sequence[TakeRecord] = (),
    spent: Mapping[str, Spent] | None = None,
) -> Estimate:
    """Every request once at full price, and what of that is to pay by the plan's steps, one a request; without steps,
    all of it. `takes` are those that the ledger knows, `spent` what was paid so far by scene."""
    known: Mapping[str, Step] = {step.scene: step for step in steps}
    twins = {step.scene: step.twin for step in steps if step.twin is not None}
    if not steps:
        twins = twins_of(request for request in requests if request.pin is None)
    had = Counter(take.digest for take in takes if take.state in HELD)
    scenes = tuple(
        replace(
            _scene(request, book, known.get(request.scene), second=request.scene in twins),
            takes=had[_meant(request, known.get(request.scene)) or ""],
            spent=(spent or {}).get(request.scene, Spent()),
        )
        for request in requests
    )
    return Estimate(
        book=book,
        scenes=scenes,
        total=sum((scene.amount for scene in scenes if scene.amount is not None), NOTHING),
        unpriced=tuple(scene.scene for scene in scenes if scene.amount is None),
        twins=tuple(twins.items()),
    )


def _meant(request: Request, step: Step | None) -> str | None:
    """The digest of the scene's takes: a pinned one keeps those of another text."""
    return request.digest if step is None else step.request.digest


def _groups(named: Sequence[tuple[str, SceneEstimate]]) -> tuple[Group, ...]:
    found: dict[str, list[SceneEstimate]] = {}
    for name, scene in named:
        found.setdefault(name, []).append(scene)
    return tuple(Group(name, tuple(scenes)) for name, scenes in found.items())


def _scene(request: Request, book: PriceBook, step: Step | None, *, second: bool) -> SceneEstimate:
    unit, silent = (book.unit_price(request.endpoint, tier) for tier in (request.tier, "silent"))
    amount = None if unit is None else unit * request.seconds
    standing: Standing = "twin" if second else _standing(step)
    made = ("generate_audio",) not in request.places and "generate_audio" in request.arguments
    return SceneEstimate(
        scene=request.scene,
        endpoint=request.endpoint,
        seconds=request.seconds,
        tier=request.tier,
        unit_price=unit,
        amount=amount,
        shots=tuple(
            ShotEstimate(shot.id, shot.seconds, None if unit is None else unit * shot.seconds)
            for shot in request.shots
        ),
        dearer_by_default=made and silent is not None and unit is not None and silent < unit,
        silent=None if silent is None else silent * request.seconds,
        take=request.take,
        elements=request.elements,
        standing=standing,
        to_pay=amount if standing == "to pay" else NOTHING,
        at_stake=step.amount if step is not None and standing == "at stake" else NOTHING,
        unsettled=step is not None and step.since is not None and bool(at_stake([step.since])),
        length_known=request.length_known,
    )


def _standing(step: Step | None) -> Standing:
    if step is None or step.decision == "send":
        return "to pay"
    return "at stake" if step.decision == "ask" else "bought"


def _with_takes(scene: SceneEstimate, count: int) -> Decimal | None:
    if scene.standing == "twin":
        return NOTHING
    more = max(count - scene.takes, 1 if scene.standing == "to pay" else 0)
    return NOTHING if not more else None if scene.amount is None else scene.amount * more
