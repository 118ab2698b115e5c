"""What a render says while it is at work to who does not draw: a line for each change that matters."""

from __future__ import annotations

import pytest
from a_course import Heard, due

from storyboard.cli.console import MANNER
from storyboard.cli.progress import Lines, watching
from storyboard.render.observer import Activity, Progress

SEEN: list[tuple[Activity, float, str | None]] = [
    ("uploading", 0.0, None),
    ("sending", 0.1, None),
    ("queued", 0.1, None),
    ("queued", 0.2, None),
    ("running", 1.0, None),
    ("running", 1.0, "loading"),
    ("running", 2.0, None),
    ("trouble", 3.0, "\x1b[31mHTTP 503"),
    ("trouble", 3.5, "\x1b[31mHTTP 503"),
    ("running", 4.0, None),
    ("downloading", 64.0, None),
    ("verified", 64.5, "2 frames longer than asked for"),
]


def test_a_pipe_gets_a_line_for_each_change_that_matters(capsys: pytest.CaptureFixture[str]) -> None:
    """And after a minute without one a word that the work goes on."""
    at = Heard(due("dawn"), due("sea"))
    lines = Lines(at.course)
    for activity, now, line in SEEN:
        at.now = now
        lines.saw(Progress("dawn", 1, activity, now, 2 if activity == "queued" else None, line))
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "dawn, take 1: sent, 1.76 USD",
        "dawn, take 1: fal does not answer well, trying on: ^[[31mHTTP 503",
        "0 of 2 clips done, 1 at fal, 1 waits; 1:04, ~110 s left; 1.76 of 3.53 USD spent",
        "dawn, take 1: done in 1:04, 1 of 2; 2 frames longer than asked for",
    ]


def test_a_pipe_hears_two_lines_a_scene_of_a_film_that_goes_well(capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"s{number}" for number in range(300)]
    at = Heard(*(due(name, "0.84") for name in names), slots=40)
    lines = Lines(at.course)
    for name in names:
        for activity, _, line in SEEN:
            if activity != "trouble":
                lines.saw(Progress(name, 1, activity, 0.0, None, line))
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 600
    assert said[-1].startswith("s299, take 1: done in 0:00, 300 of 300")


def test_who_waits_for_others_is_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines(Heard(due("dawn"), due("sea")).course)
    for line in (None, "2 of 2 slots in use: 2 by series-2.yaml on anna", None):
        lines.saw(Progress("dawn", 1, "waiting", 0.0, None, line))
    [said] = capsys.readouterr().err.splitlines()
    assert said == "dawn, take 1: waits for a free slot: 2 of 2 slots in use: 2 by series-2.yaml on anna"


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MANNER, "quiet", True)
    with watching() as observer:
        observer.saw(Progress("dawn", 1, "failed", 4.0))
    assert capsys.readouterr() == ("", "")
