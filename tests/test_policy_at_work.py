"""A policy in renders: nothing is sent against it, whoever else is at work, and nothing is allowed by it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from a_capped_film import FILM, Film, capped
from bought import bought

from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger, utc_now
from storyboard.ledger.record import State


@pytest.mark.long
def test_two_renders_at_once_stay_within_the_month(tmp_path: Path) -> None:
    """Each planned while there was room for it; whoever comes second to the lease finds that there is none left."""
    with capped(tmp_path, "max_per_month = 0.30") as film:
        film.place.ready()
        with lease(film.place.lock, print):
            runs = [film.start("render", ".", "--yes", "--scene", scene) for scene in ("one", "two")]
            for process in runs:
                assert process.stderr is not None
                assert any("waiting for it to end" in line for line in process.stderr), "it had planned"
        said = [process.communicate(timeout=100)[1] for process in runs]
        assert sorted(process.returncode for process in runs) == [0, 3], said
        [refused] = [err for process, err in zip(runs, said, strict=True) if process.returncode == 3]
        assert "storyboard.toml:2:1: the policy allows 0.30 USD a month; 0.252 USD were spent" in refused
        assert "0.048 USD are left" in refused
        assert film.submits == 1
        film.policy("max_per_month = 0.504")
        code, err = film.render()
        assert (code, film.submits) == (0, 2), err


def earlier(film: Film, *months: str) -> None:
    """Takes of other requests, sent in the middle of these months."""
    ledger = Ledger.open(film.place)
    for number, month in enumerate(months, 10 + len(ledger.takes())):
        sent = f"{month}-15T12:00:00.000+00:00"
        ledger.admit(bought(number, sent_at=sent, created_at=sent, estimate=Decimal(1)), "for a test")


def test_only_this_month_counts_and_charges_before_estimates(tmp_path: Path) -> None:
    this = f"{utc_now():%Y-%m}"
    with capped(tmp_path, "max_per_month = 1.5") as film:
        earlier(film, "2026-01", "2025-12")
        assert film.run("plan", ".")[0] == 0, "other months"
        earlier(film, this)
        code, said = film.run("plan", ".")
        assert (code, "1.00 USD were spent, or may have been" in said) == (3, True)
        key = next(take.key for take in film.takes.values() if (take.sent_at or "").startswith(this))
        Ledger.open(film.place).charged(key, None, Decimal("0.90"), "billing events")
        code, said = film.run("plan", ".", "--format", "json")
        assert code == 0, said
        month = json.JSONDecoder().raw_decode(said)[0]["policy"]["month"]
        assert (month["charged"], month["estimated"], month["total"]) == ("0.90", "0.00", "0.90")


@pytest.mark.long
def test_what_may_have_been_paid_counts_and_a_second_time_when_it_is_sent_again(tmp_path: Path) -> None:
    lost = {"faults": {"drop-after-accept": 1.0}, "history_outage": True, "latency": 0}
    with capped(tmp_path, "max_per_month = 0.60", **lost) as film:
        code, said = film.render("--scene", "one")
        assert (code, film.takes["one"].state) == (3, State.UNKNOWN), said
        assert film.run("plan", ".", "--scene", "two")[0] == 0
        assert film.run("reconcile", ".", "--resend", "one")[0] == 0
        assert film.run("plan", ".", "--scene", "one")[0] == 0
        before = film.submits
        code, said = film.run("plan", ".")  # 0.252 may be lost, twice that is to be sent
        assert (code, "0.252 USD were spent, or may have been" in said) == (3, True), said
        assert film.render("--scene", "one")[0] == 3
        code, said = film.run("plan", ".", "--scene", "two")
        assert (code, "0.504 USD were spent, or may have been" in said) == (3, True), said
        assert film.submits > before


@pytest.mark.long
def test_an_approval_is_asked_for_each_time_and_recorded_nowhere(tmp_path: Path) -> None:
    with capped(tmp_path, 'approval = ["kling-v3-standard-text"]') as film:
        yes = ("--approve", "kling-v3-standard-text")
        code, said = film.render("--scene", "one")
        assert (code, film.submits) == (3, 0)
        assert (
            "storyboard.toml:2:1: the policy asks for a person's approval of kling-v3-standard-text" in said
        )
        assert "--approve kling-v3-standard-text" in said
        assert film.render("--scene", "one", "--approve", "kling-v3-4k")[0] == 3
        assert film.run("plan", ".", "--scene", "one", "-o", "approved.json", *yes)[0] == 0
        code, said = film.run("render", "approved.json", "--yes")
        assert (code, film.submits) == (3, 0), "a saved plan holds no approval"
        code, said = film.run("render", "approved.json", "--yes", *yes)
        assert (code, film.submits) == (0, 1), said
        assert film.run("take", "again", ".", "one", "--yes")[0] == 3
        assert film.render()[0] == 3, "the other scene is not approved by that"
        assert film.submits == 1
        for path in (film.project / "approved.json", *film.place.folder.rglob("*.sqlite")):
            assert b"--approve" not in path.read_bytes()
        assert film.render("--scene", "one")[0] == 0, "what is bought needs none"


def test_a_saved_plan_is_judged_by_the_policy_of_the_day(tmp_path: Path) -> None:
    with capped(tmp_path) as film:
        assert film.run("plan", ".", "-o", "plan.json")[0] == 0
        film.policy("max_per_run = 0.50", 'endpoints = ["kling-v3-pro-text"]')
        code, said = film.run("render", "plan.json", "--yes")
        assert (code, film.submits) == (3, 0)
        assert "storyboard.toml:2:1: the policy allows 0.50 USD a run; this costs 0.504 USD" in said
        assert "storyboard.toml:3:1: the policy does not allow kling-v3-standard-text" in said


@pytest.mark.parametrize(
    ("more", "environment", "code", "words"),
    [
        (("--scene", "one"), {"CI": "1"}, 3, "--max-cost"),
        (("--max-cost", "1"), {"CI": "1"}, 3, "the policy allows 0.30 USD a run"),
        (("--max-cost", "0.10"), {}, 3, "the budget of one run is 0.10 USD"),
        (("--scene", "one"), {"STORYBOARD_MAX_COST": "0.2"}, 3, "the budget of one run is 0.20 USD"),
        pytest.param(("--scene", "one", "--max-cost", "0.26"), {"CI": "1"}, 0, "", marks=pytest.mark.long),
    ],
)
def test_a_policy_allows_nothing_that_is_not_allowed_without_it(
    more: tuple[str, ...], environment: dict[str, str], code: int, words: str, tmp_path: Path
) -> None:
    with capped(tmp_path, "max_per_run = 0.30", "max_per_month = 1000") as film:
        ended, said = film.render(*more, **environment)
        assert (ended, words in said) == (code, True), said
        assert film.submits == (1 if code == 0 else 0)


@pytest.mark.long
def test_a_rehearsal_is_paid_by_nobody(tmp_path: Path) -> None:
    text = FILM.replace("{id: one", "{budget: 0.01, id: one")
    with capped(tmp_path, "max_per_run = 0", "endpoints = []", text=text) as film:
        code, said = film.run("plan", ".", "--sandbox")
        assert (code, "Policy" in said) == (0, False), said
        assert film.render()[0] == 3
        code, said = film.run("render", ".", "--sandbox", "-q", "--scene", "one")
        assert code == 0, said


@pytest.mark.long
def test_a_scene_above_its_budget_is_not_sent_and_others_are(tmp_path: Path) -> None:
    text = FILM.replace("{id: one", "{budget: 0.251, id: one")
    with capped(tmp_path, text=text) as film:
        code, said = film.render()
        assert (code, film.submits) == (3, 0)
        assert "storyboard.yaml:7:14: the scene's budget is 0.251 USD; it costs 0.252 USD (one)." in said
        assert film.render("--scene", "two")[0] == 0
        assert film.submits == 1
