"""`storyboard take again`: a further take is bought as a render buys, once, and killed it goes on with it."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest
from a_gated_film import POINTS, drawn
from a_shot_film import Here, bought, film, known, text
from both_engines import either_engine, engine, postgres
from sandboxes import until

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State

__all__ = ["drawn", "either_engine", "engine", "film", "postgres"]

pytestmark = pytest.mark.usefixtures("either_engine")


def test_again_buys_a_further_take_and_picks_nothing(film: Here) -> None:
    assert bought(film) == 1
    before = text(film)
    code, out, err = film.run("take", "again", ".", "one", "--yes")
    assert code == 0, err
    assert "one       2  send  0.50" in err  # the plan, with its price, comes first
    assert "storyboard take pick . one 2" in err
    assert out.startswith("one, take 2: ")
    assert Path(out.strip().partition(": ")[2]).is_file()
    assert text(film) == before
    assert [(t.take, t.state) for t in known(film)] == [(1, State.VERIFIED), (2, State.VERIFIED)]
    assert "take 1 stays the one for the cut" in err
    code, out, err = film.run("take", "again", ".", "one", "--yes", "--format", "json")
    assert "takes up to 2 are kept" in " ".join(err.split())
    assert "take 1 stays the one for the cut" in err
    assert (json.loads(out)["take"]["take"], json.loads(out)["sent"], bought(film)) == (3, 1, 3)
    assert len({take.request_id for take in known(film)}) == 3


def test_again_is_permitted_as_a_render_is(film: Here) -> None:
    asked = len(film.gate.asked)
    for more, environment, code, words in (
        ([], {}, 3, "--yes"),
        (["--yes", "--max-cost", "0.50"], {}, 3, "0.504 USD"),
        (["--yes"], {"CI": "true"}, 3, "--max-cost"),
        (["--yes"], {"STORYBOARD_FAL_URL": ""}, 4, "https://fal.ai/dashboard/keys"),
    ):
        ended, _, err = film.run("take", "again", ".", "one", *more, **environment)
        assert (ended, len(film.gate.asked)) == (code, asked), err
        assert words in err
    assert len(known(film)) == 1


# Where a killed `take again` is struck.
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no kill -9")
@pytest.mark.parametrize(
    "point",
    [
        "submit after",
        *(
            pytest.param(point, marks=pytest.mark.long)
            for point in ("submit before", "submit during", "status after", "result after", "clip after")
        ),
    ],
)
def test_a_killed_again_goes_on_with_its_take(film: Here, point: str) -> None:
    where, when = point.split()
    process = film.start("take", "again", ".", "one", "--yes")
    film.gate.strike = process.kill
    film.gate.strikes = lambda asked: when if POINTS[where](asked) else None
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    if when == "during":
        until(lambda: len(film.sandbox()["requests"]) == 2)  # what had left arrives
    _to_the_end(film)
    assert len(film.sandbox()["requests"]) == 2


def _to_the_end(film: Here) -> None:
    """Again until it is done; what nobody can know (a submit that never arrived) a person lets be sent anew."""
    for _ in range(3):
        code, _, err = film.run("take", "again", ".", "one", "--yes")
        if code == 0:
            break
        assert code == 3, err
        assert len(film.sandbox()["requests"]) == 1, "an unknown take that the sandbox has was parked"
        assert film.run("reconcile", ".", "--resend", "one/2")[0] == 0
    assert [(t.take, t.state) for t in known(film)] == [(1, State.VERIFIED), (2, State.VERIFIED)]


def test_killed_before_it_could_say_so(film: Here) -> None:
    """The clip is there and nobody was told: the next run tells, and buys nothing. The one after buys a third."""
    assert film.run("take", "again", ".", "one", "--yes")[0] == 0
    ledger = Ledger.open(film.place)
    digest = known(film)[0].digest
    assert ledger.another.wanted(digest) is None
    ledger.another.want(digest, 2)  # as it stood a moment before the end
    code, out, err = film.run("take", "again", ".", "one", "--yes")
    assert (code, bought(film)) == (0, 2)
    assert out.startswith("one, take 2: ")
    assert "nothing was bought now" in err
    assert film.run("take", "again", ".", "one", "--yes")[0] == 0
    assert bought(film) == 3
    Ledger.open(film.place).another.want(digest, 3)
    assert film.run("take", "pick", ".", "one", "3")[0] == 0  # who picks it knows of it
    assert Ledger.open(film.place).another.wanted(digest) is None
