"""Takes in a ledger: durable, unique, monotone; an id and an intent belong to one take."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from a_plan import Bench
from a_take import DIGEST, INTENT, KEY, given
from both_engines import bench, engine, own_bench, postgres
from msgspec.structs import replace
from sqlalchemy import Connection

from storyboard.errors import LedgerError
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import Intent, State, TakeRecord
from storyboard.ledger.states import ALLOWED
from storyboard.log import listen, nobody_listens

__all__ = ["bench", "engine", "own_bench", "postgres"]

PATHS: dict[State, tuple[str, ...]] = {
    State.INTENDED: (),
    State.SENDING: ("send",),
    State.SENT: ("send", "sent"),
    State.COMPLETED: ("send", "sent", "completed"),
    State.DOWNLOADED: ("send", "sent", "completed", "downloaded"),
    State.VERIFIED: ("send", "sent", "completed", "downloaded", "verified"),
    State.FAILED: ("send", "refused"),
    State.CANCELLED: ("send", "sent", "cancelled"),
    State.UNKNOWN: ("send", "unknown"),
}

STEPS: dict[str, Callable[[Ledger], TakeRecord | None]] = {
    "send": lambda ledger: ledger.begin_sending(KEY, "{}", Decimal("1.54"), "seeds"),
    "sent": lambda ledger: ledger.sent(KEY, given()),
    "completed": lambda ledger: ledger.completed(KEY, "https://a/clip.mp4", 7, Decimal("3.0")),
    "downloaded": lambda ledger: ledger.downloaded(KEY, "c" * 64),
    "verified": lambda ledger: ledger.verified(KEY, ("short",)),
    "cancelled": lambda ledger: ledger.cancelled(KEY, "client_cancelled", maybe_billed=True),
    "refused": lambda ledger: ledger.refused(ledger.get(KEY), "HTTP 422"),
    "unknown": lambda ledger: ledger.unknown(KEY, "no answer"),
    "failed": lambda ledger: ledger.failed(KEY, "HTTP 422", maybe_billed=True),
    "not sent": lambda ledger: ledger.not_sent(ledger.get(KEY), "no connection"),
}


def step(ledger: Ledger, name: str) -> TakeRecord | None:
    return STEPS[name](ledger)


MOVES = {
    "sent": State.SENT,
    "completed": State.COMPLETED,
    "downloaded": State.DOWNLOADED,
    "verified": State.VERIFIED,
    "cancelled": State.CANCELLED,
    "failed": State.FAILED,
    "not sent": State.INTENDED,
    "unknown": State.UNKNOWN,
}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, MOVES)))
def test_only_the_drawn_transitions_happen(bench: Bench, state: State, move: str) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    for name in PATHS[state]:
        step(ledger, name)
    before = ledger.get(KEY)
    assert before.state is state
    # The same id once more only refines the URLs; a render and a `cancel` may both hear that fal cancelled.
    again = (state, move) in {(State.SENT, "sent"), (State.CANCELLED, "cancelled")}
    if MOVES[move] in ALLOWED[state] or again:
        after = step(ledger, move)
        assert after is not None
        assert after.state is MOVES[move]
        assert after.request_id in {before.request_id, "id-1"}
    else:
        with pytest.raises(LedgerError, match="can't become"):
            step(ledger, move)
        assert ledger.get(KEY) == before


def test_a_life_is_written_down_in_order(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    for name in PATHS[State.VERIFIED]:
        step(ledger, name)
    events = ledger.events()
    assert [event.state for event in events] == [
        "intended", "sending", "sent", "completed", "downloaded", "verified",
    ]  # fmt: skip
    assert [event.number for event in events] == sorted({event.number for event in events})
    take = bench.ledger.get(KEY)
    assert (take.estimate, take.billable_units, take.warnings) == (
        Decimal("1.54"),
        Decimal("3.0"),
        ("short",),
    )


def test_only_one_may_send(bench: Bench) -> None:
    first, second = bench.ledger, bench.ledger
    assert first.claim(INTENT).number == second.claim(INTENT).number
    assert step(first, "send") is not None
    assert step(second, "send") is None


def test_an_id_belongs_to_one_take(bench: Bench) -> None:
    ledger = bench.ledger
    for take in (1, 2):
        ledger.claim(Intent(DIGEST, take, "dawn", "fal-ai/x/y", 5, "seeds", None))
        ledger.begin_sending((DIGEST, take), "{}", None, "seeds")
    ledger.sent((DIGEST, 1), given())
    with pytest.raises(LedgerError, match="another take"):
        ledger.sent((DIGEST, 2), given())
    with pytest.raises(LedgerError):
        ledger.sent((DIGEST, 1), given("id-2"))
    assert ledger.get((DIGEST, 1)).request_id == "id-1"


def test_an_id_that_was_given_up_is_no_new_ones(bench: Bench) -> None:
    """An answer that names an old request: to believe it would lose the one that was taken."""
    ledger = bench.ledger
    ledger.claim(INTENT)
    ledger.begin_sending(KEY, "{}", None, "seeds")
    ledger.sent(KEY, given())
    ledger.failed(KEY, "HTTP 500", maybe_billed=False)
    ledger.reopen(KEY, "nothing had been bought")
    ledger.begin_sending(KEY, "{}", None, "seeds")
    with pytest.raises(LedgerError, match="another take has or had"):
        ledger.sent(KEY, given())
    assert ledger.get(KEY).state is State.SENDING
    assert ledger.sent(KEY, given(), "adopted by a person").request_id == "id-1"


def test_reopening_keeps_the_old_id_in_the_events(bench: Bench) -> None:
    ledger = bench.ledger
    before = ledger.claim(INTENT)
    for name in (*PATHS[State.SENT], "failed"):
        step(ledger, name)
    after = ledger.reopen(KEY, "a person said so")
    assert (after.state, after.request_id, after.maybe_billed) == (State.INTENDED, None, True)
    assert after.intent != before.intent
    assert ledger.events()[-1].request_id == "id-1"
    assert ledger.events()[-1].note == "a person said so"


def test_a_given_up_intent_has_no_say(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    first = step(ledger, "send")
    assert first is not None
    step(ledger, "unknown")
    ledger.reopen(KEY, "a person said so")
    step(ledger, "send")
    for tell in (ledger.not_sent, ledger.refused):
        with pytest.raises(LedgerError, match="another process"):
            tell(first, "no connection")
    assert ledger.get(KEY).state is State.SENDING


def test_uploads_are_remembered_until_they_expire(bench: Bench) -> None:
    moment = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    ledger = Ledger.open(bench.place, lambda: moment[0])
    ledger.uploads.remember("e" * 64, "https://a/e.png", timedelta(days=3))
    assert ledger.uploads.url("e" * 64) == "https://a/e.png"
    assert ledger.uploads.url("f" * 64) is None
    moment[0] += timedelta(days=3, seconds=1)
    assert ledger.uploads.url("e" * 64) is None
    ledger.uploads.remember("e" * 64, "https://a/new.png", timedelta(days=3))
    assert ledger.uploads.url("e" * 64) == "https://a/new.png"
    ledger.uploads.forget(["e" * 64])
    assert ledger.uploads.url("e" * 64) is None


def test_a_take_from_elsewhere_is_admitted_once(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    mine = bench.ledger.get((INTENT.digest, INTENT.take))
    other = replace(
        mine, take=2, origin="lock", state=State.VERIFIED, request_id="r-2", charge=Decimal("1.260")
    )
    first = bench.ledger.admit(other, "from the lock")
    assert (first.number, first.origin, first.charge) == (2, "lock", Decimal("1.260"))
    assert bench.ledger.admit(replace(other, scene="another"), "again") == first
    with pytest.raises(LedgerError, match="r-2 belongs to another take"):
        bench.ledger.admit(replace(other, take=3), "the same request")
    assert bench.ledger.charged(first.key, Decimal("0.2"), Decimal("1.00"), "billing events").charge == 1
    assert bench.ledger.charged(first.key, Decimal("0.2"), Decimal(9), "billable units").charge == 1


def test_a_state_is_told_when_it_is_on_the_disk(bench: Bench) -> None:
    """What a transaction takes back has not happened, whatever comes after it on the same connection."""
    ledger = bench.ledger
    record = ledger.claim(INTENT)
    heard: list[dict[str, Any]] = []
    listen(lambda _, facts: heard.append(facts))

    def taken_back(connection: Connection) -> None:
        ledger._write(connection, record, State.SENDING, {}, "")
        raise KeyError

    with pytest.raises(KeyError):
        ledger._database.write(taken_back)
    assert heard == []
    assert ledger.begin_sending(record.key, "{}", None, "seeds") is not None
    assert [(each["was"], each["state"]) for each in heard] == [("intended", "sending")]
    nobody_listens()
