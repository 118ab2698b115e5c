"""Takes that a shared ledger calls `sending`: this machine's own of a run that is gone, or another machine's of now."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from a_plan import Bench, plan, request
from a_postgres import Server, postgres
from a_take import INTENT, KEY, given
from both_engines import own_bench, shared
from rude_server import hang_up, rude_server

from storyboard.fal.account import account_from
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.departures import Departures
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.budget import Budget
from storyboard.plan.policy import Caps
from storyboard.render.abandoned import anothers, found_sending
from storyboard.render.observer import Unseen
from storyboard.render.stage import Patience, Teller, stage_of

__all__ = ["own_bench", "postgres"]

pytestmark = pytest.mark.long


@pytest.fixture
def bench(own_bench: Bench, postgres: Server) -> Bench:
    return Bench(own_bench.project, shared(own_bench.place, postgres))


def sending(ledger: Ledger) -> TakeRecord:
    ledger.claim(INTENT)
    found = ledger.begin_sending(KEY, "{}", None, "seeds")
    assert found is not None
    return found


def test_what_another_machine_sends_is_left_to_it(bench: Bench) -> None:
    ledger = bench.ledger
    sending(ledger)
    found_sending(ledger)
    assert ledger.get(KEY).state is State.SENDING


def test_what_was_begun_long_ago_is_nobodys(bench: Bench) -> None:
    long_ago = Ledger.open(bench.place, lambda: datetime.now(UTC) - timedelta(hours=4))
    sending(long_ago)
    found_sending(bench.ledger)
    assert bench.ledger.get(KEY).state is State.UNKNOWN


def test_what_a_run_of_this_clone_left_is_known_at_once(bench: Bench) -> None:
    ledger = bench.ledger
    Departures(bench.place).leave(sending(ledger).intent)
    found_sending(ledger)
    assert ledger.get(KEY).state is State.UNKNOWN
    assert not Departures(bench.place).left()


def test_what_fal_answered_to_a_run_that_was_killed_is_written_down(bench: Bench) -> None:
    ledger = bench.ledger
    Departures(bench.place).leave(sending(ledger).intent, given())
    found_sending(ledger)
    assert (ledger.get(KEY).state, ledger.get(KEY).submission) == (State.SENT, given())


def test_a_ledger_of_this_machines_own_needs_no_such_files(own_bench: Bench) -> None:
    Departures(own_bench.place).leave("a" * 32, given())
    assert not own_bench.place.departures.exists()
    ledger = own_bench.ledger
    sending(ledger)
    found_sending(ledger)
    assert ledger.get(KEY).state is State.UNKNOWN


def test_a_plan_pays_once_whoever_lets_a_take_be_sent_again_meanwhile(bench: Bench) -> None:
    """Another machine gives the take up while this one waits for an answer that is lost, and a person there says:
    again."""
    ours = request(bench.project, "ours", start=None)
    key = (ours.digest or "", 1)

    def meanwhile(connection: socket.socket) -> None:
        bench.ledger.unknown(key, "the machine that was sending it was not heard of any more")
        bench.ledger.reopen(key, "sent again by a person")
        hang_up(connection, reset=True)

    with rude_server() as server:
        server.submit = meanwhile
        result = bench.carry_out(
            plan(ours), server.base_url, caps=Caps(Budget(Decimal("0.504"), "--max-cost"))
        )
        assert len(server.posts) == 1
    [problem] = result.problems
    assert problem.error.exit_code == 3
    assert "Scene ours was sent by this run already" in str(problem.error)
    assert bench.ledger.get(key).state is State.INTENDED, "for the next run, with its own plan and budget"


def waited(bench: Bench, take: TakeRecord, turn: Callable[[float], None]) -> TakeRecord:
    """What comes of waiting for another machine, whose `turn` comes at each second that passes here."""
    now = [0.0]

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        turn(now[0])
        await asyncio.sleep(0)

    async def wait() -> TakeRecord:
        world = World(elapsed=lambda: now[0], sleep=sleep)
        async with Wire(account_from({}, "http://127.0.0.1:9"), world) as wire:
            stage = stage_of(bench.ledger, bench.store, wire, Unseen(), world, patience=Patience())
            return await anothers(stage, take, Teller(Unseen(), world, "dawn", 1, 0.0))

    return asyncio.run(wait())


def test_another_machines_post_is_waited_for(bench: Bench) -> None:
    ledger = bench.ledger

    def answers(second: float) -> None:
        if second == 90:
            ledger.sent(KEY, given())

    assert waited(bench, sending(ledger), answers).state is State.SENT


def test_a_machine_that_is_not_heard_of_any_more_is_not_waited_for_for_ever(bench: Bench) -> None:
    assert waited(bench, sending(bench.ledger), lambda _: None).state is State.UNKNOWN
