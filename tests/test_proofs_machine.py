"""Whatever is done in whatever order, and whatever fal answers: invariants I1 to I7, held to the fake's own record.

A failing seed prints the steps; `pytest "tests/test_proofs_machine.py::test_…[seed-N]" -m ""` plays it again.
"""

# ruff: noqa: T201 - proofs print their figures
from __future__ import annotations

import ssl
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from functools import cache, lru_cache
from typing import Any

import httpx
import pytest
from a_postgres import Server, postgres
from both_engines import shared
from depth import either
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from paying_once import PayingOnce, as_text
from played_person import Wrong

from storyboard.fal import submit
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, Submission, TakeRecord
from storyboard.media.moving_still import MovingStill, draw_clip

__all__ = ["postgres"]

QUICK, LONG_SEEDS, LONG_EXAMPLES = 15, either(2, 12), either(120, 250)
STEPS = 12


@pytest.fixture(autouse=True, scope="module")
def one_start() -> Iterator[None]:
    """Done once for all examples: certificates read, the same few addresses taken
    apart once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        patch.setattr(httpx._urls, "urlparse", lru_cache(4096)(httpx._urls.urlparse))
        yield


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


def played(
    clip: bytes,
    number: int,
    examples: int,
    machine: type[PayingOnce] = PayingOnce,
    *,
    broken: bool = False,
    **attributes: Any,
) -> Counter[str]:
    """The machine run from a seed. Raises what the first broken invariant raised, its steps printed."""
    kind = type(machine.__name__, (machine,), {"clip": clip, "tally": Counter(), **attributes})
    asked = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(seed(number)(kind), settings=asked)
    return kind.tally


@pytest.mark.parametrize(
    ("number", "examples"),
    [
        pytest.param(0, QUICK, id="quick"),
        *(
            pytest.param(n, LONG_EXAMPLES, id=f"seed-{n}", marks=pytest.mark.long)
            for n in range(1, LONG_SEEDS + 1)
        ),
    ],
)
def test_no_order_of_things_pays_twice_or_loses_a_take(clip: bytes, number: int, examples: int) -> None:
    began = time.monotonic()
    tally = played(clip, number, examples)
    faults = sum(name.startswith("fault ") for name in tally)
    print(
        f"\nseed {number}, {time.monotonic() - began:.0f} s: {as_text(tally)}; {faults} kinds of faults met"
    )
    assert tally["examples"] >= examples


@pytest.mark.long
def test_no_order_of_things_does_so_on_a_shared_ledger(clip: bytes, postgres: Server) -> None:
    began = time.monotonic()
    tally = played(clip, 7, either(25, 250), kept_at=staticmethod(lambda place: shared(place, postgres)))
    print(f"\non PostgreSQL, {time.monotonic() - began:.0f} s: {as_text(tally)}")
    assert tally["killed"]


def _nothing_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(submit, "BEFORE_THE_FIRST_BYTE", (*submit.BEFORE_THE_FIRST_BYTE, httpx.ReadError))


def _refused(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(submit, "CERTAIN", submit.CERTAIN | {502, 503, 504})


def test_a_take_that_was_adopted_does_not_tell_of_a_wrong_clock(clip: bytes) -> None:
    """Found by a seed: after a ledger of before was restored, takes were adopted from fal's history. Read as sent when
    they were adopted, they made the clock of the day before look wrong, and a lost answer was taken for a request of
    that day."""
    machine = type(PayingOnce.__name__, (PayingOnce,), {"clip": clip, "tally": Counter()})()
    machine.backed_up_now()
    for goes, late, turn, restored in (
        ((0.1, 50, {"b": 5}), 1.3922536196594006, 155, True),
        ((0.1, 747, {"c": 4, "a": 3, "b": 5}), 3.6239695155799705, None, True),
        ((0.6, 341, {"c": 3}), 4.2227655527524535, 368, True),
        ((0.1, 1201, {}), 8.715881007756119e-72, None, True),
        ((0.1, 78, {}), 9.687769891715439, None, False),
        ((0.3, 2972, {"b": 5}), 0.0, 226, False),
        ((0.6, 1430, {"c": 4, "a": 1}), 5.133129758463474, None, False),
    ):
        if restored:
            machine.yesterdays_ledger_is_restored()
        machine.two_at_once(goes=goes, late=late, turn=turn)
        machine.holds()
    machine.teardown()


class LateLedger(Ledger):
    """Writes down that a request is being sent when its answer is there: the usual design."""

    def begin_sending(self, key: tuple[str, int], *intent: Any, ask: object = None) -> TakeRecord | None:
        del ask
        self._late = {**getattr(self, "_late", {}), key: intent}
        found = self.get(key)
        return found if found.state is State.INTENDED else None

    def sent(self, key: tuple[str, int], submission: Submission, note: str = "") -> TakeRecord:
        if key in getattr(self, "_late", {}):
            super().begin_sending(key, *self._late.pop(key))
        return super().sent(key, submission, note)


class Impatient(PayingOnce):
    """A person, or a program, for whom ten minutes without an entry in the history mean that nothing was taken."""

    def do(self, work: Coroutine[Any, Any, Any], **death: Any) -> Any:
        result = super().do(work, **death)
        ledger = self.ledger()
        for take in ledger.takes():
            if take.state is State.UNKNOWN and not self.resting:
                ledger.reopen(take.key, "it is not in the history")
        return result


BROKEN: dict[str, tuple[str, type[PayingOnce], dict[str, Any], Callable[[pytest.MonkeyPatch], None]]] = {
    "a reset means that nothing left": ("I1", PayingOnce, {}, _nothing_left),
    "a gateway's error is a refusal": ("I[13]", PayingOnce, {}, _refused),
    "absent from the history, so sent again": ("I1", Impatient, {}, lambda _: None),
    "recorded when the answer is there": ("I2", PayingOnce, {"ledger_type": LateLedger.open}, lambda _: None),
}


QUICKLY = ("recorded when the answer is there",)


@pytest.mark.parametrize(
    "name", [n if n in QUICKLY else pytest.param(n, marks=pytest.mark.long) for n in BROKEN]
)
def test_a_wrong_policy_is_found(clip: bytes, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """The machine can fail: each of these ways of working that others have comes out as money lost."""
    expected, kind, attributes, break_it = BROKEN[name]
    break_it(monkeypatch)
    began = time.monotonic()
    with pytest.raises(Wrong, match=expected) as found:
        played(clip, 0, 300, kind, broken=True, **attributes)
    print(f"\n{name}: {str(found.value)[:100]} in {time.monotonic() - began:.1f} s")
