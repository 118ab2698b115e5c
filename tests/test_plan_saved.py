"""Saved plans: what is in one, what still holds, what is refused and with which words, and that it is used once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from a_plan import still
from bought_film import bought, requests_of, take_of
from toll_gate import Gate, toll_gate

from storyboard.catalog.prices import BOOKS
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

FILM = """
storyboard: 1
endpoint: kling-v3-standard
prices: observed-2026-10
template: ours.j2
vars: {light: first light}
defaults: {start_image: stills/one.png, generate_audio: false}
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 3, prompt: "a studio at {{ light }}"}
      - {id: hands, duration: 4, prompt: hands on a wheel}
  - {id: noon, duration: 3, prompt: a bowl in the sun, start_image: stills/two.png}
  - {id: dusk, duration: 3, prompt: an empty chair, endpoint: kling-v3-standard-text, start_image: null}
"""
TEMPLATE = "{{ subject_motion }} {{ audio }}"
HOLDS = 4  # what a render without a key ends with, once nothing stands against the plan


@pytest.fixture
def film(tmp_path: Path) -> Path:
    project = tmp_path / "film"
    (project / "stills").mkdir(parents=True)
    still(project / "stills", "one.png")
    still(project / "stills", "two.png", shade=30)
    (project / "ours.j2").write_text(TEMPLATE, encoding="utf-8")
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return project


@pytest.fixture
def plan(film: Path, tmp_path: Path, run: Callable) -> Path:
    file = tmp_path / "dawn.plan"
    ran = run("plan", film, "-o", file)
    assert ran.code == 0, ran.err
    assert f"storyboard render {file}" in ran.err
    return file


def rewritten(film: Path, *changes: tuple[str, str]) -> None:
    text = (film / "storyboard.yaml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")


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


def test_a_plan_does_not_show_lines_of_what_it_names(film: Path, plan: Path, run: Callable) -> None:
    """It may come from a stranger, and point at any file."""
    (film / "storyboard.yaml").write_text("aws_secret: hunter2\n", encoding="utf-8")
    for form in ("text", "json"):
        ran = run("render", plan, "--yes", "--format", form)
        assert ran.code == 1
        assert "hunter2" not in ran.out + ran.err
        assert "has errors now" in ran.err


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
    assert "2 to send: 0.50 USD" in ran.err


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


ALIKE = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false, duration: 3, prompt: a potter at the wheel}
scenes: [{id: one}, {id: two, take: 2}]
"""


@contextmanager
def place(folder: Path, clips: Path | None = None) -> Iterator[tuple[Path, Gate]]:
    """A film of two takes of one request, and a sandbox behind a gate."""
    import shutil

    project = folder / "project"
    project.mkdir(parents=True)
    (project / "storyboard.yaml").write_text(ALIKE, encoding="utf-8")
    if clips is not None:
        shutil.copytree(clips, folder / "state" / "clips")
    with (
        running(SandboxSettings(state=folder / "state", latency=0.0)) as server,
        toll_gate(server.base_url) as gate,
    ):
        yield project, gate


def started(project: Path, gate: Gate, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "storyboard", *arguments],
        cwd=project,
        env={**os.environ, "STORYBOARD_FAL_URL": gate.base_url, "STORYBOARD_CONCURRENCY": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(project: Path, gate: Gate, *arguments: str) -> tuple[int, str]:
    with started(project, gate, *arguments) as process:
        _, err = process.communicate(timeout=90)
    assert process.returncode != 70, err
    return process.returncode, err


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The clip, drawn once."""
    folder = tmp_path_factory.mktemp("drawn")
    with place(folder) as (project, gate):
        only = ALIKE.replace(", {id: two, take: 2}", "")
        (project / "storyboard.yaml").write_text(only, encoding="utf-8")
        code, err = ended(project, gate, "render", ".", "--yes")
        assert code == 0, err
    return folder / "state" / "clips"


def test_interrupted_it_goes_on_and_carried_out_it_is_used(
    tmp_path: Path, drawn: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, drawn) as (project, gate):
        monkeypatch.setenv("STORYBOARD_FAL_URL", gate.base_url)
        plan = project / "p.json"
        assert run("plan", project, "-o", plan).code == 0
        process = started(project, gate, "render", "p.json", "--yes")
        gate.strike = process.kill
        gate.strikes = lambda asked: "after" if "/status" in asked.path else None
        process.communicate(timeout=90)
        assert process.returncode == -signal.SIGKILL
        assert gate.submits == 1
        # The same storyboard, changed in the middle: refused, and what was begun waits.
        text = (project / "storyboard.yaml").read_text(encoding="utf-8")
        (project / "storyboard.yaml").write_text(text.replace("potter", "cat"), encoding="utf-8")
        assert run("render", plan, "--yes").code == 3
        assert gate.submits == 1
        (project / "storyboard.yaml").write_text(text, encoding="utf-8")
        code, err = ended(project, gate, "render", "p.json", "--yes")
        assert code == 0, err
        assert gate.submits == 2
        assert (project / "cut.mp4").is_file()
        asked = len(gate.asked)
        again = run("render", plan, "--yes")
        assert again.code == 3
        assert "was carried out to its end at 20" in again.err
        assert len(gate.asked) == asked
        server = httpx.get(f"{gate.sandbox}/_sandbox/ledger", trust_env=False).json()
        assert server["submits"] == 2


@pytest.mark.long
def test_two_who_carry_out_one_plan_buy_each_clip_once(tmp_path: Path, drawn: Path) -> None:
    with place(tmp_path, drawn) as (project, gate):
        assert ended(project, gate, "plan", ".", "-o", "p.json")[0] == 0
        both = [started(project, gate, "render", "p.json", "--yes") for _ in range(2)]
        said = [process.communicate(timeout=90)[1] for process in both]
        assert {process.returncode for process in both} <= {0, 3}, said
        assert 0 in {process.returncode for process in both}, said
        assert gate.submits == 2


def test_what_another_run_bought_stops_a_plan_that_was_not_begun(
    tmp_path: Path, drawn: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with place(tmp_path, drawn) as (project, gate):
        monkeypatch.setenv("STORYBOARD_FAL_URL", gate.base_url)
        plan, nothing = project / "p.json", project / "nothing.json"
        assert run("plan", project, "-o", plan).code == 0
        code, err = ended(project, gate, "render", ".", "--yes", "--select", "scene:two")
        assert code == 0, err
        assert "shown from stills: one" in err, "the cut is of the whole film"
        refused = run("render", plan, "--yes")
        assert refused.code == 3
        assert "take 2 of two was bought meanwhile" in refused.err
        # A plan that buys nothing may be carried out again and again.
        assert run("plan", project, "--scene", "two", "-o", nothing).code == 0
        for _ in range(2):
            assert run("render", nothing).code == 0
        assert gate.submits == 1
    ledger = Ledger.open(place_of(project, gate.base_url))
    assert [take.scene for take in ledger.takes()] == ["two"]


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
