"""Seconds that nothing shows, and scenes that could be shots of one: how long they have to be, what moves along."""

from __future__ import annotations

from decimal import Decimal

import pytest
from advised_films import full_price, lengths_shown
from in_memory import compiled
from test_advice import TEXT, of_kind

from storyboard.catalog.prices import price_book
from storyboard.plan.cheaper.advised import Advice


def written(advice: Advice) -> list[str]:
    """`b.in 0.5`: the edits, in short."""
    return [
        f"{'#' + str(each.entry) if each.entry is not None else each.shot or each.scene}.{each.field} {each.value}"
        for each in advice.edits
    ]


STILL = "endpoint: kling-v3-standard, start_image: a.png"
AB = "shots: [{id: a, duration: 4, prompt: x}, {id: b, prompt: y}]"


@pytest.mark.parametrize(
    ("scene", "cut", "wanted"),
    [
        ("duration: 8, out: 4.5, prompt: x", "", ["1.duration 5"]),
        ("duration: 8, out: 2, prompt: x", "", ["1.duration 3"]),  # a clip is 3 s at least
        ("duration: 8, in: 2.5, prompt: x", "", ["1.duration 6", "s.in 0.5"]),
        ("duration: 8, in: 2.5, out: 6.5, prompt: x", "", ["1.duration 5", "s.in 0.5", "s.out 4.5"]),
        ("duration: 8, in: 0.5, out: 7.5, prompt: x", "", None),
        (f"duration: 8, in: 2.5, {STILL}, prompt: x", "", None),  # the clip begins with its still
        (f"duration: 8, in: 2.5, out: 6, {STILL}, prompt: x", "", ["1.duration 6"]),
        (f"duration: 8, out: 4, {STILL}, end_image: a.png, prompt: x", "", None),
        ("duration: 8, prompt: x", "[{scene: s, out: 3.5}, {scene: s, in: 1, out: 5}]", ["1.duration 5"]),
        (
            "duration: 8, prompt: x",
            "[{scene: s, in: 5, out: 6}, {scene: s, in: 7, out: 7.5}]",
            ["1.duration 3", "#0.in 0", "#0.out 1", "#1.in 2", "#1.out 2.5"],
        ),
        (
            "duration: 8, shots: [{id: a, duration: 3, out: 1.5, prompt: x}, {id: b, prompt: y}]",
            "",
            ["a.duration 2", "s.duration 7"],
        ),
        (AB, "[s.b]", ["a.shot None"]),
        ("shots: [{duration: 4, prompt: x}, {prompt: y}]", "[s.2]", ["1.duration 1"]),  # else it would be s.1
        (f"in: 5, {AB}", "", ["a.shot None", "b.duration 4", "s.in 0"]),
        (f"out: 6, in: 1.5, {AB}", "", ["a.duration 3", "b.duration 2", "s.in 0.5", "s.out 5"]),
        (f"{STILL}, {AB}", "[s.b]", ["a.duration 1"]),
    ],
)
def test_whole_seconds_that_nothing_shows(scene: str, cut: str, wanted: list[str] | None) -> None:
    film = f"scenes:\n  - {{id: s, {scene}}}\n" + (f"cut: {{order: {cut}}}\n" if cut else "")
    found = of_kind("shorter", film)
    assert [written(each) for each in found] == ([] if wanted is None else [wanted])


@pytest.mark.parametrize(
    ("kind", "trim", "wanted"),
    [
        ("dissolve", "out: 3", ["1.duration 3"]),
        ("l-cut", "out: 3", ["1.duration 4"]),  # half a second of its sound goes on
        ("l-cut", "out: 3.5", ["1.duration 4"]),
    ],
)
def test_sound_that_goes_on_is_used(kind: str, trim: str, wanted: list[str]) -> None:
    film = f"scenes:\n  - {{id: s, duration: 8, {trim}, prompt: x}}\n  - {{id: t, prompt: y}}\n"
    [found] = of_kind("shorter", f"{film}cut: {{transitions: [{{from: s, to: t, kind: {kind}}}]}}\n")
    assert written(found) == wanted


def test_sound_that_goes_ahead_is_used() -> None:
    film = "scenes:\n  - {id: s, prompt: x}\n  - {id: t, duration: 8, in: 3, prompt: y}\n"
    [found] = of_kind(
        "shorter", f"{film}cut: {{transitions: [{{from: s, to: t, kind: j-cut, duration: 0.5}}]}}\n"
    )
    assert written(found) == ["1.duration 6", "t.in 1"]


def test_a_scene_that_the_cut_leaves_out() -> None:
    film = "scenes:\n  - {id: s, prompt: x}\n  - {id: t, duration: 8, prompt: y}\ncut: {order: [s]}\n"
    [found] = of_kind("not shown", film)
    assert (found.scenes, found.saves) == (("t",), 8 * Decimal("0.126"))
    assert found.text == "Take t out of the storyboard, or into `cut.order`."


PADDED = """\
scenes:
  - {id: rain, duration: 3, out: 1, prompt: rain on glass}
  - {id: sea, duration: 3, in: 1.5, out: 2.5, prompt: the sea}
  - {id: reeds, duration: 5, prompt: reeds}
"""
SHARED = """\
scenes:
  - id: rain
    shots:
      - {id: glass, duration: 1, prompt: rain on glass}
      - {id: sea, duration: 2, in: 0.5, out: 1.5, prompt: the sea}
  - {id: reeds, duration: 5, prompt: reeds}
"""


def test_scenes_that_are_padded_to_the_shortest_clip() -> None:
    [found] = of_kind("one request", PADDED)
    assert found.scenes == ("rain", "sea")
    assert found.text == "Make rain and sea the shots of one scene: 3 s in place of 6."
    assert (
        found.why
        == "A clip is 3 s long at least, the cut uses 1 s and 2 s of them, and only their prompts differ."
    )


def test_a_shared_request_saves_what_was_said() -> None:
    """The same film, written as it advises, is as long and costs so much less."""
    [found] = of_kind("one request", PADDED)
    book = price_book("observed-2026-10")
    assert book is not None
    before, after = (compiled(f"storyboard: 1\nendpoint: {TEXT}\n{film}") for film in (PADDED, SHARED))
    whole, less = full_price(before, book), full_price(after, book)
    assert whole is not None
    assert less is not None
    assert found.saves == whole - less == 3 * Decimal("0.126")
    assert sum(lengths_shown(before)) == sum(lengths_shown(after))
    assert of_kind("one request", SHARED) == []


def test_a_short_neighbour_goes_along_with_a_long_one() -> None:
    [found] = of_kind("one request", PADDED.replace("in: 1.5, out: 2.5", "out: 1"))
    assert found.scenes == ("rain", "sea", "reeds")
    assert found.saves == 4 * Decimal("0.126")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("out: 1", "duration: 3, generate_audio: false, out: 1"),
        ("out: 1", "duration: 3, negative_prompt: rain, out: 1"),
        ("out: 1", "duration: 3, take: 2, out: 1"),
        ("out: 1", "duration: 3, endpoint: kling-v3-standard, start_image: a.png, out: 1"),
        ("out: 1", "duration: 15"),  # together they would be too long
        ("out: 2.5", "duration: 5"),  # nothing is padded
    ],
)  # fmt: skip
def test_scenes_that_share_nothing_worth(first: str, second: str) -> None:
    film = (
        f"scenes:\n  - {{id: a, duration: 3, {first}, prompt: rain}}\n  - {{id: b, {second}, prompt: sand}}\n"
    )
    assert of_kind("one request", film) == []


def test_a_prompt_that_is_too_long_for_one_of_several_shots() -> None:
    film = (
        "defaults: {duration: 3, out: 1}\nscenes:\n  - {id: a, prompt: rain}\n  - {id: b, prompt: "
        + "reeds " * 90
    )
    assert of_kind("one request", f"{film}}}\n") == []
    assert of_kind("one request", f"{film}}}\n".replace("reeds " * 20, "")) != []
