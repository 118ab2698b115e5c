"""`--log FILE`, `--verbose` and `--quiet`: what a run did, for later; more of it meanwhile; less of it."""

from __future__ import annotations

import base64
import json
import os
import stat
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_film import Film, Prepared, filmed, prepared
from canary import KEY

from storyboard.cli.log_file import LogFile
from storyboard.log import listen, nobody_listens, note

__all__ = ["prepared"]

START = datetime(2026, 11, 27, 12, tzinfo=UTC)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def of(events: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == name]


def within(film: Film, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this process work there."""
    monkeypatch.chdir(film.project)
    for name, value in film.environment.items():
        monkeypatch.setenv(name, value)


def test_a_render_writes_down_what_it_did(
    tmp_path: Path, prepared: Prepared, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against the sandbox's own record of what it was asked."""
    theirs = tmp_path / "theirs.log"
    with filmed(tmp_path / "film", prepared, log=theirs) as film:
        within(film, monkeypatch)
        ran = run("render", ".", "--yes", "--log", "run.log")
        assert ran.code == 0, ran.err
        events = lines(film.project / "run.log")
        takes = film.takes()
    asked = [(each["method"], each["path"].partition("?")[0]) for each in lines(theirs)]
    told = [(each["method"], each["path"]) for each in of(events, "request")]
    assert Counter(told) == Counter(asked)
    assert all(each["seconds"] >= 0 and each["status"] for each in of(events, "request"))
    assert [e["event"] for e in (events[0], events[-1])] == ["begun", "ended"]
    assert events[-1]["code"] == 0
    assert [(e["scene"], e["decision"], e.get("amount")) for e in of(events, "step")] == [
        ("one", "send", "0.504"),
        ("two", "send", "0.504"),
        ("three", "send", None),  # its price is unknown
    ]
    assert of(events, "plan")[0]["total"] == "1.008"
    for scene, take in takes.items():
        lived = [e["state"] for e in of(events, "take") if e["scene"] == scene and e.get("was") != e["state"]]
        assert lived == ["intended", "sending", "sent", "completed", "downloaded", "verified"]
        assert take.request_id in {e.get("request_id") for e in of(events, "take") if e["scene"] == scene}
    assert all("T" in e["at"] and e["at"].endswith("Z") for e in events)
    if os.name != "nt":
        assert stat.S_IMODE((film.project / "run.log").stat().st_mode) == 0o600


def opened(path: Path, most: int = 8 << 20, lost: Callable[[str], None] = lambda _: None) -> LogFile:
    moments = (START + timedelta(seconds=number) for number in range(1 << 30))
    return LogFile(path, lost, lambda: next(moments), most)


SIGNED = "https://v3.fal.media/files/a/clip.mp4?X-Goog-Signature=4f2&Policy=abc&Expires=7"
SECRETS = [
    f"Authorization: Key {KEY}",
    KEY,
    KEY.partition(":")[2],
    base64.b64encode(KEY.partition(":")[0].encode()).decode(),
    json.dumps({"header": f"Key {KEY}"}),
    f"PUT {SIGNED} failed",
    "https://fal.media/x?sig=4f2",
    "wss://fal.media/x&token=4f2",
]


@pytest.mark.parametrize("text", SECRETS)
def test_no_key_and_no_signature_is_written(tmp_path: Path, text: str) -> None:
    file = opened(tmp_path / "run.log")
    file("said", {"text": text, "path": f"/a/{text}"})
    file.close()
    written = (tmp_path / "run.log").read_text()
    assert "4f2" not in written
    assert "Policy" not in written
    for part in (*KEY.split(":"), base64.b64encode(KEY.partition(":")[0].encode()).decode().rstrip("=")):
        assert part not in written


def test_a_line_is_an_event_whatever_its_texts_hold(tmp_path: Path) -> None:
    file = opened(tmp_path / "run.log")
    text = 'a\n{"at": "forged"}\r\x1b[31m\u2028\ud800"'
    file("said", {"text": text, "none": None, "amount": Decimal("1.50"), "yes": True, "number": 3})
    file("said", {"text": "x" * 100_000})
    file.close()
    first, second = lines(tmp_path / "run.log")
    assert first["text"].startswith('a\n{"at": "forged"}\r\x1b[31m')
    assert (first["amount"], first["yes"], first["number"]) == ("1.50", True, 3)
    assert "none" not in first
    assert len(second["text"]) == 4_000


def test_it_is_bounded_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "run.log"
    file = opened(path, most=2_000)
    for number in range(200):
        file("said", {"text": f"line {number}"})
    file.close()
    kept = [event["text"] for each in (tmp_path / "run.log.1", path) for event in lines(each)]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["run.log", "run.log.1"]
    assert all(each.stat().st_size <= 2_000 for each in tmp_path.iterdir())
    assert kept == [f"line {number}" for number in range(200 - len(kept), 200)]


def test_a_later_run_adds_to_it(tmp_path: Path) -> None:
    for number in range(2):
        file = opened(tmp_path / "run.log")
        file("ended", {"code": number})
        file.close()
    assert [event["code"] for event in lines(tmp_path / "run.log")] == [0, 1]


def test_a_file_that_is_no_log_is_left_alone(tmp_path: Path, run: Callable) -> None:
    board = tmp_path / "storyboard.yaml"
    board.write_text("storyboard: 1\nendpoint: kling-v3-standard-text\nscenes: [{id: a, prompt: rain}]\n")
    before = board.read_bytes()
    for log, why in (
        (board, "no log of storyboard's"),
        (tmp_path, "directory"),
        (tmp_path / "no" / "x", "No such"),
    ):
        ran = run("render", tmp_path, "--sandbox", "--log", log)
        assert ran.code == 2
        assert why in ran.err
    assert board.read_bytes() == before
    assert not (tmp_path / ".storyboard").exists(), "nothing was begun"


def test_a_log_that_can_be_written_no_more_stops_nothing(tmp_path: Path) -> None:
    told: list[str] = []
    file = opened(tmp_path / "run.log", lost=told.append)
    os.close(file._file or 0)
    file("said", {"text": "a"})
    file("said", {"text": "b"})
    assert len(told) == 1
    assert "it ends here" in told[0]


@pytest.mark.linux
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_below_the_log_stops_nothing(tmp_path: Path, run: Callable) -> None:
    ran = run("join", tmp_path / "none.mp4", "-o", tmp_path / "film.mp4", "--log", "/dev/full")
    assert ran.code == 4
    assert ran.err.count("the log /dev/full can't be written") == 1
    assert "none.mp4" in ran.err


@pytest.mark.skipif(sys.platform == "win32", reason="links")
def test_who_listens_is_gone_when_the_command_is(tmp_path: Path, run: Callable) -> None:
    assert (
        run("join", "none.mp4", "-o", tmp_path / "a.mp4", "--verbose", "--log", tmp_path / "run.log").code
        == 4
    )
    note("said", text="later")
    events = lines(tmp_path / "run.log")
    assert [event["event"] for event in events] == ["begun", "said", "ended"]
    assert events[-1]["code"] == 4


def test_a_listener_hears_every_event() -> None:
    heard: list[tuple[str, dict[str, Any]]] = []
    listen(lambda event, facts: heard.append((event, facts)))
    note("request", status=200)
    nobody_listens()
    note("request", status=404)
    assert heard == [("request", {"status": 200})]


QUIET = [
    ("render", ".", "--yes", "--quiet"),
    ("cut", ".", "--quiet"),
    ("reconcile", ".", "--quiet"),
    ("cancel", ".", "--quiet"),
]


@pytest.mark.parametrize(
    "command",
    [
        "render",
        "take again",
        "take add",
        "voice create",
        "reconcile",
        "cancel",
        "cut",
        "join",
        "animatic",
        "doctor",
    ],
)
def test_what_sends_or_takes_long_has_the_three_options(run: Callable, command: str) -> None:
    said = run(*command.split(), "--help").out
    assert [name for name in ("--quiet", "--verbose", "--log") if name not in said] == []


def test_quiet_says_nothing_but_what_fails_or_costs(
    tmp_path: Path, prepared: Prepared, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filmed(tmp_path / "film", prepared) as film:
        within(film, monkeypatch)
        ran = run("render", ".", "--quiet")
        assert ran.code == 3
        assert "would send 3 requests for 1.008 USD" in " ".join(ran.err.split())
        ran = run(*QUIET[0])
        assert ran.code == 0
        assert "3 to send: 1.008 USD" in ran.err, "nobody pays for a plan that was not shown"
        assert "sent" not in ran.err.partition("USD (price book")[2]
        assert ran.out == f"{film.project / 'cut.mp4'}\n"
        for command in QUIET[1:]:
            ran = run(*command)
            assert (ran.code, ran.err) == (0, ""), command
        ran = run("render", ".", "--quiet", "--verbose")
        assert (ran.code, "exclude each other" in ran.err) == (2, True)
        (film.project / "storyboard.yaml").write_text("storyboard: 1\nscenes: [{id: a, promt: b}]\n")
        ran = run("cut", ".", "--quiet")
        assert (ran.code, "promt" in ran.err) == (1, True)


def test_verbose_tells_requests_and_states(
    tmp_path: Path, prepared: Prepared, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filmed(tmp_path / "film", prepared) as film:
        within(film, monkeypatch)
        ran = run("render", ".", "--yes", "--verbose", "--format", "json")
        assert ran.code == 0
        document = json.loads(ran.out)
        assert document["sent"] == 3
        told = ran.err.splitlines()
        for take in film.takes().values():
            assert f"  {take.scene}, take {take.take}: sent as {take.request_id}" in told
            assert f"  {take.scene}, take {take.take}: verified" in told
        host = film.base_url.removeprefix("http://")
        posts = [line for line in told if line.startswith(f"  POST {host}/fal-ai/kling-video/")]
        assert len(posts) == 3
        assert all(": 200, 0." in line for line in posts)
        assert any(line.startswith("  three, take 1, of the model: ") for line in told)
        questions = [line for line in told if line.startswith("  GET ")]
        assert len(questions) == len(set(questions)), "the same answer is not told again"
        assert "\x1b" not in ran.err
