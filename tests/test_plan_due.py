"""What a render has to wait for: before it begins, what is left is what the forecast said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.catalog.times import times
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.due import Due, dues, left
from storyboard.plan.forecast import forecast
from storyboard.plan.make import make_plan
from storyboard.plan.steps import Plan

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
scenes:
  - {id: dawn, duration: 5, prompt: the sea}
  - {id: noon, duration: 10, prompt: the sun}
  - {id: dusk, endpoint: kling-v3-4k-text, duration: 7, prompt: the moon}
  - {id: night, endpoint: kling-v3-standard, continues: dawn, duration: 6, prompt: the stars}
"""
REQUESTS = compiled(FILM).requests


def planned(*takes: TakeRecord, clips: tuple[str, ...] = ()) -> Plan:
    book = price_book("observed-2026-10")
    assert book is not None
    return make_plan(REQUESTS, takes, clips, book)


def take(scene: int, state: State, seconds_ago: float = 60, number: int = 1) -> TakeRecord:
    request = REQUESTS[scene]
    sent = NOW - timedelta(seconds=seconds_ago)
    return TakeRecord(
        request.digest or "",
        number,
        request.scene,
        request.endpoint,
        state,
        request.seconds,
        sent.isoformat(),
        estimate=Decimal("0.5"),
        request_id=f"id-{scene}-{number}",
        status_url="https://a/status",
        response_url="https://a",
        cancel_url="https://a/cancel",
        sent_at=sent.isoformat(),
        finished_at=(sent + timedelta(seconds=20)).isoformat() if state is State.VERIFIED else None,
        clip="c" * 64 if state is State.VERIFIED else None,
    )


def due_of(plan: Plan, *history: TakeRecord, rehearsal: bool = False) -> dict[str, Due]:
    return {each.scene: each for each in dues(plan, history, times(), NOW, rehearsal=rehearsal)}


@given(st.integers(1, 6))
def test_at_the_beginning_the_whole_forecast_is_left(slots: int) -> None:
    plan = planned()
    said = forecast([step.request for step in plan.to_send()], (), slots, times())
    assert left(tuple(due_of(plan).values()), {}, (), slots) == (said.low, said.likely, said.high)


def test_amounts_are_the_plans() -> None:
    plan = planned()
    found = due_of(plan)
    assert [each.amount for each in found.values()] == [step.amount for step in plan.steps]
    assert sum(each.amount or 0 for each in found.values()) == plan.total
    assert found["night"].after == "dawn"


def test_what_is_here_is_not_waited_for_and_what_is_at_fal_costs_nothing_more() -> None:
    here, at_fal = take(0, State.VERIFIED), take(1, State.SENT, seconds_ago=60)
    plan = planned(here, at_fal, clips=("c" * 64,))
    found = due_of(plan, here, at_fal)
    assert "dawn" not in found
    assert (found["noon"].sends, found["noon"].amount) == (False, 0)
    fresh = due_of(planned())["noon"].wait
    rest = found["noon"].wait
    assert fresh is not None
    assert rest is not None
    assert rest.likely == pytest.approx(fresh.likely - 60)


@pytest.mark.parametrize("state", [State.COMPLETED, State.DOWNLOADED])
def test_what_is_done_at_fal_is_only_fetched(state: State) -> None:
    found = due_of(planned(take(1, state)), take(1, state))["noon"]
    assert found.wait == (0, 0, 0)


def test_a_rehearsal_goes_by_its_own_takes_alone() -> None:
    assert {each.wait for each in due_of(planned(), rehearsal=True).values()} == {None}
    own = [replace(take(0, State.VERIFIED, number=number), digest=f"{number}" * 64) for number in (1, 2, 3)]
    found = due_of(planned(), *own, rehearsal=True)
    assert found["dawn"].wait == (20, 20, 20)
    assert found["dusk"].wait is None
