"""What fal charges may change after it was told, and may be for an attempt that nobody names any more."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from a_plan import Bench, at_once
from a_take import INTENT, KEY, given
from both_engines import bench, engine, own_bench, postgres
from rude_server import RudeServer, answer, rude_server

from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.given_up import FOUND_AFTER_ALL, NOTHING_BOUGHT
from storyboard.ledger.ledger import Ledger
from storyboard.plan.spending import month_at, payments, spent
from storyboard.render.charges import Asked, ask_charges
from storyboard.report.charges import bill_document, bill_of

__all__ = ["bench", "engine", "own_bench", "postgres"]

SENT = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass
class Accounts:
    """A ledger, and a fal whose billing events are set by hand."""

    ledger: Ledger
    server: RudeServer
    days: float = 0.0
    events: list[tuple[str, str]] = field(default_factory=list)

    def now(self) -> datetime:
        return SENT + timedelta(days=self.days)

    def answer(self) -> bytes:
        rows = [{"request_id": id_, "cost_total": float(sum_)} for id_, sum_ in self.events]
        return answer(200, json.dumps({"billing_events": rows, "has_more": False}).encode())

    def ask(self) -> Asked:
        account = account_from({}, self.server.base_url)
        return asyncio.run(
            ask_charges(self.ledger, account, self.ledger.takes(), World(now=self.now, sleep=at_once))
        )

    @property
    def questions(self) -> int:
        return sum("/v1/models/billing-events" in asked.path for asked in self.server.asked)

    def send(self, id_: str | None, estimate: str) -> None:
        self.ledger.claim(INTENT)
        self.ledger.begin_sending(KEY, "{}", Decimal(estimate), "seeds")
        if id_ is None:
            self.ledger.unknown(KEY, "no answer")
        else:
            self.ledger.sent(KEY, given(id_))

    @property
    def charge(self) -> Decimal | None:
        return self.ledger.get(KEY).charge

    def notes(self) -> list[str]:
        return [event.note for event in self.ledger.events() if event.charge is not None and event.note]


@pytest.fixture
def accounts(bench: Bench) -> Iterator[Accounts]:
    with _accounts(bench) as found:
        yield found


@contextmanager
def _accounts(bench: Bench) -> Iterator[Accounts]:
    with rude_server() as server:
        found = Accounts(bench.ledger, server)
        found.ledger = Ledger.open(bench.place, found.now)
        server.others = lambda _: found.answer()
        yield found


def test_a_refund_and_a_second_event_correct_the_charge(accounts: Accounts) -> None:
    accounts.send("id-1", "0.42")
    accounts.events = [("id-1", "0.42")]
    accounts.days = 1
    accounts.ask()
    assert accounts.charge == Decimal("0.42")
    accounts.events += [("id-1", "-0.12")]
    accounts.days = 20
    accounts.ask()
    assert accounts.charge == Decimal("0.30")
    accounts.ask()
    assert accounts.notes() == [
        "charged 0.42 USD (billing events)",
        "charge corrected from 0.42 USD to 0.30 USD (billing events)",
    ], "and the same again is no event"
    accounts.events += [("id-1", "-0.30")]
    accounts.ask()
    assert accounts.charge == 0, "all of it was given back"
    month = month_at(accounts.ledger.takes(), SENT)
    assert (month.spent.charged, month.spent.takes) == (Decimal(0), 1)


def test_a_bill_is_asked_for_again_for_a_month_and_no_longer(accounts: Accounts) -> None:
    accounts.send("id-1", "0.42")
    accounts.events = [("id-1", "0.42")]
    for accounts.days, asked in ((29.0, 1), (29.5, 2), (31.0, 2), (80.0, 2)):
        accounts.ask()
        assert accounts.questions == asked


def test_of_an_old_take_a_part_is_not_taken_for_all(accounts: Accounts) -> None:
    """fal tells of 90 days: the first event of an older take is not among them, its correction may be."""
    accounts.send("id-1", "0.42")
    accounts.events = [("id-1", "0.05")]
    accounts.days = 95
    asked = accounts.ask()
    assert (accounts.charge, accounts.questions) == (None, 0)
    assert "88 days" in " ".join(asked.remarks)


def test_an_attempt_that_was_given_up_keeps_what_it_cost(accounts: Accounts) -> None:
    """A cheaper book, or another charge, of the attempt that followed is that one's alone."""
    accounts.send("id-1", "0.84")
    accounts.ledger.failed(KEY, "HTTP 500", maybe_billed=True)
    accounts.ledger.reopen(KEY, "a person decided to send it again")
    before = spent(payments((*accounts.ledger.takes(), *accounts.ledger.given_up())))
    accounts.ledger.begin_sending(KEY, "{}", Decimal("0.42"), "observed-2026-10")
    accounts.ledger.sent(KEY, given("id-2"))
    (gone,) = accounts.ledger.given_up()
    assert (gone.estimate, gone.price_book, gone.request_id) == (Decimal("0.84"), "seeds", "id-1")
    after = spent(payments((*accounts.ledger.takes(), gone)))
    assert after.total - before.total == Decimal("0.42"), "what was spent is never less"


def test_what_is_charged_for_an_attempt_that_was_given_up_is_stored(accounts: Accounts) -> None:
    accounts.send("id-1", "0.84")
    accounts.ledger.failed(KEY, "HTTP 500", maybe_billed=True)
    accounts.ledger.reopen(KEY, "a person decided to send it again")
    accounts.send("id-2", "0.42")
    accounts.events = [("id-1", "0.81"), ("id-2", "0.41")]
    accounts.ask()
    (gone,) = accounts.ledger.given_up()
    assert (gone.charge, gone.charged_by, accounts.charge) == (
        Decimal("0.81"),
        "billing events",
        Decimal("0.41"),
    )
    accounts.events += [("id-1", "-0.81")]
    accounts.ask()
    accounts.ask()
    (gone,) = accounts.ledger.given_up()
    assert (gone.charge, accounts.charge) == (Decimal(0), Decimal("0.41"))
    assert accounts.notes() == [
        "charged 0.41 USD (billing events)",
        "charged 0.81 USD (billing events), for an attempt that was given up",
        "charge corrected from 0.81 USD to 0.00 USD (billing events), for an attempt that was given up",
    ]


def test_what_was_thought_to_cost_nothing_counts_once_it_is_charged(accounts: Accounts) -> None:
    accounts.send("id-1", "0.42")
    accounts.ledger.failed(KEY, "HTTP 422", maybe_billed=False)
    accounts.ledger.reopen(KEY, NOTHING_BOUGHT)
    accounts.send("id-2", "0.42")
    assert accounts.ledger.given_up() == ()
    accounts.events = [("id-1", "0.05")]
    accounts.ask()
    assert [each.charge for each in accounts.ledger.given_up()] == [Decimal("0.05")]
    told: Any = bill_document(bill_of(accounts.ledger.takes(), None, given_up={"id-1": Decimal("0.05")}))
    assert told["given_up"] == [{"request_id": "id-1", "charge": "0.05"}]


def test_a_request_that_a_take_has_again_is_counted_once(accounts: Accounts) -> None:
    accounts.send("id-1", "0.42")
    accounts.ledger.failed(KEY, "HTTP 500", maybe_billed=True)
    accounts.ledger.reopen(KEY, "a person decided to send it again")
    accounts.send(None, "0.42")
    accounts.ledger.sent(KEY, given("id-1"), "adopted by a person")
    assert accounts.ledger.given_up() == ()


def test_what_is_found_after_all_was_paid_when_it_was_sent(accounts: Accounts) -> None:
    """Written off in one month, found in fal's history in the next."""
    accounts.send(None, "0.42")
    accounts.ledger.failed(KEY, "written off by a person", maybe_billed=True)
    accounts.days = 40
    accounts.ledger.reopen(KEY, FOUND_AFTER_ALL)
    accounts.ledger.begin_sending(KEY, "{}", Decimal("0.42"), "seeds", bought=True)
    accounts.ledger.sent(KEY, given("id-1"), "adopted: fal's history has it")
    takes = (*accounts.ledger.takes(), *accounts.ledger.given_up())
    assert (month_at(takes, SENT).spent.takes, month_at(takes, accounts.now()).spent.takes) == (1, 0)
