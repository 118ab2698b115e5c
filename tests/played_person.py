"""A person with one project and one account at fal: what is on their machine, and what they do with it.

The ledger, the store, the planner and the runner are the program's own; fal and time are played (`played_fal.py`,
`virtual_time.py`).
"""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from a_plan import request, still
from kept_rows import at_that_instant, kept, put_back
from played_fal import BASE, PlayedFal
from virtual_time import Killed, Timeline, lived

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.errors import StoryboardError
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import Event, State, TakeRecord
from storyboard.ledger.store import Store
from storyboard.plan.budget import Budget
from storyboard.plan.make import make_plan
from storyboard.plan.policy import Caps
from storyboard.render.abandoned import found_sending
from storyboard.render.budget import at_stake
from storyboard.render.home import AT_FAL, bring_home
from storyboard.render.observer import Unseen
from storyboard.render.runner import carry_out
from storyboard.render.settle import look_before_resending, look_once
from storyboard.render.stage import Patience

RAM = Path("/dev/shm") if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk would only be slower
SCENES = ("a", "b", "c")
UNHURRIED = Patience(looks=(30, 120, 240), pauses=(5.0, 60.0))

Goes = tuple[float, int, dict[str, int]]
WELL: Goes = (0.0, 0, {})
BUG = 70  # the exit code of a traceback


class Wrong(AssertionError):
    """An invariant does not hold."""


class PlayedPerson:
    """One project, one person, one account at fal."""

    clip: ClassVar[bytes]
    tally: ClassVar[Counter[str]] = Counter()
    ledger_type: ClassVar[Callable[..., Ledger]] = Ledger.open  # a broken one is put here to see it found
    kept_at: ClassVar[Callable[[Place], Place]] = staticmethod(lambda place: place)  # where the ledger lies

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="storyboard-", dir=RAM))
        self.project = self.folder / "project"
        self.project.mkdir()
        still(self.project)
        self.place = type(self).kept_at(place_of(self.project, builtin=True))
        self.time = Timeline()
        self.fal = PlayedFal(self.time, self.clip, witness=self._witness)
        self.account = account_from({}, BASE)
        self.versions = dict.fromkeys(SCENES, 0)
        self.takes = dict.fromkeys(SCENES, 1)
        self.made: dict[tuple[str, int, int], Request] = {}
        self.asked_for: dict[str, set[int]] = {}  # digest → takes that were ever asked for
        self.again: Counter[tuple[str, int]] = Counter()  # sent again by a person's word
        self.forgiven: set[str] = set()  # jobs that a restored ledger can't know of
        self.backup: Any = None
        self.backed_up = 0.0
        self.events: tuple[Event, ...] = ()
        self.ids: dict[str, str] = {}
        self.finished: dict[tuple[str, int], TakeRecord] = {}
        self.resting = False
        self.unannounced: list[str] = []
        self._looking = Ledger.open(self.place, self.time.now)
        self.tally["examples"] += 1

    def ledger(self) -> Ledger:
        """For looking and for a person's commands; each render opens one of its own."""
        return self._looking

    def world(self) -> World:
        dice = random.Random(1)  # noqa: S311 - jitter, the same every time
        return World(self.time.now, self.time.elapsed, asyncio.sleep, dice, lambda: self.fal)

    def requests(self) -> list[Request]:
        wanted = [(s, self.versions[s], n) for s in SCENES for n in range(1, self.takes[s] + 1)]
        for scene, version, take in wanted:
            if (scene, version, take) not in self.made:
                start = "still.png" if scene == "a" else None
                made = request(self.project, scene, f"{scene}, version {version}", take=take, start=start)
                self.made[scene, version, take] = made
        found = [self.made[key] for key in wanted]
        for one in found:
            self.asked_for.setdefault(one.digest or "", set()).add(one.take)
        return found

    def work(
        self, *, budget: Decimal | None = None, stop: asyncio.Event | None = None, at_a_time: int = 2
    ) -> Any:
        """`storyboard render`: the plan of now, carried out."""
        store, book = Store(self.place), price_book()
        assert book is not None
        planned = make_plan(self.requests(), self.ledger().takes(), store.names(), book)
        return carry_out(
            planned,
            project=self.project,
            ledger=type(self).ledger_type(self.place, self.time.now),
            store=store,
            account=self.account,
            world=self.world(),
            patience=UNHURRIED,
            concurrency=at_a_time,
            caps=Caps(None if budget is None else Budget(budget, "--max-cost")),
            stop=stop,
        )

    def do(self, work: Coroutine[Any, Any, Any], **death: Any) -> Any:
        """What it comes to: a value, or the failure that a person would read. A traceback is an error of ours."""
        try:
            return lived(work, self.time, **death)
        except StoryboardError as failure:
            if failure.exit_code == BUG:
                raise Wrong(f"a failure without words for a person: {failure!r}") from failure
            return failure
        except Killed:
            self.tally["killed"] += 1
            return None

    def _dying(self, work: Coroutine[Any, Any, Any], turn: int) -> None:
        """Killed there: the disk stays as it was at that moment, whatever closing the remains would do."""
        aside = self.folder / "as it was"
        rows: list[Any] = []

        def died() -> None:
            shutil.copytree(self.place.folder, aside)
            rows.append(kept(self.place))

        self.do(work, dies_at=turn, on_death=died)
        if aside.exists():
            shutil.rmtree(self.place.folder)
            aside.rename(self.place.folder)
            put_back(self.place, *rows)

    def script(self, goes: Goes) -> None:
        self.fal.rate, number, edits = goes
        self.fal.dice = random.Random(number)  # noqa: S311 - a seed to play again, not a secret
        self.versions |= edits

    def _witness(self, body: str, intent: str) -> None:
        """I2: as fal takes a request, its intent is on the disk. What is not is kept: no runner may swallow it."""
        found = at_that_instant(self.place, intent)
        if len(found) != 1 or found[0][1] != body or found[0][0] not in {"sending", "unknown"}:
            self.unannounced.append(f"taken as intent {intent}, on the disk: {found}")

    def _reconciled(self) -> None:
        ledger = self.ledger()
        found_sending(ledger)
        unknown = at_stake(ledger.takes())
        if unknown:
            self.do(look_once(ledger, self.account, unknown, self.world()))
        waiting = [take for take in ledger.takes() if take.state in AT_FAL]
        if waiting:
            home = bring_home(waiting, ledger, Store(self.place), self.account, Unseen(), world=self.world())
            self.do(home)

    def _resent(self, ledger: Ledger, take: TakeRecord) -> None:
        if self.do(look_before_resending(ledger, self.account, take, self.world())) is None:
            ledger.reopen(take.key, "sent again by a person")
            self.again[take.key] += 1

    def _unsure(self) -> list[TakeRecord]:
        ended = {State.FAILED, State.CANCELLED}
        takes = self.ledger().takes()
        return [*at_stake(takes), *(t for t in takes if t.state in ended and t.maybe_billed)]

    def _named(self) -> set[str]:
        """The ids that the ledger knows, in a take or in what became of one."""
        ledger = self.ledger()
        return {t.request_id or "" for t in ledger.takes()} | {e.request_id or "" for e in ledger.events()}
