"""Progress of a cut: the time that is left, one line on a terminal, rare lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from a_terminal import Emulator
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clips import make_clip

from storyboard.cli.console import MANNER
from storyboard.cli.cut_progress import Line, Lines, for_people, shown, words
from storyboard.cli.screen import Screen
from storyboard.cut.progress import Advance, Pace, Work


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def run(pace: Pace, clock: Clock, total: int, steps: list[float]) -> list[float | None]:
    """The time left after each frame, which takes so many seconds."""
    left = []
    for done, seconds in enumerate(steps, 1):
        clock.now += seconds
        left.append(pace.left(Advance("encoding", done, total)))
    return left


@settings(deadline=None)  # how long it takes is the machine's
@given(st.integers(20, 300), st.floats(0.02, 2))
def test_at_a_steady_rate_the_time_left_is_true_and_only_falls(total: int, seconds: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.left(Advance("encoding", 0, total))
    left = run(pace, clock, total, [seconds] * total)
    known = [(at, each) for at, each in enumerate(left, 1) if each is not None]
    assert all(each == pytest.approx((total - at) * seconds, abs=0.001 + seconds / 100) for at, each in known)
    assert [each for _, each in known] == sorted((each for _, each in known), reverse=True)
    assert left[-1] == 0


@settings(deadline=None)
@given(st.lists(st.floats(0, 30), min_size=2, max_size=60))
def test_the_time_left_is_never_negative_nor_endless(steps: list[float]) -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.left(Advance("encoding", 0, len(steps)))
    for each in run(pace, clock, len(steps), steps):
        assert each is None or 0 <= each <= 30 * len(steps) + 1


@settings(deadline=None)
@given(st.lists(st.floats(0.08, 0.12), min_size=200, max_size=200))
def test_small_hesitations_do_not_make_it_jump(steps: list[float]) -> None:
    """What is shown rises by no more than a quarter and a second, whatever single frames take."""
    clock = Clock()
    pace = Pace(clock)
    pace.left(Advance("encoding", 0, 400))
    left = [each for each in run(pace, clock, 400, steps) if each is not None]
    assert all(later <= before + 0.01 for before, later in pairwise(left[30:]))


def test_nothing_is_promised_before_something_was_seen() -> None:
    clock = Clock()
    pace = Pace(clock)
    assert pace.left(Advance("encoding", 0, 100)) is None
    clock.now += 0.5
    assert pace.left(Advance("encoding", 50, 100)) is None
    assert pace.left(Advance("reading", 0, 0)) is None


def test_a_much_slower_machine_is_noticed_within_seconds() -> None:
    clock = Clock()
    pace = Pace(clock)
    pace.left(Advance("encoding", 0, 1_000))
    run(pace, clock, 1_000, [0.01] * 200)
    slow = [pace.left(Advance("encoding", 200 + at, 1_000)) for at in range(12) if not _pass(clock, 1.0)]
    assert slow[-1] == pytest.approx(789, rel=0.3)


def _pass(clock: Clock, seconds: float) -> None:
    clock.now += seconds


def test_frames_of_steps_that_run_at_once_add_up() -> None:
    seen: list[Advance] = []
    work = Work(4_000, seen.append)
    steps = [work.step(f"encoding {name}") for name in "abcd"]
    runners = [threading.Thread(target=lambda step=step: [step(1) for _ in range(1_000)]) for step in steps]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert [each.done for each in seen] == list(range(1, 4_001))
    assert {each.what for each in seen} == {f"encoding {name}" for name in "abcd"}


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "1 s"), (12.4, "12 s"), (59.7, "1 min 0 s"), (130, "2 min 10 s"), (3_700, "1 h 1 min")],
)
def test_times_for_people(seconds: float, told: str) -> None:
    assert for_people(seconds) == told


def test_words_of_an_advance() -> None:
    assert words(Advance("encoding window", 231, 1440), 12.2) == (
        "encoding window: 231 of 1,440 frames, 12 s left"
    )
    assert words(Advance("encoding window", 231, 1440), None) == "encoding window: 231 of 1,440 frames"
    assert words(Advance("writing cut.mp4"), None) == "writing cut.mp4"


def test_a_line_overwrites_itself_and_goes() -> None:
    clock, terminal = Clock(), Emulator()
    line = Line(screen_of(terminal), clock)
    for done in range(1, 101):
        clock.now += 0.02
        line.saw(Advance("encoding \x1b]0;a\x07window", done, 100))
        assert len(terminal.all) == 1
        assert terminal.all[0].startswith("encoding ^[]0;a^Gwindow: ")
    assert "100 of 100 frames" in terminal.all[0]
    assert 15 <= terminal.raw.count(b"\r") <= 30
    line.gone()
    assert terminal.all == []
    assert b"\n" not in terminal.raw
    assert b"\x07" not in terminal.raw


def test_a_word_to_the_person_stays() -> None:
    clock, terminal = Clock(), Emulator()
    line = Line(screen_of(terminal), clock)
    line.saw(Advance("encoding", 1, 9))
    line.saw(Advance("not spliced: a reason", stays=True))
    clock.now += 1
    line.saw(Advance("encoding", 2, 9))
    assert terminal.all == ["not spliced: a reason", "encoding: 2 of 9 frames, 7 s left"]
    line.gone()
    assert terminal.all == ["not spliced: a reason"]


def screen_of(terminal: Emulator) -> Screen:
    stream: Any = terminal
    return Screen(stream, {}, terminal.size)


def test_lines_are_rare(capsys: pytest.CaptureFixture[str]) -> None:
    """A film of 300 scenes has 600 steps: a pipe hears of one every 15 seconds."""
    clock = Clock()
    lines = Lines(clock)
    for done in range(1, 1_201):
        clock.now += 0.05
        lines.saw(Advance(f"encoding {done // 4}", done, 1_200))
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "encoding 0"
    assert re.fullmatch(r"encoding 7\d: 30\d of 1,200 frames, 45 s left", said[1])
    assert len(said) == 4


def test_quiet_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MANNER, "quiet", True)
    with shown() as tell:
        tell(Advance("encoding window"))
    assert capsys.readouterr().err == ""


def all_of(terminal: int) -> bytes:
    """What was written to the other side, to its end: one read may give less."""
    parts: list[bytes] = []
    with contextlib.suppress(OSError):  # Linux's way to say that nobody is there any more
        while part := os.read(terminal, 65_536):
            parts.append(part)
    os.close(terminal)
    return b"".join(parts)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo terminals")
def test_a_terminal_is_left_clean(tmp_path: Path) -> None:
    """The real command on a real terminal: what it draws is gone when it ends, the result is whole."""
    clips = [
        make_clip(tmp_path / "a.mp4", frames=5),
        make_clip(tmp_path / "b.mp4", 1, frames=5, size=(160, 90)),
    ]
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "storyboard", "join", *map(str, clips), "-o", str(tmp_path / "film.mp4")]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}, check=False
    )
    os.close(theirs)
    drawn = all_of(ours).decode()
    assert done.returncode == 0
    assert "encoding" in drawn
    terminal = Emulator()
    terminal.feed(drawn.encode())
    assert terminal.all == []
    assert "film.mp4: 0.42 s, 10 frames" in done.stdout.decode()
