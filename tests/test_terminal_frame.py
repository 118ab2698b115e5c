"""The frame of a render under way, at every size of a terminal, and the sentences that stay."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from a_course import Heard, due, in_trouble, many, mid_flight, wide
from a_terminal import Emulator
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.cli.frame import clock_time, frame, sentence, summary
from storyboard.plan.due import left
from storyboard.plan.pace import Wait
from storyboard.render.observer import Activity
from storyboard.report.table import columns

GOLDEN = Path(__file__).parent / "golden" / "terminal"
FILMS: dict[str, Callable[[], Heard]] = {
    "mid-flight": mid_flight,
    "trouble": in_trouble,
    "many": many,
    "wide": wide,
}


def framed(heard: Heard, width: int, height: int = 23) -> list[str]:
    """As a terminal of that size shows it; it has one column and one line more."""
    lines = frame(heard.course, heard.now, width, height)
    terminal = Emulator(width + 1, height + 1)
    terminal.write("\n".join(line.text for line in lines))
    assert len(terminal.all) == len(lines), "a line was wrapped"
    return terminal.all


@pytest.mark.parametrize("name", FILMS)
def test_frames(golden: Callable[[Path, str], None], name: str) -> None:
    heard = FILMS[name]()
    sizes = [(120, 23), (80, 23), (60, 16), (40, 12)]
    shown = [f"{width} columns\n" + "\n".join(framed(heard, width, height)) for width, height in sizes]
    golden(GOLDEN / f"{name}.txt", "\n\n".join(shown) + "\n")


ACTIVITIES: tuple[Activity, ...] = (
    "waiting",
    "uploading",
    "queued",
    "running",
    "looking",
    "verified",
    "failed",
)
SIGNS = [*"abcxyz019-_ ", *"教堂钟声ガ", "é", "\x1b", "\n", "\x9b", "\u202e", "\U0001f3ac"]
NAMES = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=40).map("".join)
SEEN = st.tuples(NAMES, st.sampled_from(ACTIVITIES), st.one_of(st.none(), NAMES), st.floats(0, 5_000))


@settings(max_examples=80)
@given(st.lists(SEEN, max_size=30), st.integers(39, 130), st.integers(3, 40))
def test_no_frame_is_wider_or_higher_than_its_terminal(
    seen: list[tuple[str, Activity, str | None, float]], width: int, height: int
) -> None:
    heard = Heard(*(due(name) for name, *_ in seen[::2]), slots=3)
    for name, activity, line, seconds in seen:
        heard.now += seconds
        heard.saw(name, activity, line=line, position=3)
    lines = frame(heard.course, heard.now, width, height)
    assert len(lines) <= height
    assert [line.text for line in lines if columns(line.text) > width] == []
    assert framed(heard, width, height) == [line.text for line in lines]


def test_times_stand_in_one_column_whatever_the_names() -> None:
    lines = framed(wide(), 80)
    ends = {columns(line[: line.index("of ~") - 1]) for line in lines if "of ~" in line}
    assert len(ends) == 1


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.decimals(0, 99, places=3), st.booleans(), st.booleans()), min_size=1, max_size=9)
)
def test_what_is_spent_is_the_sum_of_what_was_sent(plan: list[tuple[Decimal, bool, bool]]) -> None:
    heard = Heard(*(due(f"s{number}", str(amount)) for number, (amount, *_) in enumerate(plan)))
    for number, (_, sent, refused) in enumerate(plan):
        heard.saw(f"s{number}", "sending")
        if sent:
            heard.saw(f"s{number}", "running")
        if refused:
            heard.saw(f"s{number}", "failed", free=True)
    course = heard.course
    assert sum(each or 0 for each in course.price) == sum(amount for amount, *_ in plan)
    spent = [amount for amount, sent, refused in plan if sent and not refused]
    assert sum(each or 0 for each in course.spent) == sum(spent)


def test_what_is_fetched_only_costs_nothing() -> None:
    heard = Heard(due("dawn", "1.764"), due("sea", "0", sends=False))
    heard.saw("sea", "running")
    heard.saw("dawn", "waiting")
    assert (heard.course.spent, heard.course.price) == ([], [Decimal("1.764")])


@pytest.mark.parametrize(
    ("begun", "ended", "slots", "likely"),
    [
        ({}, set(), 2, 200),  # two, then two
        ({}, set(), 4, 100),
        ({"a": 30.0, "b": 30.0}, set(), 2, 170),
        ({"a": 30.0, "c": 99.0}, {"b"}, 2, 101),  # c has a slot though b came before it; d takes it over
        ({"d": 100.0}, {"a", "b", "c"}, 2, None),  # longer than is likely: nobody can say
        ({}, {"a", "b", "c", "d"}, 2, None),
    ],
)
def test_what_is_left(begun: dict[str, float], ended: set[str], slots: int, likely: int | None) -> None:
    film = [due(name, likely=100) for name in "abcd"]
    found = left(film, {(n, 1): at for n, at in begun.items()}, {(n, 1) for n in ended}, slots)
    assert (found and found.likely) == likely


def test_what_waits_for_another_clip_comes_after_it() -> None:
    film = [due("a", likely=100), due("b", likely=100, after="a")]
    assert left(film, {}, (), 2) == Wait(134, 200, 300)
    assert left(film, {}, {("a", 1)}, 2) == Wait(67, 100, 150)


def test_nothing_is_promised_of_an_unknown_pace() -> None:
    assert left([due("a"), due("b", likely=None)], {}, (), 2) is None
    heard = Heard(due("a"), due("b", likely=None))
    assert "left" not in summary(heard.course, 3.0, 80)[0]


def test_sentences() -> None:
    heard = mid_flight()
    told = [sentence(each, heard.course, heard.now) for each in heard.course.stands.values()]
    assert [line and line.text for line in told] == [
        "dawn, take 1: done in 1:38, 1 of 4",
        "wheel, take 1: sent, 2.27 USD",
        "sill, take 1: sent, 1.51 USD",
        None,
    ]
    heard = in_trouble()
    told = [sentence(each, heard.course, heard.now) for each in heard.course.stands.values()]
    assert [line and (line.text, line.style) for line in told] == [
        ("dawn, take 1: failed: HTTP 422: ^[[31mno face^G found", "31"),
        ("wheel, take 1: answer lost: looking in fal's history: the connection broke off", "33"),
        ("sill, take 1: unknown: may be paid, not sent again: the connection broke off", "33"),
        ("tea, take 1: fal does not answer well, trying on: HTTP 503", "33"),
    ]


@pytest.mark.parametrize(
    ("seconds", "told"), [(0, "0:00"), (42.9, "0:42"), (725, "12:05"), (3723, "1:02:03")]
)
def test_times(seconds: float, told: str) -> None:
    assert clock_time(seconds) == told
