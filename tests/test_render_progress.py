"""What a render shows while it is at work."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from storyboard.cli.progress import Lines, Rows, watching
from storyboard.render.observer import Progress, Unseen

SEEN = [
    Progress("dawn", 1, "queued", 0.1, position=2),
    Progress("dawn", 1, "queued", 0.2, position=2),
    Progress("dawn", 1, "running", 1.0),
    Progress("dawn", 1, "running", 1.0, line="loading"),
    Progress("dawn", 1, "running", 2.0),
    Progress("dawn", 1, "trouble", 3.0, line="\x1b[31mHTTP 503"),
    Progress("dawn", 1, "trouble", 3.5, line="\x1b[31mHTTP 503"),
    Progress("dawn", 1, "verified", 4.0),
]


def test_a_pipe_gets_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    for progress in SEEN:
        lines.saw(progress)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == [
        "   0.1 s  dawn, take 1: queued, 2 ahead",
        "   1.0 s  dawn, take 1: running",
        "   1.0 s  dawn, take 1: running: loading",
        "   3.0 s  dawn, take 1: fal does not answer well, trying on: ^[[31mHTTP 503",
        "   4.0 s  dawn, take 1: done",
    ]


def test_a_terminal_gets_a_row_a_take() -> None:
    rows = Rows()
    for progress in (*SEEN[:5], Progress("window", 2, "unknown", 9.0, line="\x1b[31mno answer")):
        rows.saw(progress)
    stream = io.StringIO()
    Console(file=stream, width=100).print(rows.table())
    text = stream.getvalue()
    assert [line.split()[:3] for line in text.splitlines()[1:]] == [
        ["dawn", "1", "running"],
        ["window", "2", "unknown:"],
    ]
    assert "loading" in text  # the last line stays while nothing new is said
    assert "\x1b" not in text


def test_quiet_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with watching(quiet=True) as observer:
        assert isinstance(observer, Unseen)
        observer.saw(SEEN[0])
    assert capsys.readouterr() == ("", "")
