"""What estimate, plan and spend say of the same film and the same ledger is the same."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bought_film import body_of, bought, requests_of, take_of
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import compiled

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.errors import Refused
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State, TakeRecord
from storyboard.plan.budget import Budget
from storyboard.plan.estimate import estimate
from storyboard.plan.make import make_plan
from storyboard.plan.paid import paid_for
from storyboard.plan.policy import Caps
from storyboard.plan.spending import Spent, at_stake, payments, spent
from storyboard.plan.twins import twins_of
from storyboard.render.budget import ruling_on

HEAD = """storyboard: 1
prices: observed-2026-10
endpoint: kling-v3-standard-text
defaults: {generate_audio: false}
scenes:
"""
BOOK = price_book("observed-2026-10")
assert BOOK is not None

# By construction

PROMPTS = ("reeds", "a heron", "the boat drifts")
NAMES = ("a", "b", "c", "d")


@cache
def scene(name: str, prompt: str, take: int, pin: str) -> Request:
    pinned = f"pin: {pin}, " if pin else ""
    (made,) = compiled(f"{HEAD}  - {{id: {name}, {pinned}take: {take}, prompt: {prompt}}}\n").requests
    return made


@cache
def digest(prompt: str) -> str:
    return scene("a", prompt, 1, "").digest or ""


PINS = st.builds(
    lambda prompt, take: f"{digest(prompt)[:12]}/{take}", st.sampled_from(PROMPTS), st.integers(1, 2)
)
FILMS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(PROMPTS), st.integers(1, 2), st.one_of(st.just(""), PINS)
    ),
    max_size=4,
    unique_by=lambda each: each[0],
)


@st.composite
def takes(draw: st.DrawFn) -> list[TakeRecord]:
    """Of some texts, in every state; a text or a name may be another storyboard's."""
    found = []
    for prompt in (*PROMPTS, "rain"):
        for number in range(1, draw(st.integers(0, 2)) + 1):
            state = draw(st.sampled_from(list(State)))
            known = {"estimate": draw(st.none() | st.sampled_from([Decimal("0.5"), Decimal("0.125")]))}
            known["maybe_billed"] = draw(st.booleans())
            request = scene(draw(st.sampled_from([*NAMES, "gone"])), prompt, number, "")
            found.append(take_of(request, state, **known))
    return found


@settings(max_examples=40)
@given(film=FILMS, known=takes(), here=st.booleans())
def test_estimate_and_plan_are_one(film: list[Any], known: list[TakeRecord], here: bool) -> None:
    requests = [scene(*each) for each in film]
    clips = {take.clip for take in known if take.clip} if here else set()
    try:
        planned = make_plan(requests, known, clips, BOOK)
    except Refused:  # a pin that names nothing: then there is neither
        return
    found = estimate(requests, BOOK, planned.steps, known)
    assert found.to_pay == planned.total
    assert dict(found.twins) == {step.scene: step.twin for step in planned.steps if step.twin}
    standing = {each.scene: each.standing for each in found.scenes}
    assert {name for name, word in standing.items() if word == "to pay"} == {
        step.scene for step in planned.to_send()
    }
    stakes = {each.scene: each.at_stake for each in found.scenes if each.standing == "at stake"}
    assert stakes == {step.scene: step.amount for step in planned.steps if step.decision == "ask"}
    sent = {(step.request.digest, step.request.take) for step in planned.to_send()}
    assert len(sent) == len(planned.to_send()), "no take is paid twice"
    for step in planned.to_send():
        assert step.since is None or step.since.sendable or step.since.digest != step.request.digest
    ruling = ruling_on(planned, known, Caps(Budget(Decimal("0.7"), "--max-cost")), None)
    lost = [take.estimate for take in at_stake(known)]
    over = planned.total + sum((each for each in lost if each is not None), Decimal(0)) > Decimal("0.7")
    assert bool(ruling.violations) == bool(planned.to_send() and (over or None in lost))
    named = {name for violation in ruling.violations for name in violation.scenes}
    assert named <= {step.scene for step in planned.to_send()}, "what is not sent is not refused"


@settings(max_examples=40)
@given(film=FILMS)
def test_what_is_paired_without_a_plan_is_what_a_plan_pairs(film: list[Any]) -> None:
    requests = [scene(name, prompt, take, "") for name, prompt, take, _ in film]
    planned = make_plan(requests, (), (), BOOK)
    assert estimate(requests, BOOK).twins == estimate(requests, BOOK, planned.steps).twins
    assert twins_of(requests) == {step.scene: step.twin for step in planned.steps if step.twin}


@settings(max_examples=40)
@given(film=FILMS, known=takes())
def test_what_was_paid_is_counted_once_and_for_one_scene(film: list[Any], known: list[TakeRecord]) -> None:
    requests = [scene(*each) for each in film]
    paid = paid_for(requests, known, lambda take: {"a": True, "b": None}.get(take.scene, False))
    own = {request.digest for request in requests}
    names = {request.scene for request in requests}
    mine = [take for take in payments(known) if take.digest in own or take.scene in names & {"a"}]
    assert sum(paid.scenes.values(), Spent()) == spent(mine)
    assert set(paid.scenes) <= names
    either = [take for take in payments(known) if take.digest not in own and take.scene in names & {"b"}]
    assert paid.shared == spent(either)


# The commands


class Studio:
    """A project on fal itself, which nobody asks."""

    def __init__(self, folder: Path, run: Callable[..., Any]) -> None:
        self.folder, self._run = folder, run

    def write(self, *scenes: str, name: str = "storyboard.yaml", head: str = HEAD) -> Path:
        path = self.folder / name
        path.write_text(head + "".join(f"  - {{{scene}}}\n" for scene in scenes), encoding="utf-8")
        return path

    def buy(self, path: Path, name: str, **more: Any) -> TakeRecord:
        """A take whose clip is here."""
        request = next(each for each in requests_of(path) if each.scene == name)
        take = take_of(request, **{"estimate": Decimal("0.42")} | more)
        bought(self.folder, [take])
        return take

    def lose(self, path: Path, name: str, estimate: Decimal | None = Decimal("0.42")) -> tuple[str, int]:
        """A take that was sent, and whose answer was lost."""
        request = next(each for each in requests_of(path) if each.scene == name)
        key = (request.digest or "", request.take)
        known = (name, request.endpoint, request.seconds, "observed-2026-10", estimate)
        self.ledger.claim(Intent(*key, *known))
        self.ledger.begin_sending(key, body_of(request), estimate, "observed-2026-10")
        self.ledger.unknown(key, "no answer")
        return key

    @property
    def ledger(self) -> Ledger:
        return Ledger.open(place_of(self.folder))

    def says(self, *words: Any) -> tuple[int, str]:
        ran = self._run(*words)
        return ran.code, " ".join((ran.out + ran.err).split())

    def document(self, *words: Any) -> dict[str, Any]:
        return dict(json.loads(self._run(*words, "--format", "json").out))


@pytest.fixture
def studio(tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Studio:
    (tmp_path / "storyboard.toml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return Studio(tmp_path, run)


def test_a_pinned_scene_pays_for_no_twin(studio: Studio) -> None:
    old = studio.buy(studio.write("id: a, prompt: reeds"), "a")
    path = studio.write(f"id: a, pin: {old.digest[:12]}/1, prompt: a heron", "id: b, prompt: a heron")
    told, planned = studio.document("estimate", path), studio.document("plan", path)
    assert (told["to_pay"], planned["total"], told["twins"]) == ("0.42", "0.42", [])
    assert [each["standing"] for each in told["scenes"]] == ["bought", "to pay"]
    assert studio.says("estimate", path, "--max-cost", "0.41")[0] == 3


def test_what_is_at_stake_is_what_was_estimated_then(studio: Studio) -> None:
    path = studio.write("id: a, prompt: reeds", "id: b, prompt: a heron")
    studio.lose(path, "a", Decimal("0.84"))
    assert studio.document("estimate", path)["scenes"][0]["at_stake"] == "0.84"
    assert studio.document("plan", path)["steps"][0]["amount"] == "0.84"
    code, said = studio.says("estimate", path)
    assert (code, "0.84 USD may have been paid: `storyboard reconcile` settles it." in said) == (0, True)


def test_a_refusal_names_what_would_be_sent(studio: Studio) -> None:
    """A lost take of a price that nobody knows is told as one; no other book would price it."""
    path = studio.write("id: a, prompt: reeds", "id: b, prompt: a heron")
    studio.lose(path, "a", None)
    for command in ("estimate", "plan"):
        code, said = studio.says(command, path, "--max-cost", "9")
        assert code == 3
        assert "nobody knows what may have been spent on takes whose answer was lost (a)" in said
        assert "no price for" not in said
        assert "An unknown amount may have been paid" in said or command == "plan"


def test_what_is_held_is_held_for_both(studio: Studio) -> None:
    """A lost take counts as spent whatever its scene says since."""
    studio.lose(studio.write("id: a, prompt: reeds"), "a")
    path = studio.write("id: a, prompt: reeds at dusk", "id: b, prompt: a heron")
    for command in ("estimate", "plan"):
        code, said = studio.says(command, path, "--max-cost", "1.00")
        assert (code, "0.42 USD may have been spent on takes whose answer was lost" in said) == (3, True)
        assert studio.says(command, path, "--max-cost", "1.26")[0] == 0


def test_what_was_written_off_is_held_no_more(studio: Studio) -> None:
    path = studio.write("id: a, prompt: reeds", "id: b, prompt: a heron")
    studio.lose(path, "a")
    assert studio.says("estimate", path, "--max-cost", "0.80")[0] == 3
    assert studio.says("reconcile", path, "--write-off", "a")[0] == 0
    for command in ("estimate", "plan"):
        code, said = studio.says(command, path, "--max-cost", "0.80")
        assert (code, "settles it" in said) == (0, False), said
    said = studio.says("estimate", path)[1]
    assert "0.42 USD may have been paid for what came to nothing (a)" in said
    assert "--resend SCENE" in said


@pytest.mark.parametrize(("wanted", "to_pay"), [(1, "0.42"), (2, "0.84"), (3, "1.68"), (5, "3.36")])
def test_takes_that_are_there_are_not_needed_again(studio: Studio, wanted: int, to_pay: str) -> None:
    path = studio.write("id: a, prompt: reeds", "id: b, prompt: a heron")
    studio.buy(path, "a")
    again = studio.write("id: a, take: 2, prompt: reeds", "id: b, prompt: a heron")
    studio.buy(again, "a")
    path = studio.write("id: a, prompt: reeds", "id: b, prompt: a heron")
    told = studio.document("estimate", path, "--takes", wanted)
    assert (told["contingency"]["to_pay"], told["scenes"][0]["takes"]) == (to_pay, 2)


# What was paid so far


def by_storyboard(studio: Studio, path: Path) -> dict[str, Any]:
    told = studio.document("spend", path, "--by", "storyboard")
    return {group["name"]: group["total"] for group in told["groups"]}


def test_another_storyboards_scene_of_that_name_is_not_this_ones(studio: Studio) -> None:
    other = studio.write("id: a, prompt: a cat on the roof", name="other.yaml")
    studio.buy(other, "a")
    path = studio.write("id: a, prompt: reeds")
    told = studio.document("estimate", path)
    assert (told["spent"]["takes"], told["spent_here_or_elsewhere"]["takes"]) == (0, 0)
    assert by_storyboard(studio, path) == {"other.yaml": "0.42"}
    (step,) = studio.document("plan", path)["steps"]
    assert (step["why"], step["since"], step["reason"]) == ("new", None, "new")
    studio.write("id: a, prompt: a dog on the roof", name="other.yaml")
    told = studio.document("estimate", path)
    assert (told["spent"]["takes"], told["spent_here_or_elsewhere"]["takes"]) == (0, 1), "nobody knows whose"
    assert by_storyboard(studio, path) == {"storyboard.yaml and other.yaml": "0.42"}
    assert "in this storyboard or in another" in studio.says("estimate", path)[1]


def test_an_older_text_is_its_own_scenes(studio: Studio) -> None:
    studio.buy(studio.write("id: a, prompt: reeds"), "a")
    studio.write("id: b, prompt: a cat", name="other.yaml")
    path = studio.write("id: a, prompt: reeds in the wind")
    assert studio.document("estimate", path)["spent"]["estimated"] == "0.42"
    (step,) = studio.document("plan", path)["steps"]
    assert (step["why"], step["since"]) == ("changed", {"take": 1, "state": "verified"})


def test_a_renamed_scene_keeps_what_was_paid_for_it(studio: Studio) -> None:
    studio.buy(studio.write("id: a, prompt: reeds"), "a")
    path = studio.write("id: opening, prompt: reeds")
    told = studio.document("estimate", path)
    assert told["scenes"][0]["spent"] == {"takes": 1, "charged": "0.00", "estimated": "0.42", "unknown": 0}
    assert by_storyboard(studio, path) == {"storyboard.yaml": "0.42"}


def test_an_attempt_that_was_given_up_is_in_both_sums(studio: Studio) -> None:
    path = studio.write("id: a, prompt: reeds")
    key = studio.lose(path, "a")
    assert studio.says("reconcile", path, "--resend", "a")[0] == 0
    studio.ledger.begin_sending(key, "{}", Decimal("0.50"), "observed-2026-10")
    studio.ledger.unknown(key, "no answer")
    told = studio.document("estimate", path)
    assert told["spent"]["takes"] == 2
    assert by_storyboard(studio, path) == {"storyboard.yaml": told["spent"]["estimated"]}


# What is shown adds up

CHEAP = """name = "cheap"
as_of = 2026-11-01
currency = "USD"
source = "a test"

[[price]]
endpoint = "fal-ai/kling-video/v3/standard/text-to-video"
silent = "{}"
"""


def test_the_rows_of_a_plan_add_up_to_its_sum(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "cheap.toml").write_text(CHEAP.format("0.089"), encoding="utf-8")
    path = studio.write(*(f"id: {name}, prompt: reeds of {name}" for name in "abc"))
    ran = studio._run("plan", path, "--prices", "cheap.toml")
    rows = [Decimal(line.split()[3]) for line in ran.out.splitlines() if line[:2] in {"a ", "b ", "c "}]
    assert rows == [Decimal("0.445")] * 3
    assert "3 to send: 1.335 USD" in ran.out


def test_what_is_not_nothing_is_never_shown_as_nothing(studio: Studio, tmp_path: Path) -> None:
    (tmp_path / "cheap.toml").write_text(CHEAP.format("0.0004"), encoding="utf-8")
    path = studio.write("id: a, prompt: reeds")
    for command in ("plan", "estimate"):
        said = studio.says(command, path, "--prices", "cheap.toml")[1]
        assert "0.002 USD" in said
        assert "0.00 USD" not in said


# Whose ledger it is


def test_a_look_alikes_ledger_is_called_one(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    path = studio.write("id: a, prompt: reeds")
    for command in ("estimate", "plan"):
        assert "look-alike" not in studio.says(command, path)[1]
        assert studio.document(command, path)["look_alike"] is False
    monkeypatch.setenv("STORYBOARD_FAL_URL", "http://127.0.0.1:9")
    for command in ("estimate", "plan", "spend"):
        assert "look-alike of fal" in studio.says(command, path)[1], command
    for command in ("estimate", "plan"):
        assert studio.document(command, path)["look_alike"] is True
