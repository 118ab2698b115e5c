"""`--select`: which steps each word keeps, and what is said of words that mean nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from bought_film import bought, requests_of, take_of

from storyboard.ledger.record import State

FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
elements:
  potter: {description: a woman in clay}
  cat: {description: a grey cat}
defaults: {generate_audio: false}
scenes:
  - {id: held, duration: 3, prompt: "@potter sleeps"}
  - {id: gone, duration: 3, prompt: "@cat runs"}
  - {id: lost, duration: 3, prompt: a door}
  - {id: odd, duration: 3, prompt: a wall}
  - {id: other, duration: 10, prompt: "@potter wakes and walks to the wheel"}
  - {id: fresh, duration: 12, prompt: "@potter and @cat", endpoint: kling-v3-pro-text}
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """One scene in every state."""
    path = tmp_path / "storyboard.yaml"
    path.write_text(FILM, encoding="utf-8")
    before = FILM.replace("wheel", "kiln")
    (tmp_path / "before.yaml").write_text(before, encoding="utf-8")
    held, gone, lost, odd, _, _ = requests_of(path)
    other = requests_of(tmp_path / "before.yaml")[4]
    (tmp_path / "before.yaml").unlink()
    failed = {"maybe_billed": False, "error": "content policy"}
    takes = [
        take_of(held),
        take_of(gone, State.SENT),
        take_of(lost, State.UNKNOWN, request_id=None, estimate=Decimal("0.42")),
    ]
    takes += [take_of(odd, State.FAILED, **failed), take_of(other, State.FAILED, **failed)]
    bought(tmp_path, takes)
    return path


@pytest.mark.parametrize(
    ("options", "scenes"),
    [
        (["state:new"], "fresh"),
        (["state:changed"], "other"),
        (["state:unknown"], "lost"),
        (["state:reuse"], "held"),
        (["state:resume"], "gone"),
        (["failed"], "odd other"),
        (["state:failed,new"], "odd other fresh"),
        (["new,changed"], "other fresh"),
        (["state:send"], "odd other fresh"),
        (["state:ask"], "lost"),
        (["element:potter"], "held other fresh"),
        (["element:@potter", "element:cat"], "fresh"),
        (["element:potter,cat"], "held gone other fresh"),
        (["endpoint:kling-v3-pro-text"], "fresh"),
        (["endpoint:fal-ai/kling-video/v3/pro/text-to-video"], "fresh"),
        (["endpoint:*standard*"], "held gone lost odd other"),
        (["cost:>1.2"], "fresh"),
        (["cost:<=1.2"], "held gone lost odd other"),
        (["cost:0"], "held gone"),
        (["cost:>0", "state:send", "element:potter"], "other fresh"),
        (["scene:o*"], "odd other"),
        (["scene:f?esh,held"], "held fresh"),
        (["state:new,scene:held"], "held fresh"),
        (["scene:z*"], ""),
    ],
)
def test_what_is_kept(film: Path, run: Callable, options: list[str], scenes: str) -> None:
    ran = run(
        "plan", film, "--format", "json", *(word for option in options for word in ("--select", option))
    )
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    assert [step["scene"] for step in document["steps"]] == scenes.split()


def test_a_scene_and_a_selection_narrow_each_other(film: Path, run: Callable) -> None:
    ran = run(
        "plan", film, "--format", "json", "--scene", "held", "--scene", "fresh", "--select", "state:new"
    )
    assert [step["scene"] for step in json.loads(ran.out)["steps"]] == ["fresh"]


def test_an_estimate_is_narrowed_too(film: Path, run: Callable) -> None:
    ran = run("estimate", film, "--format", "json", "--select", "element:cat")
    assert [scene["scene"] for scene in json.loads(ran.out)["scenes"]] == ["gone", "fresh"]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("sate:new", "did you mean `state`?"),
        ("state:chagned", "did you mean `changed`?"),
        ("faild", "did you mean `failed`?"),
        ("element:poter", "did you mean `potter`?"),
        ("endpoint:kling-v3-proo-text", "did you mean `kling-v3-pro-text`?"),
        ("scene:hled", "did you mean `held`?"),
        ("cost:cheap", "cost:>2"),
        ("cost:>-1", "cost:>2"),
        ("state:", "says no state"),
        ("state:new,,changed", "empty word"),
        ("", "empty word"),
    ],
)
def test_words_that_mean_nothing(film: Path, run: Callable, option: str, said: str) -> None:
    ran = run("plan", film, "--select", option)
    assert ran.code == 2
    assert said in ran.err
    assert not ran.out


def test_what_is_not_selected_does_not_count_against_the_budget(film: Path, run: Callable) -> None:
    assert run("plan", film, "--max-cost", "2").code == 3
    # What may have been spent on the lost take counts whatever is selected.
    assert run("plan", film, "--max-cost", "2", "--select", "scene:odd").code == 0
    assert run("plan", film, "--max-cost", "0.6", "--select", "scene:odd").code == 3


def test_the_second_of_two_equal_scenes_is_bought_when_the_first_is_left_out(
    tmp_path: Path, run: Callable
) -> None:
    path = tmp_path / "storyboard.yaml"
    twin = "  - {id: again, duration: 3, prompt: a door}\n"
    path.write_text(FILM.replace("  - {id: odd", twin + "  - {id: odd"), encoding="utf-8")
    ran = run("plan", path, "--format", "json", "--select", "scene:again")
    (step,) = json.loads(ran.out)["steps"]
    assert (step["scene"], step["decision"]) == ("again", "send")
