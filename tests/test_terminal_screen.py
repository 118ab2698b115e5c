"""What is drawn over and over at the foot of a terminal: nothing above it is lost, nothing of it is left behind."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from a_terminal import XTERM, Emulator
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.cli.console import folded
from storyboard.cli.cut_progress import Line as Progress
from storyboard.cli.screen import Screen, draws
from storyboard.cut.progress import Advance
from storyboard.report.table import columns, shortened

SIGNS = [*"abcxyz019-_", *"教堂钟声ガ", "é", "e\u0301", "\U0001f3ac", "⏳", "䷀"]
# A word that no line has room for is broken by the terminal itself.
WORDS = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=12).map(
    lambda signs: shortened("".join(signs), 19)
)
TEXTS = st.lists(WORDS, min_size=1, max_size=5).map(lambda words: " ".join(" ".join(words).split()) or "-")
SAID = st.tuples(st.just("say"), TEXTS)
DRAWN = st.tuples(st.just("draw"), st.lists(TEXTS, min_size=1, max_size=6))
CLEARED = st.tuples(st.just("clear"), st.none())
RESIZED = st.tuples(st.just("resize"), st.integers(20, 60))


def on(terminal: Emulator, **environment: str) -> Screen:
    stream: Any = terminal
    return Screen(stream, {**XTERM, **environment}, terminal.size)


def drawn(screen: Screen, lines: list[str]) -> list[str]:
    fit = [shortened(line, screen.size[0] - 1) for line in lines]
    screen.draw([(line, "31") for line in fit])
    return fit


@settings(max_examples=60)
@given(st.lists(st.one_of(SAID, DRAWN, CLEARED), max_size=25), st.integers(20, 90), st.integers(8, 24))
def test_what_was_said_stays_in_order_and_the_last_frame_alone_is_below(
    done: list[tuple[str, Any]], wide: int, high: int
) -> None:
    terminal = Emulator(wide, high)
    screen = on(terminal)
    said: list[str] = []
    frame: list[str] = []
    for what, value in done:
        if what == "say":
            screen.say(value, "32")
            said += folded(value, wide - 1).split("\n")
            frame = []
        elif what == "draw":
            frame = drawn(screen, value)
        else:
            screen.clear()
            frame = []
    assert [bare(line) for line in terminal.all] == [bare(line) for line in (*said, *frame)]


def bare(line: str) -> str:
    return unicodedata.normalize("NFC", line.rstrip())


@settings(max_examples=40)
@given(st.lists(st.one_of(SAID, DRAWN, RESIZED), max_size=15))
def test_a_new_size_loses_nothing_that_was_said(done: list[tuple[str, Any]]) -> None:
    """A terminal that cuts lines off when it is made narrower; nothing of a frame is left behind there either."""
    terminal = Emulator(60, 24)
    screen = on(terminal)
    said = 0
    drawn(screen, ["x" * 59, "y" * 59])
    for what, value in done:
        if what == "say":
            screen.say(f"said {said}")
            said += 1
        elif what == "draw":
            drawn(screen, ["frame"] * len(value))
        else:
            terminal.screen.resize(24, value)
    screen.clear()
    assert terminal.all == [f"said {number}" for number in range(said)]


def test_what_a_terminal_wraps_anew_is_drawn_over_as_well() -> None:
    """Most wrap what they show when they are made narrower: a line of 59 columns is then two of 30."""
    terminal = Emulator(60, 24)
    screen = on(terminal, XTERM_VERSION="")
    screen = Screen(terminal, {"TERM": "xterm-256color"}, terminal.size)  # type: ignore[arg-type]
    screen.say("said before")
    drawn(screen, ["x" * 59, "y" * 59])
    wrapped = Emulator(30, 24)
    wrapped.write("said before\n" + "\n".join(["x" * 30, "x" * 29, "y" * 30, "y" * 29]))
    terminal.screen, terminal._stream = wrapped.screen, wrapped._stream
    drawn(screen, ["after"])
    assert terminal.all == ["said before", "after"]


def test_a_frame_that_is_left_stays_and_the_cursor_is_below_it() -> None:
    terminal = Emulator(40, 10)
    screen = on(terminal)
    drawn(screen, ["dawn  running", "0 of 1"])
    screen.leave()
    terminal.write("$ ")
    assert terminal.shown == ["dawn  running", "0 of 1", "$"]
    assert not terminal.screen.cursor.hidden
    assert b"?25l" not in terminal.raw  # there is nothing that a kill could leave undone


@pytest.mark.parametrize("colours", [True, False])
def test_colours_are_not_shown_to_who_wants_none(colours: bool) -> None:
    terminal = Emulator()
    screen = on(terminal, NO_COLOR="" if colours else "1")
    drawn(screen, ["failed"])
    screen.say("failed", "31")
    assert (b"\x1b[31m" in terminal.raw) is colours


def test_what_an_encoding_lacks_keeps_its_columns() -> None:
    terminal = Emulator(40, 5)
    terminal.encoding = "ascii"  # type: ignore[misc]
    screen = on(terminal)
    screen.draw([("教堂  1", ""), ("abcd  2", "")])
    assert terminal.shown == ["????  1", "abcd  2"]


class Stream:
    def __init__(self, *, terminal: bool, closed: bool = False) -> None:
        self.terminal, self.closed = terminal, closed

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("stream", "term", "drawing"),
    [
        (Stream(terminal=True), "xterm", True),
        (Stream(terminal=True), "dumb", False),
        (Stream(terminal=True), "", False),
        (Stream(terminal=False), "xterm", False),
        (Stream(terminal=True, closed=True), "xterm", False),
        (None, "xterm", False),
    ],
)
def test_where_lines_are_drawn_over(stream: Any, term: str, drawing: bool) -> None:
    assert draws(stream, {"TERM": term, "FORCE_COLOR": "1"}) is drawing


def test_a_line_of_a_table_is_not_folded() -> None:
    assert folded("  a b c   d e f g", 8) == "  a b c   d e f g"
    assert folded("  a b c d e f g", 8) == "  a b c\n  d e f\n  g"


@given(TEXTS, st.integers(4, 40))
def test_lines_are_folded_between_words_and_lose_none(text: str, room: int) -> None:
    lines = folded(text, room).split("\n")
    assert " ".join(lines).split() == text.split()
    for line in lines:
        assert columns(line) <= room or len(line.split()) == 1


def test_a_cut_is_one_line_at_any_width() -> None:
    clock = [0.0]
    terminal = Emulator(40, 6)
    line = Progress(on(terminal), lambda: clock[0])
    for done in range(0, 101, 5):
        clock[0] += 0.2
        line.saw(Advance("encoding 教堂钟声响起人群欢呼教堂钟声响起", done, 100))
        assert len(terminal.all) == 1
    line.saw(Advance("not spliced: a reason", stays=True))
    line.gone()
    assert terminal.all == ["not spliced: a reason"]
