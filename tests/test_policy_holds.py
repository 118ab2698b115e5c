"""A policy holds whatever way the film is named, whatever lies nearer to it, and whatever prices it brings along; what
it says can be done, the command that says it can do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from storyboard.location import locate

FILM = """storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
defaults: {generate_audio: false, duration: 5}
scenes:
  - {id: dawn, prompt: reeds in the wind}
"""
CAP = "storyboard.toml:2:1: the policy allows 0.10 USD a run"
Run = Callable[..., Any]


def policy(folder: Path, *lines: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "storyboard.toml").write_text("\n".join(["[policy]", *lines, ""]), encoding="utf-8")


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film in the folder `films` of a project with a policy that its one scene (0.42 USD) breaks."""
    policy(tmp_path / "p", "max_per_run = 0.10")
    folder = tmp_path / "p" / "films"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    monkeypatch.chdir(tmp_path / "p")
    return folder


def test_by_a_link_the_same_project_is_found(films: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "films"
    link.symlink_to(films, target_is_directory=True)
    for path in (link, link / "storyboard.yaml", link / ".." / "films"):
        found = locate(path)
        assert (found.project, found.source) == (tmp_path / "p", films / "storyboard.yaml")
        assert found.shown.startswith(str(path)), "named as the person named it"
    ended = run("plan", link)
    assert (ended.code, f"{tmp_path}/p/{CAP}" in ended.err) == (3, True), ended.err
    (films / "storyboard.yaml").write_text(FILM.replace("prompt", "promt"), encoding="utf-8")
    assert f"{link}/storyboard.yaml:6" in run("check", link).out


def test_a_link_to_a_storyboard_of_another_project_is_refused(films: Path, run: Run) -> None:
    """Its takes are kept there: bought by both ways, they would be bought twice."""
    policy(films)
    link = films.parent / "storyboard.yaml"
    link.symlink_to("films/storyboard.yaml")
    ended = run("plan", link)
    assert ended.code == 2
    assert f"is a link into another project, {films}," in ended.err
    assert f"Name {films}/storyboard.yaml instead." in ended.err
    (films / "storyboard.toml").unlink()
    assert run("plan", link).code == 3, "within one project a link is as good as the file"


@pytest.mark.parametrize("nearer", ["", "[fal]\nstore_io = true\n", "[policy]\nmax_per_run = 100\n"])
def test_settings_nearer_to_the_film_do_not_switch_a_policy_off(nearer: str, films: Path, run: Run) -> None:
    (films / "storyboard.toml").write_text(nearer, encoding="utf-8")
    ended = run("plan", "films")
    assert (ended.code, f"storyboard: {CAP}" in ended.err) == (3, True), ended.err


def test_a_repository_within_does_not_switch_a_policy_off(films: Path, run: Run) -> None:
    (films / ".git").mkdir()
    assert run("plan", "films").code == 3


def test_of_policies_within_each_other_all_hold(films: Path, run: Run) -> None:
    policy(films.parent, "max_per_run = 5", "endpoints = ['kling-v3-*']", "approval = ['*-text']")
    policy(films, "max_per_run = 0.2", "endpoints = ['kling-v3-pro-text']")
    ended = run("plan", "films")
    assert ended.code == 3
    assert "films/storyboard.toml:2:1: the policy allows 0.20 USD a run" in ended.err
    assert "films/storyboard.toml:3:1: the policy does not allow kling-v3-standard-text" in ended.err
    assert "\n  storyboard.toml:4:1: the policy asks for a person's approval" in ended.err
    found = json.loads(run("plan", "films", "--format", "json").out)["policy"]
    assert (found["max_per_run"], len(found["endpoints"])) == ("0.20", 1)


@pytest.mark.parametrize("where", ["films", "."])
def test_settings_that_are_a_link_to_nowhere_are_no_settings_less(where: str, films: Path, run: Run) -> None:
    (films.parent / "storyboard.toml").unlink()
    (films.parent / where / "storyboard.toml").symlink_to("nowhere")
    for command in ("check", "plan", "estimate"):
        ended = run(command, "films")
        assert (ended.code, "storyboard.toml is a link to nowhere" in ended.err) == (2, True), ended.err


def test_a_mistake_in_an_outer_policy_is_one(films: Path, run: Run) -> None:
    policy(films, "max_per_run = 100")
    policy(films.parent, "max_pre_run = 0.1")
    ended = run("check", "films")
    assert (ended.code, "\nstoryboard.toml:2:1: error[SB602]" in f"\n{ended.out}") == (1, True), ended.out


CHEAP = """name = "cheap"
as_of = 2026-10-04
currency = "USD"
source = "wishes"
[[price]]
endpoint = "fal-ai/kling-video/v3/standard/text-to-video"
silent = "0.000000001"
"""


@pytest.mark.parametrize("cap", ["max_per_run = 1", "max_per_month = 1"])
def test_a_cap_is_not_kept_by_prices_that_the_storyboard_brings(
    cap: str, films: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (films / "cheap.toml").write_text(CHEAP, encoding="utf-8")
    own = FILM.replace("observed-2026-10", "./cheap.toml")
    (films / "storyboard.yaml").write_text(own, encoding="utf-8")
    policy(films.parent, cap)
    for command in ("plan", "estimate"):
        ended = run(command, "films")
        assert ended.code == 3
        assert "storyboard.toml:2:1: the policy caps what is spent" in ended.err
        assert "a book that comes with what is to be bought (cheap)" in ended.err
    assert run("plan", "films", "--sandbox").code == 0, "nobody pays for a rehearsal"
    assert run("plan", "films", "--prices", "films/cheap.toml").code == 0, "a person named it"
    monkeypatch.setenv("STORYBOARD_PRICES", "observed-2026-10")
    assert run("plan", "films").code == 0
    monkeypatch.delenv("STORYBOARD_PRICES")
    policy(films.parent, "endpoints = ['*']")
    assert run("plan", "films").code == 0, "no cap is kept by it"


def test_nor_by_prices_that_a_saved_plan_brings(
    films: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (films / "cheap.toml").write_text(CHEAP, encoding="utf-8")
    assert run("plan", "films", "--prices", "films/cheap.toml", "-o", "plan.json").code == 0
    monkeypatch.setenv("FAL_KEY", "not:a-key")
    ended = run("render", "plan.json", "--yes")
    assert (ended.code, "comes with what is to be bought (cheap)" in ended.err) == (3, True), ended.err


FOUR_K = (
    "kling-v3-4k-text, kling-o3-4k, kling-o3-4k-text, kling-o3-4k-reference, kling-o3-4k-video-edit, "
    "kling-o3-4k-video-reference"
)


@pytest.mark.parametrize(
    ("lines", "uncovered"),
    [
        (["approval = ['kling-v3-4k']"], FOUR_K),
        (["approval = ['kling-v3-4k']", "endpoints = ['*v3-4k*']"], "kling-v3-4k-text"),
        (["approval = ['kling-v3-4k']", "endpoints = ['kling-v3-4k']"], ""),
        (["approval = ['kling-v3-4k', '*-4k-*']"], "kling-o3-4k"),
        (["approval = ['*-4k*']"], ""),
        (["approval = ['kling-v3-4?']"], ""),
        (["approval = ['fal-ai/kling-video/*/4k/*']"], ""),
    ],
)
def test_an_approval_says_what_it_does_not_cover(
    lines: list[str], uncovered: str, films: Path, run: Run
) -> None:
    policy(films.parent, *lines)
    ended = run("check", "films")
    assert ended.code == 0
    assert ("warning[SB608]" in ended.out) == bool(uncovered)
    assert not uncovered or f"clips of the same size: {uncovered}\n" in ended.out, ended.out


def test_a_pattern_holds_for_all_that_it_fits(films: Path, run: Run) -> None:
    policy(films.parent, "approval = ['*-standard*']")
    assert run("plan", "films").code == 3
    assert run("plan", "films", "--approve", "kling-v3-standard-text").code == 0
    policy(films.parent, "endpoints = ['kling-o3-*']")
    assert run("plan", "films").code == 3
    policy(films.parent, "endpoints = ['*-8k*']")
    assert "`*-8k*` fits none" in run("check", "films").out


@pytest.mark.parametrize(
    ("allowed", "cure"),
    [
        ("kling-v3-standard", "None of these begins with words alone, as the scenes do: add theirs"),
        (
            "*-pro-text",
            "Give the scenes kling-v3-pro-text or kling-v3-turbo-pro-text or kling-o3-pro-text, or",
        ),
    ],
)
def test_an_endpoint_of_the_same_kind_is_named_instead(
    allowed: str, cure: str, films: Path, run: Run
) -> None:
    policy(films.parent, f"endpoints = ['{allowed}']")
    assert cure in run("plan", "films").err


@pytest.mark.parametrize(
    ("text", "option", "environment", "named", "cure"),
    [
        ("budget: 0.1\n", "0.2", "0.3", "films/storyboard.yaml:1:9", "Raise `budget` there"),
        ("budget: 0.3\n", "0.1", "0.2", "--max-cost", "Raise --max-cost"),
        ("budget: 0.3\n", "0.2", "0.1", "STORYBOARD_MAX_COST", "Raise STORYBOARD_MAX_COST"),
        ("", None, "0.1", "STORYBOARD_MAX_COST", "Raise STORYBOARD_MAX_COST"),
    ],
)
def test_a_budget_says_who_set_it(
    text: str,
    option: str | None,
    environment: str,
    named: str,
    cure: str,
    films: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy(films.parent)
    (films / "storyboard.yaml").write_text(text + FILM, encoding="utf-8")
    monkeypatch.setenv("STORYBOARD_MAX_COST", environment)
    ended = run("plan", "films", *(["--max-cost", option] if option else []))
    assert ended.code == 3
    assert f"the budget of one run is 0.10 USD ({named}). Nothing was sent. {cure}.\n" in ended.err


def test_the_environments_price_book_is_said_to_win(
    films: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy(films.parent)
    monkeypatch.setenv("STORYBOARD_PRICES", "seeds")
    said = "prices by seeds (STORYBOARD_PRICES), not by the storyboard's own choice, observed-2026-10"
    assert said in run("estimate", "films").err
    assert "STORYBOARD_PRICES" not in run("estimate", "films", "--prices", "seeds").err, "a person named it"
    monkeypatch.setenv("STORYBOARD_PRICES", "observed-2026-10")
    assert "STORYBOARD_PRICES" not in run("estimate", "films").err, "they agree"


def test_what_is_only_estimated_was_not_to_be_sent(films: Path, run: Run) -> None:
    assert run("estimate", "films").err.endswith("0.10 USD are left. Raise `max_per_run` there.\n")
    ended = run("estimate", "films", "--max-cost", "0.1")
    assert "Nothing was sent" not in ended.out + ended.err
    assert "storyboard: This may not be bought:\n" in ended.err


def test_a_cure_is_one_that_the_command_has(films: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of the two scenes would be within the cap: leaving the other out is a cure where a command can."""
    monkeypatch.setenv("FAL_KEY", "not:a-key")
    policy(films.parent, "max_per_run = 0.30")
    (films / "storyboard.yaml").write_text(
        FILM + "  - {id: dusk, duration: 3, prompt: a bell}\n", encoding="utf-8"
    )
    ended = run("take", "again", "films", "dawn", "--yes", "--max-cost", "0.1")
    assert ended.code == 3
    assert "    Raise --max-cost.\n" in ended.err
    assert "    Raise `max_per_run` there.\n" in ended.err
    assert run("plan", "films", "-o", "plan.json").code == 3
    ended = run("render", "plan.json", "--yes")
    assert "there, or make a plan of fewer scenes with `storyboard plan --scene`." in ended.err
