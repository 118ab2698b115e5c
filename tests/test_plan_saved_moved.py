"""A saved plan whose storyboard, stills, prices or ledger have moved since: refused, and with which words."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from a_plan import still
from a_saved_plan import FILM, HOLDS, film, plan, rewritten
from bought_film import bought, requests_of, take_of

from storyboard.catalog.prices import BOOKS
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State

__all__ = ["film", "plan"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([("duration: 4", "duration: 5")], ["scene dawn: shot hands, duration 4 → 5"]),
        ([("a bowl in", "a vase in")], ["scene noon: prompt: a [-bowl-]{+vase+} in the sun"]),
        (
            [("first light", "last light")],
            ["scene dawn: shot wide, prompt: a studio at [-first-]{+last+} light"],
        ),
        ([("id: noon", "take: 2, id: noon")], ["scene noon: take 1 → 2"]),
        ([("stills/two.png", "stills/one.png")], ["scene noon: start_image stills/two.png → stills/one.png"]),
        (
            [
                (
                    "  - {id: dusk, duration: 3, prompt: an empty chair,",
                    "  - {id: night, duration: 4, prompt: owls,",
                )
            ],
            ["scene dusk is gone", "scene night is new"],
        ),
        ([("observed-2026-10", "seeds")], ["price book observed-2026-10 2026-10-04 → seeds"]),
        (
            [
                (
                    "      - {id: hands,",
                    '      - {id: door, duration: 3, prompt: "a door"}\n      - {id: hands,',
                )
            ],
            ["scene dawn: shot door is new"],
        ),
    ],
)
def test_a_storyboard_that_moved_is_refused(
    film: Path, plan: Path, run: Callable, changes: list[tuple[str, str]], said: list[str]
) -> None:
    rewritten(film, *changes)
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert "no longer holds. Nothing was sent." in ran.err
    for line in said:
        assert line in ran.err
    assert not (film / ".storyboard").exists()


def test_a_still_or_a_template_that_changed_is_named(film: Path, plan: Path, run: Callable) -> None:
    still(film / "stills", "one.png", shade=200)
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert "  stills/one.png changed\n" in ran.err
    assert "scene" not in ran.err.partition("changed")[2]
    (film / "ours.j2").write_text("{{ subject_motion }}, in clay", encoding="utf-8")
    ran = run("render", plan, "--yes")
    assert "  template ours.j2 changed\n" in ran.err
    assert "prompt: hands on a wheel{+, in clay+}" in ran.err


def test_a_price_that_rose_is_refused(film: Path, tmp_path: Path, run: Callable) -> None:
    book = film / "ours.toml"
    shipped = (BOOKS / "observed-2026-10.toml").read_text(encoding="utf-8")
    text = shipped.replace('name = "observed-2026-10"', 'name = "ours"')
    book.write_text(text, encoding="utf-8")
    plan = film / "the.json"
    assert run("plan", film, "--prices", book, "-o", plan).code == 0
    assert json.loads(plan.read_text(encoding="utf-8"))["options"]["prices"] == "ours.toml"
    assert run("render", plan, "--yes").code == HOLDS
    book.write_text(text.replace('"0.084"', '"0.085"'), encoding="utf-8")
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert "scene noon: price 0.252 USD → 0.255 USD" in ran.err
    book.write_text(text.replace("2026-10-04", "2026-11-04"), encoding="utf-8")
    assert "price book ours 2026-10-04 → 2026-11-04" in run("render", plan, "--yes").err


def test_prices_that_a_plan_brings_along_keep_no_budget_from_outside(
    film: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = (BOOKS / "observed-2026-10.toml").read_text(encoding="utf-8")
    book, plan = film / "cheap.toml", film / "the.json"
    book.write_text(shipped.replace('name = "observed-2026-10"', 'name = "cheap"'), encoding="utf-8")
    assert run("plan", film, "--prices", book, "-o", plan).code == 0
    ran = run("render", plan, "--yes", "--max-cost", "5")
    assert ran.code == 3
    assert "Name the book that you trust" in ran.err
    assert run("render", plan, "--yes", "--max-cost", "5", "--prices", book).code == HOLDS
    ran = run("render", plan, "--yes", "--max-cost", "5", "--prices", "seeds")
    assert "price book cheap 2026-10-04 → seeds" in ran.err


@pytest.mark.parametrize(
    ("state", "more", "said"),
    [
        (State.VERIFIED, {}, "take 1 of noon was bought meanwhile"),
        (State.SENT, {}, "take 1 of noon was sent meanwhile"),
        (State.UNKNOWN, {"request_id": None}, "take 1 of noon may have been sent meanwhile"),
        (State.FAILED, {"maybe_billed": True}, "take 1 of noon failed meanwhile"),
        (State.FAILED, {"maybe_billed": False}, "take 1 of noon failed meanwhile"),
        (State.CANCELLED, {"maybe_billed": False}, "take 1 of noon was cancelled meanwhile"),
    ],
)
def test_a_ledger_that_moved_is_refused(
    film: Path, plan: Path, run: Callable, state: State, more: dict, said: str
) -> None:
    noon = requests_of(film)[1]
    bought(film, [take_of(noon, state, **more)])
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert said in ran.err
    assert ran.err.count("take 1") == 1


def test_what_was_bought_and_is_gone_is_refused_and_what_came_home_is_not(film: Path, run: Callable) -> None:
    dawn, noon, _ = requests_of(film)
    place = bought(film, [take_of(dawn), take_of(noon, State.SENT)])
    plan = film.parent / "p.json"
    assert run("plan", film, "-o", plan).code == 0
    ledger = Ledger.open(place)
    ledger.completed((noon.digest or "", 1), "https://fal.media/noon.mp4", None, None)
    assert run("render", plan, "--yes").code == HOLDS
    for clip in place.clips.glob("*/*.mp4"):
        clip.unlink()
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert "the clip of take 1 of dawn is no longer in the store" in ran.err


def test_a_plan_of_some_scenes_has_nothing_to_say_of_others(film: Path, run: Callable) -> None:
    plan = film / "some.json"
    assert run("plan", film, "--select", "cost:<=0.3", "--var", "light=sun", "-o", plan).code == 0
    rewritten(film, ("hands on a wheel", "hands on clay"))
    rewritten(film, ("  - {id: dusk", "  - {id: more, duration: 9, prompt: x}\n  - {id: dusk"))
    ran = run("render", plan, "--yes")
    assert ran.code == HOLDS
    assert "2 to send: 0.504 USD" in ran.err


def test_a_scene_that_was_equal_to_another_and_is_no_more(film: Path, run: Callable) -> None:
    twin = "  - {id: twin, duration: 3, prompt: a bowl in the sun, start_image: stills/two.png}\n"
    (film / "storyboard.yaml").write_text(FILM + twin, encoding="utf-8")
    plan = film / "p.json"
    assert run("plan", film, "-o", plan).code == 0
    assert run("render", plan, "--yes").code == HOLDS
    rewritten(film, ("{id: noon, duration: 3", "{id: noon, duration: 4"))
    ran = run("render", plan, "--yes")
    assert ran.code == 3
    assert "scene noon: duration 3 → 4" in ran.err
    assert "scene twin is no longer the same request as an earlier scene" in ran.err
