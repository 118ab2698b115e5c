"""Two who ask for another take at the same moment: no request is paid for that no take of the ledger has."""

from __future__ import annotations

import sys

import pytest
from a_gated_film import drawn
from a_shot_film import Here, bought, film, known
from both_engines import either_engine, engine, postgres

from storyboard.ledger.record import State

__all__ = ["drawn", "either_engine", "engine", "film", "postgres"]

pytestmark = pytest.mark.usefixtures("either_engine")


@pytest.mark.skipif(sys.platform == "win32", reason="how processes are killed there")
def test_two_that_ask_for_another_take_at_once(film: Here) -> None:
    both = [film.start("take", "again", ".", "one", "--yes") for _ in range(2)]
    ends = [process.communicate(timeout=100) for process in both]
    assert [process.returncode for process in both] == [0, 0], ends
    takes = known(film)
    assert {take.state for take in takes} == {State.VERIFIED}
    assert len({take.request_id for take in takes}) == len(takes) == bought(film)
    assert len(takes) in {2, 3}, "the second goes on with the first one's wish, or has its own after it"
    for out, err in ends:
        [number] = [take.take for take in takes if f"one, take {take.take}: " in out]
        assert number > 1, err
