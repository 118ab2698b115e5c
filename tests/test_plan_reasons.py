"""Why a scene is bought again: every field that can differ, old and new, and the take it is compared with."""

from __future__ import annotations

import random

import pytest
from bought_film import take_of
from in_memory import compiled, still
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.make import make_plan
from storyboard.plan.steps import Step
from storyboard.plan.wording import change_in_words, rebuy_of
from storyboard.plan.words import compared, marked

MEDIA = {f"{name}.png": still(f"{name}.png", sha256=name[0] * 64) for name in ("a", "b", "c", "d")}
HEAD = """
storyboard: 1
endpoint: kling-v3-standard
elements:
  potter: {frontal_image: b.png, reference_images: [c.png]}
  bowl: {frontal_image: c.png, reference_images: [b.png]}
"""
ONE = (
    "scenes:\n  - id: dawn\n    start_image: a.png\n    duration: 4\n    prompt: a potter sits at the wheel\n"
)
TWO = """scenes:
  - id: dawn
    start_image: a.png
    shots:
      - {id: wide, duration: 3, prompt: "@potter enters"}
      - {id: hands, duration: 4, prompt: "@potter turns the bowl slowly"}
"""


def requests(text: str, head: str = HEAD) -> tuple[Request, ...]:
    found = compiled(head + text, media=MEDIA)
    assert found.requests, found.diagnostics
    return found.requests


def numbered(*takes: TakeRecord) -> list[TakeRecord]:
    return [replace(take, number=number) for number, take in enumerate(takes, 1)]


def planned(text: str, *takes: TakeRecord, head: str = HEAD) -> Step:
    book = price_book("seeds")
    assert book is not None
    return make_plan(requests(text, head), numbered(*takes), (), book).steps[0]


def told(old: str, new: str, head: str = HEAD) -> list[str]:
    """What a plan says of a film that was bought as it was before."""
    step = planned(new, *(take_of(request) for request in requests(old)), head=head)
    assert step.why == "changed", step.reason
    assert step.decision == "send"
    return [change_in_words(change) for change in step.changes]


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("duration: 4", "duration: 5", ["duration 4 → 5"]),
        ("at the wheel", "at the window", ["prompt: a potter sits at the [-wheel-]{+window+}"]),
        ("a potter sits", "an old potter sits", ["prompt: [-a-]{+an old+} potter sits at the wheel"]),
        ("start_image: a.png", "start_image: d.png", ["start_image d.png is not the file that was sent"]),
        ("duration: 4", "duration: 4\n    end_image: d.png", ["end_image d.png is new"]),
        (
            "duration: 4",
            "duration: 4\n    generate_audio: false",
            ["generate_audio true → false"],
        ),
        ("duration: 4", "duration: 4\n    cfg_scale: 0.7", ["cfg_scale 0.5 → 0.7"]),
        (
            "duration: 4",
            "duration: 4\n    negative_prompt: blur, distort, rain",
            ["negative_prompt: blur, distort, [-and low quality-]{+rain+}"],
        ),
        (
            "duration: 4",
            "duration: 4\n    endpoint: kling-v3-pro",
            ["endpoint kling-v3-standard → kling-v3-pro"],
        ),
    ],
)
def test_each_field_of_a_scene(before: str, after: str, lines: list[str]) -> None:
    assert told(ONE, ONE.replace(before, after)) == lines


@pytest.mark.parametrize(
    ("before", "after", "lines", "shots"),
    [
        (
            "the bowl",
            "a vase",
            ["shot hands, prompt: @Element1 turns [-the bowl-]{+a vase+} slowly."],
            ("hands",),
        ),
        ("duration: 3", "duration: 5", ["shot wide, duration 3 → 5"], ("wide",)),
        (
            "slowly",
            "slowly, @bowl gleams",
            [
                "shot hands, prompt: @Element1 turns the bowl slowly{+, @Element2 gleams+}.",
                "element bowl is new",
            ],
            ("hands",),
        ),
        (
            '      - {id: wide, duration: 3, prompt: "@potter enters"}\n',
            "",
            ["shot 1 is gone", "shot hands, prompt: @Element1 turns the bowl slowly[-.-]"],
            ("1", "hands"),
        ),
        (
            "    shots:\n",
            '    shots:\n      - {id: door, duration: 3, prompt: "a door, @potter behind it"}\n',
            ["shot door is new"],
            ("door",),
        ),
        ("start_image: a.png", "start_image: c.png", ["start_image c.png is not the file that was sent"], ()),
    ],
)
def test_each_kind_of_change_of_shots(
    before: str, after: str, lines: list[str], shots: tuple[str, ...]
) -> None:
    new = TWO.replace(before, after)
    assert told(TWO, new) == lines
    step = planned(new, *(take_of(request) for request in requests(TWO)))
    rebuy = rebuy_of(step)
    assert rebuy is not None
    assert rebuy.changed == shots
    assert (rebuy.shots, rebuy.seconds, rebuy.amount) == (
        len(step.request.shots),
        step.request.seconds,
        step.amount,
    )


def test_a_still_with_other_content_is_named_and_an_old_one_that_is_still_here_too() -> None:
    old = requests(ONE)[0]
    media = MEDIA | {"a.png": still("a.png", sha256="e" * 64)}
    book = price_book("seeds")
    assert book is not None
    new = compiled(HEAD + ONE, media=media).requests
    step = make_plan(new, numbered(take_of(old)), (), book).steps[0]
    assert [change_in_words(change) for change in step.changes] == [
        "start_image a.png is not the file that was sent"
    ]
    # The old file is another scene's now: its name is known.
    moved = requests(ONE.replace("a.png", "d.png") + ONE.removeprefix("scenes:\n").replace("dawn", "noon"))
    step = make_plan(moved, numbered(take_of(requests(ONE.replace("wheel", "loom"))[0])), (), book).steps[0]
    assert "start_image a.png → d.png" in [change_in_words(change) for change in step.changes]


def test_an_element_with_another_face() -> None:
    head = HEAD.replace("potter: {frontal_image: b.png", "potter: {frontal_image: d.png")
    assert told(TWO, TWO, head=head) == ["element potter, frontal_image d.png is not the file that was sent"]


@pytest.mark.parametrize(
    "after",
    [
        "# a comment\n" + ONE,
        ONE.replace(
            "prompt: a potter sits at the wheel", "prompt: >-\n      a potter\n      sits at the wheel"
        ),
        ONE.replace("prompt:", "note: never sent\n    prompt:"),
        ONE.replace("dawn", "daybreak"),
        "vars: {w: wheel}\n" + ONE.replace("the wheel", "the {{ w }}"),
        "vars: {what: wheel}\n" + ONE.replace("the wheel", "the {{ what }}"),
    ],
)
def test_how_it_is_written_costs_nothing(after: str) -> None:
    (old,) = requests(ONE)
    step = planned(after, take_of(old))
    assert (step.decision, step.changes) == ("resume", ())  # the store of this test is empty


def test_a_new_scene_is_new_and_so_is_another_take() -> None:
    (old,) = requests(ONE)
    assert planned(ONE).reason == "new"
    assert planned(ONE.replace("dawn", "noon").replace("wheel", "loom"), take_of(old)).why == "new"
    again = planned(ONE.replace("duration", "take: 2\n    duration"), take_of(old))
    assert (again.why, again.decision) == ("new", "send")
    assert "take 1 is kept" in again.reason


def test_the_latest_take_counts_unless_it_is_another_storyboards() -> None:
    first, second = (requests(ONE.replace("wheel", word))[0] for word in ("loom", "kiln"))
    (other,) = requests(ONE.replace("a potter sits at the wheel", "sparks over black water, no one near"))
    third = planned(ONE, take_of(first), take_of(second))
    assert third.since is not None
    assert third.since.digest == second.digest
    mixed = planned(ONE, take_of(first), take_of(other))
    assert mixed.since is not None
    assert mixed.since.digest == first.digest, "a scene of that name in another storyboard is not this one"


def test_text_that_went_to_a_scene_of_another_name_is_that_scenes() -> None:
    (old,) = requests(ONE)
    new = ONE.replace("wheel", "window") + ONE.removeprefix("scenes:\n").replace("dawn", "noon")
    steps = [planned(new, take_of(old))]
    assert steps[0].why == "new", "what was bought as dawn is noon's now"


def test_what_cannot_be_compared_is_not_guessed() -> None:
    (old,) = requests(ONE.replace("wheel", "loom"))
    for body in (None, "{", "[]", "[" * 100_000):
        step = planned(ONE, take_of(old, body=body))
        assert (step.why, step.reason, step.changes) == ("changed", "changed since take 1", ())


def test_a_change_of_what_failed_says_so() -> None:
    (old,) = requests(ONE.replace("wheel", "loom"))
    step = planned(ONE, take_of(old, State.FAILED, maybe_billed=True))
    assert step.reason == "changed since take 1, which failed: prompt"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("turns the bowl", "turns the vase", "turns the [-bowl-]{+vase+}"),
        ("", "all new", "{+all new+}"),
        ("all gone", "", "[-all gone-]"),
        ("the same", "the same", "the same"),
        ("it rains, softly", "it snows, hard", "it [-rains, softly-]{+snows, hard+}"),
        ("看着窗外的雨", "看着窗外的雪", "看着窗外的[-雨-]{+雪+}"),
        ("a\n\nb c", "a b c", "a [-b-]{+b+} c"),
        ("<<<voice_1>>> speaks", "<<<voice_2>>> speaks", "[-<<<voice_1>>>-]{+<<<voice_2>>>+} speaks"),
        (
            "one two three four five six seven eight nine ten eleven twelve",
            "one two three four five six SEVEN eight nine ten eleven twelve",
            "one two three four five six [-seven-]{+SEVEN+} eight nine ten eleven twelve",
        ),
    ],
)
def test_words(old: str, new: str, text: str) -> None:
    assert marked(compared(old, new)) == text


def test_the_pieces_make_both_texts_again() -> None:
    dice = random.Random(7)  # noqa: S311 - a seed to play again
    signs = ["a", "bowl", " ", "\n", ",", "的", "雨", "'", "@x", "é", "<", ">", "-"]
    for _ in range(400):
        old, new = ("".join(dice.choices(signs, k=dice.randrange(30))) for _ in range(2))
        pieces = compared(old, new)
        assert "".join(text for mark, text in pieces if mark != "+") == old
        assert "".join(text for mark, text in pieces if mark != "-") == new


@pytest.mark.parametrize("words", [2, 30, 100, 1250])
def test_the_worst_texts_are_compared_soon(words: int) -> None:
    """As long as the longest prompt, and as alike within as makes a matcher slow."""
    import time

    dice = random.Random(words)  # noqa: S311 - a seed to play again
    old, new = (" ".join(str(dice.randrange(words)) for _ in range(1250)) for _ in range(2))
    began = time.perf_counter()
    compared(old, new)
    assert time.perf_counter() - began < 2
