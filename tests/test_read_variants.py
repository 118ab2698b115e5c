"""Variants of a scene, and variables from files: what is picked, by whom, and that the others are checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_memory import TEXT, compiled

from storyboard.cli.inputs import prepare
from storyboard.cli.rewrite import write_field
from storyboard.errors import Refused

FILM = """\
storyboard: 1
endpoint: kling-v3-standard-text
vars: {light: dusk, birds: [gull], which: close}
scenes:
  - id: lake
    duration: 6
    prompt: {scene: "a lake at {{ light }}", subject_motion: a heron lifts off, important_details: fog}
    variants:
      close: {prompt: {camera: close-up, important_details: wet feathers}, duration: 4}
      shots:
        generate_audio: false
        shots:
          - wing 3s: a wing
          - {duration: 2, prompt: an eye}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "storyboard.yaml"
    path.write_text(FILM, encoding="utf-8")
    return path


def request(run: Callable, *arguments: object) -> dict[str, Any]:
    ran = run("expand", *arguments)
    assert ran.code == 0, ran.out + ran.err
    [found] = json.loads(ran.out)["requests"]
    return found


def test_a_variant_lies_inside_of_its_scene(film: Path, run: Callable) -> None:
    plain = request(run, film)
    assert plain["seconds"] == 6
    assert "close-up" not in plain["arguments"]["prompt"]
    close = request(run, film, "--pick", "lake=close")
    assert close["seconds"] == 4
    assert "a lake at dusk" in close["arguments"]["prompt"]
    assert "a heron lifts off" in close["arguments"]["prompt"]
    assert "close-up" in close["arguments"]["prompt"]
    assert "fog, wet feathers" in close["arguments"]["prompt"]


def test_shots_of_a_variant_take_the_place_of_the_scenes_own(film: Path, run: Callable) -> None:
    film.write_text(FILM.replace("duration: 6", "pick: shots"), encoding="utf-8")
    found = request(run, film)
    assert [shot["id"] for shot in found["shots"]] == ["wing", "2"]
    assert found["arguments"]["generate_audio"] is False
    assert "a lake at dusk. a wing." in found["arguments"]["multi_prompt"][0]["prompt"]


def test_a_pick_may_be_computed_and_the_command_line_wins(film: Path, run: Callable) -> None:
    film.write_text(FILM.replace("    variants:", '    pick: "{{ which }}"\n    variants:'), encoding="utf-8")
    assert request(run, film)["seconds"] == 4
    ran = run("expand", film, "--var", "which=shots")
    shots = json.loads(ran.out)["requests"][0]["shots"]
    assert [shot["id"] for shot in shots] == ["wing", "2"], "the length that the scene has is of its own shot"
    ran = run("check", film, "--pick", "lake=colse")
    assert ran.code == 1
    assert "`lake` has no variant `colse`" in ran.out
    assert "did you mean `close`" in ran.out
    ran = run("check", film, "--pick", "lkae=close")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `lake`" in ran.err
    assert run("check", film, "--pick", "lake").code == 2


def test_what_is_not_picked_is_checked_and_not_bought() -> None:
    text = f"{TEXT}scenes:\n  - id: a\n    prompt: x\n    variants:\n      long: {{duration: 20}}\n"
    text += "      b: {prompt: '@nobody'}\n"
    found = compiled(text)
    assert sorted(found.codes) == ["SB201", "SB303"]
    assert found.film is not None
    assert [scene.scene.id.value for scene in found.film.scenes] == ["a"]
    fine = compiled(text.replace("20", "12").replace("@nobody", "y"))
    assert (fine.codes, len(fine.requests)) == ([], 1)


def test_a_take_of_a_variant_is_not_written_over(film: Path) -> None:
    film.write_text(FILM.replace("duration: 4}", "duration: 4, take: 2}"), encoding="utf-8")
    with pytest.raises(Refused, match=r"the variant `close` has its own `take`"):
        write_field(prepare(film), "lake", "take", "3")
    assert write_field(prepare(film), "lake", "pin", "0123456789ab/2")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.yaml", "light: dawn\nbirds: [heron, tern]\n"),
        ("v.json", '{"light": "dawn", "birds": ["heron"]}'),
    ],
)
def test_variables_from_a_file(film: Path, run: Callable, name: str, text: str) -> None:
    (film.parent / name).write_text(text, encoding="utf-8")
    computed = FILM.replace("motion: a heron lifts off", "motion: 'a {{ birds[0] }} lifts off'")
    film.write_text(computed, encoding="utf-8")
    found = request(run, film, "--vars", film.parent / name)["arguments"]["prompt"]
    assert "a lake at dawn" in found
    assert "a heron lifts off" in found
    other = request(run, film, "--vars", film.parent / name, "--var", "light=noon")["arguments"]["prompt"]
    assert "a lake at noon" in other


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a\n", "holds no mapping of names"),
        ("a: [1\n", "values.yaml:"),
        ("a: !!str b\n", "tags are not allowed"),
        ("two words: 1\n", "'two words' is no name"),
        ("scene: 1\n", "scene is a name of the language"),
        ("", "is empty"),
        ("a: \x01\n", "invisible character"),
    ],
)
def test_a_file_that_holds_no_variables(film: Path, run: Callable, text: str, words: str) -> None:
    (film.parent / "values.yaml").write_text(text, encoding="utf-8")
    ran = run("check", film, "--vars", film.parent / "values.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_a_saved_plan_keeps_what_was_picked_and_the_files_of_variables(film: Path, run: Callable) -> None:
    (film.parent / "values.yaml").write_text("light: dawn\n", encoding="utf-8")
    saved = film.parent / "plans" / "one.json"
    saved.parent.mkdir()
    words = ("--vars", film.parent / "values.yaml", "--pick", "lake=close")
    assert run("plan", film, "--sandbox", "-o", saved, *words).code == 0
    options = json.loads(saved.read_text(encoding="utf-8"))["options"]
    assert (options["vars"], options["pick"]) == (["../values.yaml"], ["lake=close"])
    ran = run("render", saved, "--sandbox", "--yes", "--pick", "lake=shots")
    assert ran.code == 2
    assert "leave --pick out" in ran.err
