"""A rehearsal has its sandbox in its own process: killed at any call, both come back, and the same command finishes."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from a_film import SCENES, Film, Prepared, filmed, plainly_said, prepared, repeated_by
from depth import either
from nursery import Nursery, Strike, nursery

from storyboard.ledger.place import place_of
from storyboard.ledger.record import State

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the seam is made of fork and /proc")

RUNS = 4
STEP = either(36, 9)
HERE = "tests/test_proofs_rehearsal.py"


def rehearsed(film: Film, prepared: Prepared) -> Film:
    """The film with its built-in sandbox, whose clips are drawn already."""
    film.environment.pop("STORYBOARD_FAL_URL")
    film.place = place_of(film.project, builtin=True)
    shutil.copytree(prepared.clips, film.place.server / "clips")
    return film


def finished(film: Film, nursery: Nursery, prepared: Prepared) -> int:
    """The same command until it is done; how often that was."""
    runs, code = 0, -1
    while code != 0:
        code, _, err = nursery.plainly(film, "render", ".", "--sandbox")
        runs += 1
        plainly_said(code, err)
        assert runs < RUNS, err
        assert code == 0 or (code == 3 and "nothing can have been paid" in err), err
    assert len(list((film.place.server / "requests").glob("*.json"))) == SCENES
    assert {take.state for take in film.takes().values()} == {State.VERIFIED}
    assert (film.project / "cut.sandbox.mp4").read_bytes() == prepared.cut
    return runs


LATER = [pytest.param(1, 10_000, marks=pytest.mark.long, id="later")]


@pytest.mark.parametrize(("first", "last"), [pytest.param(126, 127, id="sample"), *LATER])
def test_a_killed_rehearsal_goes_on(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    prepared: Prepared,
    nursery: Nursery,
    first: int,
    last: int,
) -> None:
    only = request.config.getoption("--at")
    runs: Counter[int] = Counter()
    for at in [only] if only else range(first, last, STEP):
        repeat = f"pytest {HERE} -k sample --at {at}"
        with filmed(tmp_path / str(at)) as plain, repeated_by(repeat):
            film = rehearsed(plain, prepared)
            felt = nursery.run(film, "render", ".", "--sandbox", strike=Strike(at))
            if not felt.struck:
                break
            runs[finished(film, nursery, prepared)] += 1
    print(f"{runs.total()} rehearsals killed, runs after the kill: {dict(runs)}")  # noqa: T201
