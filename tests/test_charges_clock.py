"""A clock that was wrong at the sending and is right at the look: the takes around tell how wrong it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from storyboard.fal.history import Past, matches, skews_around
from storyboard.ledger.record import State, TakeRecord
from storyboard.render.afterwards import clock_in_words

FAL = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFF = timedelta(hours=3)  # our clock was so far behind
NONE = timedelta(0)


def identity(at: datetime) -> str:
    text = f"{int(at.timestamp() * 1000):012x}"
    return f"{text[:8]}-{text[8:]}-7000-8000-000000000000"


def take(number: int, accepted: datetime | None) -> TakeRecord:
    ours = (FAL - OFF).isoformat()
    made = identity(accepted) if accepted else None
    return TakeRecord(
        "d", number, "s", "e", State.SENT, 3, ours, number=number, sent_at=ours, request_id=made
    )


def test_a_lost_submit_is_found_by_the_clock_it_was_sent_by() -> None:
    lost = take(2, None)
    past = [Past(identity(FAL), FAL, 200, "body", None)]
    assert not matches(past, "body", FAL - OFF, NONE), "today's clock alone does not find it"
    then = skews_around(lost, [take(1, FAL), lost])
    assert then == (OFF,)
    assert matches(past, "body", FAL - OFF, NONE, then) == past
    assert not matches(past, "another", FAL - OFF, NONE, then)


def test_a_take_that_was_adopted_days_later_tells_no_clock() -> None:
    assert skews_around(take(2, None), [take(1, FAL - timedelta(days=5))]) == ()


@pytest.mark.parametrize(("skew", "word"), [(OFF, "behind"), (-OFF, "ahead of"), (timedelta(seconds=90), "")])
def test_a_wrong_clock_is_pointed_out(skew: timedelta, word: str) -> None:
    said = clock_in_words(skew)
    assert (f"180 minutes {word} fal's" in said) if word else said == ""
