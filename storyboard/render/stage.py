"""What the parts of a render share: the plan's world, the ledger, the store, the wire."""

from __future__ import annotations

import asyncio
from pathlib import Path

from msgspec import Struct, field

from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.departures import Departures
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.store import Store
from storyboard.render.hints import Hints
from storyboard.render.observer import Activity, Observer, Progress
from storyboard.render.turns import Turns, turns_of
from storyboard.secret import redact


class Patience(Struct, frozen=True):
    """How long to put up with silence, in seconds; `looks` are the pauses between looks into fal's history.
    Within `fresh` of its submit, a request that the queue doesn't know may just be new to it."""

    silence: float = 600.0
    looks: tuple[float, ...] = (2, 5, 15, 30, 60, 120, 180)
    fresh: float = 60.0
    pauses: tuple[float, float] = (1.0, 5.0)  # between two questions: the first, the longest
    opening: float = 3.0  # for the status stream to begin, before the first question
    net: float = 20.0  # between two questions while fal streams the status
    ledger: float = 600.0  # for the server of a shared ledger to come back
    another: float = 240.0  # for another machine's POST to come to an end: longer than one can last


# For a look-alike: it answers at once or never.
SHORT = Patience(silence=30.0, looks=(0.5, 1, 2), fresh=3.0, pauses=(0.2, 1.0), opening=1.5, net=15.0)


class Stage(Struct, frozen=True):
    """One run. `stop` is set when no new POST may begin; `slots` bounds what this run has at fal at a time, `turns` is
    its part in what all have there that share the ledger. `webhook` goes with each submit; `hints` are looked at while
    waiting."""

    ledger: Ledger
    store: Store
    wire: Wire
    observer: Observer
    world: World
    patience: Patience
    stop: asyncio.Event
    slots: asyncio.Semaphore
    turns: Turns
    webhook: str | None = None
    hints: Hints | None = None
    adopting: asyncio.Lock = field(default_factory=asyncio.Lock)
    looking: asyncio.Lock = field(
        default_factory=asyncio.Lock
    )  # whether the ledger's server is back: one at a time

    @property
    def departures(self) -> Departures:
        return Departures(self.ledger.place)


class Teller(Struct, frozen=True):
    """Tells the observer about one take."""

    observer: Observer
    world: World
    scene: str
    take: int
    began: float

    def tell(
        self, activity: Activity, line: str | None = None, position: int | None = None, *, free: bool = False
    ) -> None:
        elapsed = self.world.elapsed() - self.began
        line = redact(line) if line else line
        self.observer.saw(Progress(self.scene, self.take, activity, elapsed, position, line, free))


def stage_of(
    ledger: Ledger,
    store: Store,
    wire: Wire,
    observer: Observer,
    world: World,
    *,
    patience: Patience | None = None,
    stop: asyncio.Event | None = None,
    concurrency: int = 1,
    webhook: str | None = None,
    hints: Hints | None = None,
    turns: Turns | None = None,
) -> Stage:
    """A stage whose patience fits whom it asks."""
    return Stage(
        ledger=ledger,
        store=store,
        wire=wire,
        observer=observer,
        world=world,
        patience=patience or (Patience() if wire.account.base_url is None else SHORT),
        stop=stop or asyncio.Event(),
        slots=asyncio.Semaphore(concurrency),
        turns=turns or turns_of(ledger.place, "a render", concurrency),
        webhook=webhook,
        hints=hints,
    )


def incoming(stage: Stage, request_id: str | None) -> Path:
    return stage.store.incoming(request_id or "clip")
