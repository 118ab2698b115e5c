"""Ways to pay less: when each kind is advised, when it is not, and what it says."""

from __future__ import annotations

from decimal import Decimal

import pytest
from in_memory import compiled, still
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.media.fact import MediaFact
from storyboard.plan.advice import advice
from storyboard.plan.cheaper.advised import Advice

FILES: dict[str, MediaFact] = {
    "a.png": still("a.png", "a" * 64),
    "same-as-a.png": still("same-as-a.png", "a" * 64),
    "tall.png": replace(still("tall.png", "b" * 64), width=720, height=1280),
    "face.mp4": MediaFact("face.mp4", kind="mp4", size=9, sha256="d" * 64, seconds=Decimal(5)),
}
TEXT = "kling-v3-standard-text"


def advised(text: str, book: str = "observed-2026-10", endpoint: str = TEXT) -> tuple[Advice, ...]:
    read = compiled(f"storyboard: 1\nendpoint: {endpoint}\n{text}", media=FILES)
    assert read.requests, read.diagnostics
    assert read.film is not None
    prices = price_book(book)
    assert prices is not None
    return advice(read.film, prices)


def of_kind(kind: str, text: str, **more: str) -> list[Advice]:
    return [each for each in advised(text, **more) if each.kind == kind]


# Audio.


def test_audio_that_nobody_asked_for() -> None:
    [found] = of_kind("silent", "scenes:\n  - {id: dawn, duration: 4, prompt: reeds in the wind}\n")
    assert found.saves == 4 * (Decimal("0.126") - Decimal("0.084"))
    assert found.text == "Write `generate_audio: false` for dawn."
    assert found.why.startswith("Audio is on by default, and there is neither dialogue nor")
    assert (found.span.line, found.span.column) == (4, 10)


def test_audio_that_was_asked_for_is_shown_where_it_was() -> None:
    [found] = of_kind(
        "silent", "defaults: {generate_audio: true}\nscenes:\n  - {id: dawn, prompt: the reeds}\n"
    )
    assert found.why.startswith("Audio is on, and there is neither")
    assert found.span.line == 3


@pytest.mark.parametrize(
    "scene",
    [
        "{id: dawn, prompt: the reeds, dialogue: [a long pause]}",
        "{id: dawn, prompt: {subject_motion: the reeds, audio: wind}}",
        "{id: dawn, prompt: a dog barks}",
        "{id: dawn, prompt: 'an old man: “it is late”'}",
        "{id: dawn, prompt: {verbatim: Thunder over the sea}}",
        "{id: dawn, prompt: the reeds, generate_audio: false}",
        "{id: dawn, prompt: the reeds, endpoint: kling-v3-4k-text}",
        "{id: dawn, prompt: the reeds, pin: 0123456789ab/1}",
        "{id: dawn, shots: [{prompt: the reeds}, {prompt: she whispers}]}",
        # what is not English for certain may say it in words that are not known here
        "{id: dawn, prompt: 教堂钟声响起，人群欢呼}",
        "{id: dawn, prompt: die Glocken läuten laut}",
        "{id: dawn, prompt: das Meer rauscht an den Strand}",
        "{id: dawn, prompt: la mer gronde contre les rochers}",
        "{id: dawn, prompt: el mar ruge contra las rocas}",
        "{id: dawn, prompt: 'the church by the sea: Glocken schlagen'}",
        "{id: dawn, prompt: the church by the sea 教堂钟声}",
        "{id: dawn, prompt: zvony zvonia}",
        "{id: dawn, shots: [{prompt: the reeds}, {prompt: zvony zvonia}]}",
    ],
)
def test_audio_that_is_heard_or_costs_nothing_more(scene: str) -> None:
    assert of_kind("silent", f"scenes:\n  - {scene}\n") == []


def test_a_cut_of_the_sound_wants_the_sound() -> None:
    film = "scenes:\n  - {id: a, prompt: the reeds}\n  - {id: b, in: 1, prompt: the sea}\n"
    film += "  - {id: c, prompt: the sand}\n"
    cut = "cut: {transitions: [{from: a, to: b, kind: j-cut}]}\n"
    assert [each.scenes for each in of_kind("silent", film + cut)] == [("c",)]


def test_what_has_no_price_saves_an_unknown_amount() -> None:
    [found] = of_kind("silent", "scenes:\n  - {id: dawn, prompt: the reeds}\n", book="seeds")
    assert found.saves is None


# Endpoints.


@pytest.mark.parametrize(
    ("endpoint", "cut", "wanted"),
    [
        ("4k", "size: 1920x1080", "pro"),
        ("4k", "size: 1280x720", "standard"),
        ("4k", "size: 1080x1920", "standard"),  # a wide clip within a tall cut is 608 lines high
        ("4k", "size: 1080x1920, fit: crop", None),  # it fills the height
        ("4k", "size: 3840x2160", None),
        ("4k", "size: 1922x1082", "pro"),  # by a pixel or two nobody asks for 4k
        ("pro", "size: 1280x720", "standard"),
        ("pro", "size: 1920x1080", None),
        ("pro", "size: 640x360", "standard"),
        ("standard", "size: 640x360", None),
        ("4k", "", None),  # the cut is as its first clip
    ],
)
def test_more_lines_than_the_cut_has(endpoint: str, cut: str, wanted: str | None) -> None:
    film = f"scenes:\n  - {{id: a, generate_audio: false, prompt: the reeds}}\ncut: {{{cut}}}\n"
    found = of_kind("endpoint", film, endpoint=f"kling-v3-{endpoint}-text")
    assert [each.edits[0].value for each in found] == ([f"kling-v3-{wanted}-text"] if wanted else [])


@pytest.mark.parametrize(
    ("still", "cut", "wanted"),
    [
        ("tall.png", "size: 1080x1920, fit: crop", "pro"),
        ("tall.png", "size: 1920x1080", "standard"),
        ("https://media.example.org/a.png", "size: 1920x1080", "pro"),
        ("https://media.example.org/a.png", "size: 1280x720, fit: crop", None),
    ],
)
def test_the_shape_of_the_still_counts(still: str, cut: str, wanted: str | None) -> None:
    film = f"scenes:\n  - {{id: a, start_image: '{still}', prompt: the reeds}}\ncut: {{{cut}}}\n"
    found = of_kind("endpoint", film, endpoint="kling-v3-4k")
    assert [each.edits[0].value for each in found] == ([f"kling-v3-{wanted}"] if wanted else [])


def test_the_first_clip_decides_on_a_cut_without_a_size() -> None:
    film = (
        "scenes:\n  - {id: a, prompt: the reeds}\n  - {id: b, endpoint: kling-v3-4k-text, prompt: the sea}\n"
    )
    [found] = of_kind("endpoint", film)
    assert found.scenes == ("b",)
    assert found.why == (
        "Its clip has 2160 lines and the cut, in the size of its first clip (a), shows 720: kling-v3-standard-text "
        "gives 720, which is enough unless an editor enlarges it."
    )


def test_an_endpoint_without_a_price_is_named_all_the_same() -> None:
    film = "scenes:\n  - {id: a, start_image: a.png, prompt: the reeds}\ncut: {size: 1920x1080}\n"
    [found] = of_kind("endpoint", film, book="seeds", endpoint="kling-v3-4k")
    assert found.saves is None
    assert found.why.endswith("The book has no price for kling-v3-pro.")


def test_a_value_of_the_whole_film_is_no_place_to_change_one_scene() -> None:
    lamp = "  - {id: lamp, endpoint: kling-v3-4k-text, prompt: the lamp}\n"
    film = f"cut: {{size: 1280x720}}\nscenes:\n  - {{id: sea, prompt: the sea}}\n{lamp}"
    own = of_kind("endpoint", film)
    assert [(each.scenes, each.span.line) for each in own] == [(("lamp",), 6)]
    films = of_kind("endpoint", film.replace(", endpoint: kling-v3-4k-text", ""), endpoint="kling-v3-4k-text")
    assert [(each.scenes, each.span.line) for each in films] == [(("sea",), 5), (("lamp",), 6)]
    heard = of_kind("silent", f"defaults: {{generate_audio: true}}\n{film}".replace("-4k", "-standard"))
    assert [(each.scenes, each.span.line) for each in heard] == [(("sea",), 6), (("lamp",), 7)]


# Twins and takes.

TWINS = """\
scenes:
  - {id: a, duration: 8, out: 3, prompt: the reeds}
  - {id: b, duration: 8, in: 3, out: 5, prompt: the reeds}
"""


def test_what_is_bought_once_is_changed_together() -> None:
    """One of two scenes that share a request, changed alone, would be a clip more."""
    found = {each.kind: each for each in advised(TWINS)}
    assert set(found) == {"shorter", "silent"}
    assert found["shorter"].text == "Make a and b 5 s long in place of 8."
    assert found["shorter"].saves == 3 * Decimal("0.126")  # of one clip
    assert found["silent"].saves == 8 * Decimal("0.042")
    assert {edit.scene for edit in found["silent"].edits} == {"a", "b"}


def test_another_take_is_another_clip() -> None:
    found = of_kind("shorter", TWINS.replace("in: 3", "take: 2, in: 3"))
    assert [(each.scenes, each.saves) for each in found] == [
        (("a",), 5 * Decimal("0.126")),
        (("b",), 5 * Decimal("0.126")),
    ]


# Order.


def test_the_dearest_comes_first_and_the_unknown_last() -> None:
    film = "scenes:\n" + "".join(
        f"  - {{id: s{n}, duration: {n}, prompt: the reeds {n}}}\n" for n in (4, 9, 6)
    )
    assert [each.scenes for each in advised(film)] == [("s9",), ("s6",), ("s4",)]
    mixed = (
        "scenes:\n  - {id: a, endpoint: kling-v3-pro, start_image: a.png, duration: 9, prompt: the reeds}\n"
        "  - {id: b, endpoint: kling-v3-standard, start_image: a.png, duration: 3, prompt: the sea}\n"
    )
    found = of_kind("silent", mixed, book="seeds")
    assert [(each.scenes, each.saves) for each in found] == [(("b",), Decimal("0.252")), (("a",), None)]
