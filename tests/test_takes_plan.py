"""Pins and further takes in the plan: a pinned scene is never bought, and a take that was begun is gone on with."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from in_memory import TEXT, compiled
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.errors import Refused
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.another import another_take
from storyboard.plan.make import make_plan
from storyboard.plan.pins import as_pinned
from storyboard.plan.steps import Plan

CLIP = "c" * 64
BOOK = price_book("observed-2026-10")
OLD, NEW = "a heron", "a stork"


def request(prompt: str = NEW, pin: str | None = None, scene: str = "dawn") -> Request:
    written = f", pin: {pin}" if pin else ""
    (found,) = compiled(TEXT + f"scenes:\n  - {{id: {scene}, prompt: {prompt}{written}}}\n").requests
    return found


DIGEST = request(OLD).digest or ""
PIN = f"{DIGEST[:12]}/1"


def take(number: int = 1, state: State = State.VERIFIED, **more: object) -> TakeRecord:
    known = {"clip": CLIP, "request_id": f"r{number}", "estimate": Decimal("0.42")} | more
    return TakeRecord(DIGEST, number, "dawn", "e", state, 5, "2026-11-01T00:00:00Z", **known)  # type: ignore[arg-type]


def plan(
    *takes: TakeRecord, of: tuple[Request, ...], clips: tuple[str, ...] = (CLIP,), rehearsal: bool = False
) -> Plan:
    assert BOOK is not None
    return make_plan(of, takes, clips, BOOK, rehearsal=rehearsal)


WITHOUT = (State.INTENDED, State.FAILED, State.CANCELLED)


@pytest.mark.parametrize("state", [state for state in State if state not in WITHOUT])
@pytest.mark.parametrize("clips", [(CLIP,), ()])
def test_whatever_became_of_it_a_pinned_scene_is_never_bought(state: State, clips: tuple[str, ...]) -> None:
    (step,) = plan(take(state=state), of=(request(pin=PIN),), clips=clips).steps
    expected = "reuse" if clips and state is State.VERIFIED else "resume"
    if state in {State.SENDING, State.UNKNOWN}:
        expected = "ask"
    assert step.decision == expected
    assert step.amount == (Decimal("0.42") if expected == "ask" else 0)
    assert (step.request.digest, step.take) == (DIGEST, 1)
    assert step.reason.startswith(f"pinned to take 1 of {DIGEST[:12]}; its text has changed since")


@pytest.mark.parametrize("state", WITHOUT)
@pytest.mark.parametrize("billed", [True, False])
def test_a_pin_of_a_take_without_a_clip(state: State, billed: bool) -> None:
    with pytest.raises(Refused) as refused:
        plan(take(state=state, maybe_billed=billed), of=(request(pin=PIN),))
    assert f"a take that has no clip ({state.value})" in str(refused.value)


def test_a_pin_of_the_present_text_and_one_without() -> None:
    same = request(OLD, PIN)
    (step,) = plan(take(), of=(same,)).steps
    assert step.reason == f"pinned to take 1 of {DIGEST[:12]}"
    assert as_pinned(request(), [take()]) == request()


def test_a_pinned_scene_beside_one_that_asks_for_the_same() -> None:
    pinned, plain = request(pin=PIN), request(OLD, scene="noon")
    for order in ((pinned, plain), (plain, pinned)):
        made = plan(take(), of=order)
        assert {step.decision for step in made.steps} == {"reuse"}
        assert made.total == 0
    made = plan(take(), of=(pinned, request(scene="noon")))
    assert [step.decision for step in made.steps] == ["reuse", "send"]


def test_a_pin_that_names_nothing_or_too_much() -> None:
    twin = replace(take(), digest=DIGEST[:20] + "0" * 44)
    for pin, takes, words in (
        (f"{DIGEST[:12]}/2", (take(),), f"no take that is known here. Known of this scene: {PIN} (verified)"),
        ("0123456789ab/1", (), "No take of this scene is known."),
        (PIN, (take(), twin), "names several takes"),
    ):
        with pytest.raises(Refused) as refused:
            plan(*takes, of=(request(pin=pin),))
        assert "s.yaml:4:" in str(refused.value)
        assert words in str(refused.value)
        assert "Nothing was sent." in str(refused.value)
    whole = request(pin=f"{DIGEST}/1")
    assert plan(take(), twin, of=(whole,)).steps[0].decision == "reuse"


def test_a_rehearsal_shoots_what_it_does_not_know() -> None:
    (step,) = plan(of=(request(pin=PIN),), rehearsal=True).steps
    assert (step.decision, step.request.digest) == ("send", request().digest)
    (step,) = plan(take(), of=(request(pin=PIN),), rehearsal=True).steps
    assert step.decision == "reuse"


def test_a_pin_changes_no_digest_and_defaults_give_a_take() -> None:
    assert request(pin=PIN).digest == request().digest
    path = Path(__file__).parent / "golden" / "ok" / "takes.yaml"
    found = compiled(path.read_bytes()).requests
    assert [(r.take, r.pin.value if r.pin else None) for r in found] == [
        (2, None),
        (3, ("012345678901", 2)),
        (1, ("0123456789abcdef" * 4, 10)),
        (4, None),
    ]


# What is known, what a run that ended early was to buy, and the number that comes next; "done" where it is there.
FAILED = {"maybe_billed": False}
NEXT = {
    "nothing known": ((), None, 1),
    "one there": ((take(),), None, 2),
    "numbers with a gap": ((take(1), take(4)), None, 5),
    "begun before the first": ((), 1, 1),
    "begun, not in the ledger": ((take(),), 2, 2),
    "begun, on its way": ((take(), take(2, State.SENT)), 2, 2),
    "begun, its answer lost": ((take(), take(2, State.UNKNOWN)), 2, 2),
    "begun, refused unbilled": ((take(), take(2, State.FAILED, **FAILED)), 2, 2),
    "begun, failed and maybe billed": ((take(), take(2, State.FAILED, maybe_billed=True)), 2, 3),
    "begun and there": ((take(), take(2)), 2, "done"),
    "begun, and another was added under its number": ((take(), take(2, origin="added")), 2, 3),
    "a render's take on its way": ((take(1, State.SENT),), None, 2),
    "a render's take never sent": ((take(1, State.INTENDED),), None, 1),
    "the last one refused unbilled": ((take(), take(2, State.FAILED, **FAILED)), None, 2),
    "the last one cancelled and maybe billed": (
        (take(), take(2, State.CANCELLED, maybe_billed=True)),
        None,
        3,
    ),
}


@pytest.mark.parametrize(("takes", "wanted", "expected"), NEXT.values(), ids=NEXT.keys())
def test_the_number_of_a_further_take(
    takes: tuple[TakeRecord, ...], wanted: int | None, expected: int | str
) -> None:
    found = another_take(takes, wanted)
    assert ("done" if found.done is not None else found.take) == expected
