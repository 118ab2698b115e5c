"""A render killed at every call by which it touches the disk, the ledger and the network, and one for which each of
these calls fails: afterwards nothing is bought twice, nothing is lost, everything gets finished."""

from __future__ import annotations

import errno
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from a_film import Film, Prepared, filmed, plainly_said, prepared, repeated_by, settled
from depth import either
from nursery import Felt, Nursery, Strike, nursery

__all__ = ["nursery", "prepared"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the seam is made of fork and /proc")

LANES = 8  # the points are dealt out to so many tests, so that all cores have work
SAMPLE = 307  # every so manieth point in the default suite
HERE = "tests/test_proofs_every_call.py"
ERRORS = {"ENOSPC": errno.ENOSPC, "EIO": errno.EIO, "EMFILE": errno.EMFILE}
EACH = either(16, 1)  # every so manieth of them in the long suite: an hour for all
LONG = [
    pytest.param(EACH * lane, EACH * LANES, marks=pytest.mark.long, id=f"lane{lane}") for lane in range(LANES)
]
DEALT = [pytest.param(7, SAMPLE, id="sample"), *LONG]
FEWER = DEALT[:4]  # three lanes of eight: what these errors meet, kills and full disks meet as well


Points = Callable[[int, int], Iterator[int]]


@pytest.fixture
def points(request: pytest.FixtureRequest) -> Points:
    """From a first point on, a step at a time; only the one of `--at N` where that is given."""
    only: int = request.config.getoption("--at")
    return lambda first, step: iter([only]) if only else count(first + 1, step)


def struck(film: Film, nursery: Nursery, strike: Strike) -> Felt:
    """One run with the strike; what follows runs as it should."""
    felt = nursery.run(film, "render", ".", "--yes", strike=strike)
    film.way = nursery.plainly
    return felt


def told(name: str, felt: Counter[str], resent: int = 0) -> None:
    kinds = ", ".join(f"{number} {kind}" for kind, number in felt.most_common())
    print(f"{name}: {felt.total()} points ({kinds}); {resent} sent again by a person")  # noqa: T201


@pytest.mark.parametrize(("first", "step"), DEALT)
def test_killed_at_every_call(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, points: Points, first: int, step: int
) -> None:
    kinds: Counter[str] = Counter()
    resent = 0
    for at in points(first, step):
        repeat = f"pytest -m '' '{HERE}::test_killed_at_every_call' -k sample --at {at}"
        with filmed(tmp_path / str(at), prepared) as film, repeated_by(repeat):
            felt = struck(film, nursery, Strike(at))
            if not felt.struck:
                assert felt.code == 0, felt.err
                break
            kinds[felt.struck.partition(" ")[0]] += 1
            resent += settled(film, prepared).resent
    told("killed", kinds, resent)


@pytest.mark.parametrize(
    ("name", "first", "step"),
    [
        pytest.param(name, *dealt.values, id=f"{dealt.id}-{name}", marks=dealt.marks)
        for name in ERRORS
        for dealt in (DEALT if name == "ENOSPC" else FEWER)
    ],
)
def test_an_error_at_every_call(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, points: Points, name: str, first: int, step: int
) -> None:
    kinds: Counter[str] = Counter()
    resent = 0
    for at in points(first, step):
        repeat = f"pytest -m '' '{HERE}::test_an_error_at_every_call' -k 'sample and {name}' --at {at}"
        with filmed(tmp_path / str(at), prepared) as film, repeated_by(repeat):
            felt = struck(film, nursery, Strike(at, ERRORS[name]))
            ended_well(film, felt)
            if not felt.struck:
                break
            kinds[felt.struck.partition(" ")[0]] += 1
            resent += settled(film, prepared).resent
    told(name, kinds, resent)


@pytest.mark.parametrize("name", ["EIO", "EMFILE"])
def test_a_still_that_this_machine_cannot_read(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, name: str
) -> None:
    """The machine's failure, not a mistake of the storyboard's."""
    with filmed(tmp_path / "film", prepared) as film:
        felt = struck(film, nursery, Strike(2, ERRORS[name]))
        assert (felt.struck, felt.code) == ("read still.png", 4), felt.err
        assert "still.png can't be read" in felt.err
        assert "Nothing was sent" in felt.err
        settled(film, prepared)


@pytest.mark.parametrize(("first", "step"), [pytest.param(120, 300, id="sample"), *LONG[::4]])
def test_a_disk_that_stays_full_from_any_call_on(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, points: Points, first: int, step: int
) -> None:
    kinds: Counter[str] = Counter()
    for at in points(first, step):
        repeat = f"pytest -m '' '{HERE}::test_a_disk_that_stays_full_from_any_call_on' -k sample --at {at}"
        with filmed(tmp_path / str(at), prepared) as film, repeated_by(repeat):
            felt = struck(film, nursery, Strike(at, errno.ENOSPC, lasting=True))
            ended_well(film, felt)
            if not felt.struck:
                break
            kinds[felt.struck.partition(" ")[0]] += 1
            settled(film, prepared)
    told("full from there on", kinds)


@pytest.mark.long
@pytest.mark.parametrize("first", [3, 11])
def test_killed_at_calls_of_a_render_whose_answers_are_lost(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, points: Points, first: int
) -> None:
    kinds: Counter[str] = Counter()
    resent = 0
    for at in points(first, either(48, 16)):
        repeat = f"pytest -m '' '{HERE}' -k 'answers_are_lost and 3' --at {at}"
        lost = {"drop-after-accept": 1.0}
        with filmed(tmp_path / str(at), prepared, faults=lost) as film, repeated_by(repeat):
            felt = struck(film, nursery, Strike(at))
            if not felt.struck:
                assert felt.code == 0, felt.err
                break
            kinds[felt.struck.partition(" ")[0]] += 1
            resent += settled(film, prepared).resent
    told("killed, with every answer lost", kinds, resent)


@pytest.mark.long
@pytest.mark.parametrize("first", [3, 11])
def test_killed_at_calls_of_reconcile(
    tmp_path: Path, prepared: Prepared, nursery: Nursery, points: Points, first: int
) -> None:
    kinds: Counter[str] = Counter()
    for at in points(first, either(48, 16)):
        repeat = f"pytest -m '' '{HERE}' -k 'calls_of_reconcile and 3' --at {at}"
        late = {"faults": {"drop-after-accept": 1.0}, "history_lag": 1e6}
        with filmed(tmp_path / str(at), prepared, **late) as film, repeated_by(repeat):
            film.way = nursery.plainly
            code, _, err = film.render()
            assert code == 3, err
            film.quiet()
            felt = nursery.run(film, "reconcile", ".", strike=Strike(at))
            assert settled(film, prepared).resent == 0
            if not felt.struck:
                assert felt.code == 0, felt.err
                break
            kinds[felt.struck.partition(" ")[0]] += 1
    told("reconcile killed", kinds)


def ended_well(film: Film, felt: Felt) -> None:
    """With a message that says what failed, or by going on where the call did not matter. A submit that leaves after
    the ledger refused a write is another take's, whose own intent was on the disk before."""
    plainly_said(felt.code, felt.err)
    codes = {0, 4} if felt.struck else {0}
    assert felt.code in codes, f"{felt.struck}: {felt.code}\n{felt.err}"
    unannounced = film.sandbox.state.unannounced
    assert not (felt.posted and unannounced), f"a submit left after {felt.struck} had failed: {unannounced}"
    if felt.code == 4:
        [said] = [line for line in felt.err.splitlines() if line.startswith("storyboard: ")]
        assert len(said) > 60, said
