"""The sandbox itself: its settings, what it remembers, and who works in it. Routes and runners share one."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from decimal import Decimal

from storyboard.catalog.prices import PriceBook, book_names, price_book
from storyboard.errors import UsageError
from storyboard.sandbox.clips import ClipDrawer
from storyboard.sandbox.faults import Dice, Moment
from storyboard.sandbox.ids import token
from storyboard.sandbox.settings import SandboxSettings
from storyboard.sandbox.state import State


class Sandbox:
    """`settings` may be replaced while it runs: an outage ends, a fault begins."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.book = _book(settings.prices)
        self.state = State(settings.state)
        self.drawer = ClipDrawer(self.state.clips_folder)
        self.closing = asyncio.Event()
        self.runner_id = str(uuid.UUID(token(settings.seed, "runner", self.state.next_number("starts"))))

    def now(self) -> float:
        return self.settings.clock()

    def close(self) -> None:
        """Ends what waits: streams and answers that are held back. They would hold up the end of the server."""
        self.closing.set()
        self.state.changed.set()

    async def hold(self, seconds: float) -> None:
        """Waits so long, or until the sandbox closes."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.closing.wait(), seconds)

    def strikes(self, fault: str) -> bool:
        return self._dice().strikes(fault)

    def first_fault(self, moment: Moment) -> str | None:
        return self._dice().first(moment)

    def charged(self) -> Decimal:
        """What all requests together would have cost, as far as prices are known."""
        return sum(
            (Decimal(r.charged) for r in self.state.requests.values() if r.charged is not None), Decimal(0)
        )

    def out_of_credit(self) -> bool:
        return self.settings.balance is not None and self.charged() >= self.settings.balance

    def _dice(self) -> Dice:
        return Dice(self.settings.faults, self.settings.seed, self.state)


def _book(name: str) -> PriceBook:
    book = price_book(name)
    if book is None:
        raise UsageError(f"there is no price book called {name!r}. Name one of: {', '.join(book_names())}.")
    return book
