"""Whatever happens to takes, in whichever order: what was spent is what a slow model of attempts says."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from a_take import given
from hypothesis import given as made
from hypothesis import settings
from hypothesis import strategies as st

from storyboard.ledger.given_up import FOUND_AFTER_ALL, NOTHING_BOUGHT
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.paid import paid_around
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, TakeRecord
from storyboard.plan.spending import Spent, month_at, payments, spent

KEYS = (("a" * 64, 1), ("a" * 64, 2))


@dataclass
class Attempt:
    """One POST, or what may have been one, as a person would keep books on it."""

    key: tuple[str, int]
    month: str
    estimate: Decimal | None
    state: str = "sending"
    billed: bool = True  # may it have been paid?
    id: str | None = None
    charge: Decimal | None = None

    @property
    def spent(self) -> Spent:
        if self.charge is not None:
            return Spent(charged=self.charge, takes=1)
        if not self.billed:
            return Spent()
        if self.estimate is None:
            return Spent(unknown=1, takes=1)
        return Spent(estimated=self.estimate, takes=1)


@dataclass
class Books:
    """A real ledger and the slow model, to which the same things happen. `open` is the latest attempt of each take."""

    ledger: Ledger
    moment: datetime = datetime(2026, 10, 20, tzinfo=UTC)
    attempts: list[Attempt] = field(default_factory=list)
    open: dict[tuple[str, int], Attempt] = field(default_factory=dict)
    ids: count[int] = field(default_factory=count)

    def send(self, key: tuple[str, int], amount: Decimal | None) -> None:
        self.ledger.claim(Intent(*key, "dawn", "fal-ai/x/y", 5, "seeds", Decimal(9)))
        if self.ledger.begin_sending(key, "{}", amount, "seeds") is not None:
            self.open[key] = Attempt(key, f"{self.moment:%Y-%m}", amount)
            self.attempts.append(self.open[key])

    def not_sent(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.ledger.not_sent(self.ledger.get(key), "no connection")
        self.attempts.remove(self.open.pop(key))

    def refused(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.ledger.refused(self.ledger.get(key), "HTTP 422")
        self.becomes(key, "failed", billed=False)

    def lost(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.ledger.unknown(key, "no answer")
        self.becomes(key, "unknown")

    def answered(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.open[key].id = f"id-{next(self.ids)}"
        self.ledger.sent(key, given(self.open[key].id or ""))
        self.becomes(key, "sent")

    def failed(self, key: tuple[str, int], amount: Decimal | None) -> None:
        """`amount` decides whether it may have been billed."""
        self.ledger.failed(key, "HTTP 500", maybe_billed=amount is not None)
        self.becomes(key, "failed", billed=amount is not None)

    def cancelled(self, key: tuple[str, int], amount: Decimal | None) -> None:
        self.ledger.cancelled(key, "by a person", maybe_billed=amount is not None)
        self.becomes(key, "cancelled", billed=amount is not None)

    def written_off(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.ledger.failed(key, "written off by a person", maybe_billed=True)
        self.becomes(key, "failed")

    def found_after_all(self, key: tuple[str, int], _: Decimal | None) -> None:
        take = self.ledger.get(key)
        self.ledger.reopen(key, FOUND_AFTER_ALL)
        self.ledger.begin_sending(key, "{}", take.estimate, take.price_book or "", bought=True)
        self.answered(key, None)

    def done(self, key: tuple[str, int], _: Decimal | None) -> None:
        self.ledger.completed(key, "https://a/clip.mp4", 7, Decimal(3))
        self.ledger.downloaded(key, "c" * 64)
        self.ledger.verified(key, ())
        self.becomes(key, "verified")

    def sent_again(self, key: tuple[str, int], _: Decimal | None) -> None:
        """By a person where it may have been paid, by itself where it was not."""
        free = self.ledger.get(key).sendable
        self.ledger.reopen(key, NOTHING_BOUGHT if free else "a person decided to send it again")
        del self.open[key]

    def charged(self, key: tuple[str, int], amount: Decimal | None) -> None:
        self.open[key].charge = amount or Decimal(0)
        self.ledger.charged(key, None, amount or Decimal(0), "billing events")

    def charged_late(self, key: tuple[str, int], amount: Decimal | None) -> None:
        """For the first attempt at a take, which was given up."""
        (first, *_) = (each for each in self.ledger.earlier() if each.key == key and each.request_id)
        self.ledger.charges.note_given_up(first, None, amount or Decimal(1), "billing events")
        (model,) = (each for each in self.attempts if each.id == first.request_id)
        model.charge = amount or Decimal(1)

    def possible(self, key: tuple[str, int]) -> list[Happening]:
        """What may happen to a take now."""
        latest = self.open.get(key)
        found = list(NEXT[latest.state if latest is not None else ""])
        if latest is not None and latest.state in {"failed", "cancelled"}:
            found += [Books.charged] if latest.id else [Books.found_after_all] if latest.billed else []
        earlier = [each for each in self.attempts if each.key == key and each is not latest and each.id]
        return [*found, *([Books.charged_late] if earlier else [])]

    def becomes(self, key: tuple[str, int], state: str, *, billed: bool = True) -> None:
        self.open[key].state, self.open[key].billed = state, billed


Happening = Callable[[Books, tuple[str, int], Decimal | None], None]
NEXT: dict[str, tuple[Happening, ...]] = {
    "": (Books.send,),
    "sending": (Books.not_sent, Books.refused, Books.lost, Books.answered),
    "unknown": (Books.answered, Books.written_off, Books.sent_again),
    "sent": (Books.failed, Books.cancelled, Books.done, Books.charged),
    "failed": (Books.sent_again,),
    "cancelled": (Books.sent_again,),
    "verified": (Books.charged,),
}
AMOUNTS = st.none() | st.sampled_from([Decimal("0.42"), Decimal("0.126"), Decimal("1.00")])
HISTORIES = st.lists(st.tuples(st.sampled_from(KEYS), st.integers(0, 11), AMOUNTS), min_size=8, max_size=30)


def middle_of(month: str) -> datetime:
    return datetime.fromisoformat(f"{month}-15T00:00:00+00:00")


def read_around(ledger: Ledger, moment: datetime) -> tuple[TakeRecord, ...]:
    return ledger._database.read(lambda connection: paid_around(connection, moment))


@settings(max_examples=20)
@made(history=HISTORIES)
def test_what_was_spent_is_what_the_attempts_cost(
    history: list[tuple[tuple[str, int], int, Decimal | None]],
) -> None:
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", f"{folder}/state")
        project = Path(folder, "film")
        project.mkdir()
        books = Books(Ledger.open(place_of(project), lambda: books.moment))
        for key, choice, amount in history:
            possible = books.possible(key)
            possible[choice % len(possible)](books, key, amount)
            books.moment += timedelta(days=9)
        takes = (*books.ledger.takes(), *books.ledger.given_up())
        months = {month: middle_of(month) for month in sorted({each.month for each in books.attempts})}
        around = {month: read_around(books.ledger, moment) for month, moment in months.items()}
    assert spent(payments(takes)) == sum((each.spent for each in books.attempts), Spent())
    for month, moment in months.items():
        found = month_at(takes, moment)
        assert month_at(around[month], moment) == found, (
            "what is read as a take is about to be sent is enough"
        )
        expected = [each.spent for each in books.attempts if each.month == month]
        assert found.spent == sum(expected, Spent()), month
        assert len(found.unknown) == sum(each.unknown for each in expected)
