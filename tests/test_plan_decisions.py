"""From requests and what the ledger knows to reuse, resume, send or ask: nothing is bought twice, nothing silently."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from in_memory import TEXT, compiled

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.make import make_plan
from storyboard.plan.steps import Plan

BOOK = price_book("observed-2026-10")
FILM = compiled(
    TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n  - {id: noon, prompt: a heron, generate_audio: false}\n"
).requests
CLIP = "c" * 64
PAID = Decimal("0.55")  # what the takes were estimated at: today's book says something else


def record(request: Request, state: State, **more: object) -> TakeRecord:
    assert request.digest is not None
    return TakeRecord(
        request.digest,
        request.take,
        request.scene,
        request.endpoint,
        state,
        request.seconds,
        "2026-11-01T00:00:00Z",
        **{"estimate": PAID} | more,
    )


def plan(*takes: TakeRecord, clips: tuple[str, ...] = (), requests: tuple[Request, ...] = FILM) -> Plan:
    assert BOOK is not None
    return make_plan(requests, takes, clips, BOOK)


@pytest.mark.parametrize(
    ("state", "more", "clips", "decision"),
    [
        (State.VERIFIED, {"clip": CLIP}, (CLIP,), "reuse"),
        (State.VERIFIED, {"clip": CLIP}, (), "resume"),
        (State.SENT, {"request_id": "r"}, (), "resume"),
        (State.COMPLETED, {"request_id": "r"}, (), "resume"),
        (State.DOWNLOADED, {"request_id": "r", "clip": CLIP}, (CLIP,), "resume"),
        (State.INTENDED, {}, (), "send"),
        (State.SENDING, {}, (), "ask"),
        (State.UNKNOWN, {}, (), "ask"),
        (State.FAILED, {"maybe_billed": False}, (), "send"),
        (State.FAILED, {"maybe_billed": True}, (), "ask"),
        (State.CANCELLED, {"maybe_billed": False}, (), "send"),
        (State.CANCELLED, {"maybe_billed": True}, (), "ask"),
    ],
)
def test_what_a_take_in_each_state_leads_to(
    state: State, more: dict, clips: tuple[str, ...], decision: str
) -> None:
    made = plan(record(FILM[0], state, **more), clips=clips)
    assert [step.decision for step in made.steps] == [decision, "send"]
    assert made.steps[0].reason
    expected = {"send": Decimal("0.63"), "ask": PAID}.get(decision, Decimal(0))
    assert made.steps[0].amount == expected
    # What may have been spent already is shown with its step, and not among what this render will spend.
    assert made.total == (expected if decision == "send" else 0) + Decimal("0.42")


def test_every_state_is_decided() -> None:
    for state in State:
        assert plan(record(FILM[0], state)).steps[0].decision in {"reuse", "resume", "send", "ask"}


def test_a_take_of_another_number_or_request_is_not_this_one() -> None:
    from msgspec.structs import replace

    bought = record(FILM[0], State.VERIFIED, clip=CLIP)
    assert plan(replace(bought, take=2), clips=(CLIP,)).steps[0].decision == "send"
    assert plan(replace(bought, digest="d" * 64), clips=(CLIP,)).steps[0].decision == "send"


def test_equal_requests_are_bought_once() -> None:
    both = compiled(
        TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n  - {id: again, prompt: reeds}\n"
    ).requests
    made = plan(requests=both)
    assert [step.decision for step in made.steps] == ["send", "reuse"]
    assert made.total == Decimal("0.63")
    assert "dawn" in made.steps[1].reason


def test_equal_requests_of_an_unknown_submission_both_wait() -> None:
    """What may have been sent counts as spent, once."""
    both = compiled(
        TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n  - {id: again, prompt: reeds}\n"
    ).requests
    made = plan(record(both[0], State.UNKNOWN), requests=both)
    assert made.steps[0].decision == "ask"
    assert made.steps[1].decision != "send"
    assert [step.amount for step in made.steps] == [PAID, Decimal(0)]
    assert made.total == 0


def test_unknown_prices_are_named_not_summed() -> None:
    book = price_book("seeds")
    assert book is not None
    made = make_plan(FILM, (), (), book)
    assert (made.total, made.unpriced) == (Decimal(0), ("dawn", "noon"))
    assert [step.amount for step in made.steps] == [None, None]


def test_what_costs_nothing_needs_no_price() -> None:
    book = price_book("seeds")
    assert book is not None
    takes = [record(request, State.VERIFIED, clip=CLIP) for request in FILM]
    made = make_plan(FILM, takes, (CLIP,), book)
    assert (made.total, made.unpriced) == (Decimal(0), ())


def test_the_digest_of_a_plan_holds_what_will_be_bought_and_for_how_much() -> None:
    seeds = price_book("seeds")
    assert seeds is not None
    digests = {
        plan().digest,
        plan(requests=FILM[:1]).digest,
        plan(record(FILM[0], State.UNKNOWN)).digest,
        plan(record(FILM[0], State.SENT, request_id="r")).digest,
        make_plan(FILM, (), (), seeds).digest,
    }
    assert len(digests) == 5
    assert plan().digest == plan().digest


def test_the_json_document(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        TEXT + "prices: observed-2026-10\nscenes:\n  - {id: dawn, prompt: reeds}\n", encoding="utf-8"
    )
    file = tmp_path / "plan.json"
    ran = run("plan", tmp_path, "--format", "json", "-o", file)
    document = json.loads(ran.out)
    assert json.loads(file.read_text(encoding="utf-8")) == document
    assert set(document) >= {"digest", "total", "steps"}
    (step,) = document["steps"]
    assert set(step) >= {"scene", "take", "decision", "reason", "amount", "request_digest"}
    assert (step["scene"], step["take"], step["decision"], step["amount"]) == ("dawn", 1, "send", "0.63")
    assert (document["total"], ran.code) == ("0.63", 0)
    assert len(document["digest"]) == len(step["request_digest"]) == 64


def test_looking_makes_nothing(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n", encoding="utf-8"
    )
    for command in ("check", "expand", "estimate", "plan"):
        assert run(command, tmp_path).code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["storyboard.yaml"]


@pytest.mark.parametrize(
    ("budget", "options", "environment", "code"),
    [
        ("0.63", (), None, 0),
        ("0.62", (), None, 3),
        ("5", ("--max-cost", "0.62"), None, 3),
        ("5", (), "0.62", 3),
        ("0.62", ("--max-cost", "5"), "5", 3),
    ],
)
def test_a_plan_above_the_budget_is_refused(
    budget: str,
    options: tuple[str, ...],
    environment: str | None,
    code: int,
    tmp_path: Path,
    run: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if environment:
        monkeypatch.setenv("STORYBOARD_MAX_COST", environment)
    text = f"budget: {budget}\nprices: observed-2026-10\n" + TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n"
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("plan", tmp_path, *options)
    assert ran.code == code
    assert "dawn" in ran.out


def test_a_plan_that_cannot_be_written_is_this_machines_failure(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n", encoding="utf-8"
    )
    ran = run("plan", tmp_path, "-o", tmp_path / "storyboard.yaml" / "plan.json")
    assert ran.code == 4
    assert "bug" not in ran.err
