"""Scenes that hardly differ: what counts as a trifle, what does not, and that looking for it does not last."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from test_advice import advised, of_kind

from storyboard.catalog.prices import price_book
from storyboard.plan.cheaper.alike import _within, alike
from storyboard.plan.cheaper.purchase import purchases

LONG = (
    "a potter in a blue apron sits at the wheel in the first light of the day, wets both hands in a bowl of water, "
    "leans over the clay and begins to turn it slowly while dust drifts through the window behind her and a cat sleeps"
)
WORDS = len(LONG.split())  # 42: one of them may differ


def two(first: str, second: str, *, more: str = "", head: str = "") -> str:
    return (
        f"{head}scenes:\n  - id: dawn\n    prompt: >-\n      {first}\n"
        f"  - id: dusk\n    {more}\n    prompt: >-\n      {second}\n"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Reeds in the wind.", "reeds   in the WIND"),
        ("reeds in the wind; a gull", "reeds in the wind, a gull!"),
        ("35mm, soft grain, dusk. The sea", "the sea. dusk, soft grain, 35mm"),
        ("夜の海、静かに", "夜の海。静かに"),
        (LONG, LONG.replace("blue", "green")),
        (LONG, LONG.replace("blue ", "")),
        (LONG, LONG.replace("the day", "the new day")),
    ],
)
def test_what_differs_in_trifles(first: str, second: str) -> None:
    [found] = of_kind("one take", two(first, second))
    assert (found.scenes, found.saves) == (("dawn", "dusk"), 5 * Decimal("0.126"))
    assert found.text == "Show dawn in place of dusk, by `cut.order`: one take for 2 scenes."
    assert [(edit.scene, edit.field, edit.value) for edit in found.edits] == [("dusk", "scene", "dawn")]


@pytest.mark.parametrize(
    ("first", "second", "more"),
    [
        ("reeds in the wind", "reeds in the rain", ""),
        ("the cat chases the dog", "the dog chases the cat", ""),
        ("夜の海", "夜の山", ""),
        (LONG, LONG.replace("blue", "green").replace("cat", "dog"), ""),
        (LONG, f"{LONG} by the fire", ""),
        (LONG, " ".join(reversed(LONG.split())), ""),
        (LONG, LONG.replace("blue", "green"), "generate_audio: false"),
        (LONG, LONG.replace("blue", "green"), "negative_prompt: blue"),
        (LONG, LONG.replace("blue", "green"), "take: 2"),
        (LONG, LONG.replace("blue", "green"), "pin: 0123456789ab/1"),
        (LONG, LONG.replace("blue", "green"), "aspect_ratio: '1:1'"),
    ],
)
def test_what_is_another_scene(first: str, second: str, more: str) -> None:
    assert of_kind("one take", two(first, second, more=more)) == []


def test_what_differs_is_shown() -> None:
    [found] = of_kind("one take", two(LONG, LONG.replace("blue", "green")))
    assert found.why == (
        "All but few of their words are the same: a potter in a [-blue-]{+green+} apron sits at the …"
    )
    [same] = of_kind("one take", two("Reeds", "reeds!"))
    assert same.why == "They differ in nothing but how they are written."


def test_what_all_scenes_have_does_not_make_two_alike() -> None:
    """Of the words of a scene's own too many differ, of all that is sent few."""
    head = f"defaults: {{prompt: {{important_details: '{LONG}'}}}}\n"
    film = f"{head}scenes:\n  - {{id: a, prompt: the sea}}\n  - {{id: b, prompt: the wheel}}\n"
    assert of_kind("one take", film) == []


def test_the_longer_clip_stays() -> None:
    [found] = of_kind("one take", two("reeds", "Reeds!", more="duration: 8"))
    assert found.text == (
        "Show dusk in place of dawn, by `cut.order`, with an `out` as short as it is now: one take for 2 scenes."
    )
    assert found.saves == 5 * Decimal("0.126")


def test_what_is_paid_stays() -> None:
    """Though it is the later one; a shorter one that is paid can't stand for a longer one."""
    book = price_book("observed-2026-10")
    assert book is not None
    for film, wanted in (
        (two("reeds", "Reeds!"), [("dusk", "dawn")]),
        (two("reeds", "Reeds!", more="duration: 3"), []),
    ):
        read = compiled(f"storyboard: 1\nendpoint: kling-v3-standard-text\n{film}")
        assert read.film is not None
        found = alike(purchases(read.film, ["dawn"]), book, read.film)
        assert [each.scenes for each in found] == wanted


def test_stills_are_known_by_content() -> None:
    film = (
        "scenes:\n  - {id: a, start_image: a.png, prompt: reeds}\n"
        "  - {id: b, start_image: same-as-a.png, prompt: Reeds.}\n"
    )
    assert [each.scenes for each in of_kind("one take", film, endpoint="kling-v3-standard")] == [("a", "b")]
    other = film.replace("same-as-a", "tall")
    assert of_kind("one take", other, endpoint="kling-v3-standard") == []


def test_shots_are_compared_in_their_places() -> None:
    shots = "[{{prompt: the sea}}, {{duration: {0}, prompt: {1}}}]"
    film = "scenes:\n  - {{id: a, shots: {0}}}\n  - {{id: b, shots: {1}}}\n"
    same, shorter, moved = (
        shots.format(5, "Reeds!"),
        shots.format(4, "Reeds!"),
        "[{prompt: reeds}, {prompt: the sea}]",
    )
    first = shots.format(5, "reeds")
    assert [each.scenes for each in of_kind("one take", film.format(first, same))] == [("a", "b")]
    assert of_kind("one take", film.format(first, shorter)) == []
    assert of_kind("one take", film.format(first, moved)) == []


def test_many_alike_are_one_advice() -> None:
    film = "scenes:\n" + "".join(f"  - {{id: s{n}, prompt: '{'Reeds' + '!' * n}'}}\n" for n in range(12))
    [found] = of_kind("one take", film)
    assert len(found.scenes) == 12
    assert found.saves == 11 * 5 * Decimal("0.126")
    assert "s1, s2, s3, s4, s5, s6 and 5 more" in found.text
    [one] = [each for each in advised(film) if each.kind == "one take"]
    assert one == found


def distance(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """The textbook's."""
    rows = [list(range(len(other) + 1))]
    for number, word in enumerate(one, 1):
        row = [number]
        for place, there in enumerate(other, 1):
            row.append(min(rows[-1][place - 1] + (word != there), rows[-1][place] + 1, row[-1] + 1))
        rows.append(row)
    return rows[-1][-1]


TEXTS = st.lists(st.sampled_from("abc"), max_size=9).map(tuple)


@given(TEXTS, TEXTS, st.integers(0, 6))
def test_the_band_of_the_edit_distance_is_wide_enough(
    one: tuple[str, ...], other: tuple[str, ...], most: int
) -> None:
    assert _within(one, other, most) == (distance(one, other) <= most)


def seconds_for(scenes: int, prompt: str) -> float:
    film = "".join(f"  - {{id: s{n}, prompt: {prompt.format(n, n % 97, n % 89)}}}\n" for n in range(scenes))
    read = compiled(f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{film}")
    book = price_book()
    assert read.film is not None
    assert book is not None
    bought = purchases(read.film, None)
    start = time.process_time()
    list(alike(bought, book, read.film))
    return time.process_time() - start


@pytest.mark.long
@pytest.mark.parametrize("prompt", ["reeds {0}", f"{LONG} {{0}}", f"{LONG} w{{1}} v{{2}}", "w{1} v{2} " * 20])
def test_the_search_grows_with_the_scenes_and_not_with_their_pairs(prompt: str) -> None:
    few, many = (min(seconds_for(scenes, prompt) for _ in range(3)) for scenes in (500, 4000))
    assert many < 0.1 + 8 * 3 * few, "all pairs would take 64 times as long"
