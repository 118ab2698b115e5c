"""Saved plans: what is in one, what does not matter to it, and what is no plan, or one for another place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from a_saved_plan import FILM, HOLDS, TEMPLATE, film, plan, rewritten
from bought_film import bought, requests_of, take_of

__all__ = ["film", "plan"]


def test_what_is_saved(plan: Path) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    assert document["storyboard_plan"] == 1
    assert {"digest", "total", "steps", "options", "fingerprints", "book", "place", "seal"} <= {*document}
    assert (document["storyboard"], document["place"]) == ("film/storyboard.yaml", "fal")
    assert {*document["fingerprints"]} >= {"storyboard", "template ours.j2", "catalog"}
    assert str(plan.parent) not in plan.read_text(encoding="utf-8"), "a path of this machine"


@pytest.mark.parametrize(
    "changes",
    [
        [],
        [("scenes:", "# a comment\nscenes:")],
        [("light:", "sun:"), ("{{ light", "{{ sun")],
        [
            (
                "{id: noon, duration: 3, prompt: a bowl in the sun,",
                "{prompt: a bowl in the sun, id: noon, duration: 3s,",
            )
        ],
        [("id: noon", "note: never sent, id: noon")],
        [("storyboard: 1", "storyboard: 1\nbudget: 500")],
    ],
)
def test_what_does_not_matter(film: Path, plan: Path, run: Callable, changes: list[tuple[str, str]]) -> None:
    rewritten(film, *changes)
    ran = run("render", plan, "--yes")
    assert ran.code == HOLDS
    assert "FAL_KEY" in ran.err


def test_files_may_be_touched_and_reordered_scenes_and_other_takes_are_no_matter(
    film: Path, plan: Path, run: Callable
) -> None:
    *others, noon, dusk = FILM.splitlines()
    (film / "storyboard.yaml").write_text("\n".join([*others, dusk, noon]), encoding="utf-8")
    os.utime(film / "stills" / "one.png")
    (film / "ours.j2").write_text(TEMPLATE + "{# never sent #}", encoding="utf-8")
    (other,) = requests_of(_other(film))
    bought(film, [take_of(other)])
    assert run("render", plan, "--yes").code == HOLDS


def _other(film: Path) -> Path:
    path = film / "other.yaml"
    text = (
        "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes: [{id: dawn, prompt: other, duration: 3}]\n"
    )
    path.write_text(text, encoding="utf-8")
    return path


def test_a_plan_does_not_show_lines_of_what_it_names(film: Path, plan: Path, run: Callable) -> None:
    """It may come from a stranger, and point at any file."""
    (film / "storyboard.yaml").write_text("aws_secret: hunter2\n", encoding="utf-8")
    for form in ("text", "json"):
        ran = run("render", plan, "--yes", "--format", form)
        assert ran.code == 1
        assert "hunter2" not in ran.out + ran.err
        assert "has errors now" in ran.err


def test_it_is_for_one_place(film: Path, plan: Path, run: Callable) -> None:
    ran = run("render", plan, "--sandbox")
    assert ran.code == 3
    assert "was made for fal" in ran.err
    assert "plan PATH --sandbox -o FILE" in ran.err
    rehearsal = film / "rehearsal.json"
    assert run("plan", film, "--sandbox", "-o", rehearsal).code == 0
    assert run("render", rehearsal, "--yes").code == 3


@pytest.mark.parametrize("option", [("--scene", "dawn"), ("--select", "new"), ("--var", "a=b")])
def test_it_brings_its_own_options(plan: Path, run: Callable, option: tuple[str, str]) -> None:
    ran = run("render", plan, "--yes", *option)
    assert ran.code == 2
    assert f"leave {option[0]} out" in ran.err


def test_money_is_guarded_as_ever(
    film: Path, plan: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "1b4e28ba-2fa1-11d2-883f-0016d3cca427:0123456789abcdef0123456789abcdef")
    ran = run("render", plan)
    assert ran.code == 3
    assert "no terminal to ask at" in ran.err
    assert run("render", plan, "--yes", "--max-cost", "0.01").code == 3
    monkeypatch.setenv("CI", "true")
    assert "without --yes" in run("render", plan).err
    assert "without a budget" in run("render", plan, "--yes").err
    assert not (film / ".storyboard").exists()


@pytest.mark.parametrize(
    ("text", "said", "code"),
    [
        ("", "no JSON", 2),
        ('{"storyboard_plan": 1, "steps": [', "no JSON", 2),
        ("[1]", "some other JSON", 2),
        ("[" * 100_000, "no JSON", 2),
        ('{"digest": "x", "total": "1", "steps": []}', "plan --format json", 2),
        ('{"storyboard_plan": 99}', "format '99'", 2),
        ('{"storyboard_plan": true}', "format 'True'", 2),
        ('{"storyboard_plan": 1, "seal": "x"}', "edited or damaged", 3),
        ('{"storyboard_plan": 1, "seal": NaN}', "no JSON", 2),
        ('{"storyboard_plan": 1, "steps": ' + "[" * 900 + "]" * 900 + "}", "edited or damaged", 3),
    ],
)
def test_what_is_no_saved_plan(tmp_path: Path, run: Callable, text: str, said: str, code: int) -> None:
    file = tmp_path / "plan.json"
    file.write_text(text, encoding="utf-8")
    ran = run("render", file, "--yes")
    assert ran.code == code
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_an_edited_plan_is_refused_and_a_reformatted_one_is_not(plan: Path, run: Callable) -> None:
    document = json.loads(plan.read_text(encoding="utf-8"))
    plan.write_text(json.dumps(document, sort_keys=True), encoding="utf-8")
    assert run("render", plan, "--yes").code == HOLDS
    document["steps"][0]["amount"] = "0.01"
    plan.write_text(json.dumps(document), encoding="utf-8")
    assert "edited or damaged" in run("render", plan, "--yes").err


def test_a_storyboard_written_as_json_is_none(tmp_path: Path, run: Callable) -> None:
    film = {"storyboard": 1, "endpoint": "kling-v3-standard-text", "scenes": [{"id": "a", "prompt": "reeds"}]}
    (tmp_path / "storyboard.yaml").write_text(json.dumps(film), encoding="utf-8")
    assert run("render", tmp_path / "storyboard.yaml", "--yes").code == HOLDS


def test_a_plan_whose_storyboard_is_not_there_says_where_it_looked(
    film: Path, plan: Path, run: Callable
) -> None:
    moved = film / "stills" / plan.name
    plan.rename(moved)
    ran = run("render", moved)
    assert ran.code == 3
    assert "film/storyboard.yaml" in ran.err
