"""Renders in real pseudo terminals, drawn by pyte: what is seen meanwhile, what stays, whoever reads which stream."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if sys.platform == "win32":
    pytest.skip("pseudo terminals", allow_module_level=True)

from a_film import Film, Prepared, filmed, prepared
from a_terminal import Emulator, Terminal

from storyboard.ledger.lease import lease
from storyboard.ledger.record import State

__all__ = ["prepared"]

IN_ALL = "of 3 clips done"


def rendering(film: Film, columns: int = 80, lines: int = 24, *more: str, **given: Any) -> Terminal:
    env = {**film.environment, **given.pop("env", {})}
    return Terminal(["render", ".", "--yes", *more], columns, lines, cwd=film.project, env=env, **given)


@pytest.fixture
def slow(tmp_path: Path, prepared: Prepared) -> Iterator[Film]:
    """At fal a clip takes half a minute: who looks has the time to."""
    with filmed(tmp_path / "film", prepared, latency=30.0, concurrency=1) as film:
        yield film


def last_line(seen: Emulator) -> str:
    return seen.shown[-1] if seen.shown else ""


@pytest.mark.long
def test_an_interrupt_leaves_the_last_state_to_be_read(slow: Film) -> None:
    """Resized meanwhile: to a terminal that has hardly room."""
    with rendering(slow, 100, 30) as terminal:
        terminal.until(lambda seen: last_line(seen).endswith("; 1.01 of >=1.01 USD rehearsed"))
        assert f"0 {IN_ALL}, 2 at fal, 1 waits; " in last_line(terminal)
        assert {line.split()[0] for line in terminal.shown[-3:-1]} == {"one", "two,"}
        terminal.resize(40, 30)
        terminal.until(lambda seen: last_line(seen).startswith("0/3; "))
        terminal.interrupt()
        code, _, _ = terminal.end()
    assert code == 130
    told = terminal.all
    (last,) = [number for number, line in enumerate(told) if line.startswith("0/3; ")]
    assert [line.split()[0] for line in told[last - 2 : last]] == ["one", "two,"]
    assert told[last + 1].startswith("storyboard: Interrupted; nothing more")
    assert not terminal.screen.cursor.hidden
    assert {take.state for take in slow.takes().values()} == {State.SENT}


def test_a_film_is_done_and_the_frame_is_gone(tmp_path: Path, prepared: Prepared) -> None:
    """stdout is somebody else's: a file gets the cut's name and nothing of what is drawn."""
    with filmed(tmp_path / "film", prepared) as film:
        terminal = rendering(film, 60, 40, streams=("stdin", "stderr"))
        code, out, _ = terminal.end()
    assert (code, out) == (0, f"{film.project / 'cut.mp4'}\n")
    told = terminal.all
    done = [line for line in told if ": done in " in line]
    assert sorted(line.split(",")[0] for line in done) == ["one", "three", "two"]
    assert [line.partition(", ")[2][-6:] for line in done] == ["1 of 3", "2 of 3", "3 of 3"]
    assert told[told.index("3 clips, 3 sent now") :][:2] == [
        "3 clips, 3 sent now",
        "rehearsed for 1.01 USD and an unknown amount; nothing was",
    ]
    assert told[-1] == "next: `storyboard takes storyboard.yaml`"
    assert not [line for line in told if IN_ALL in line or "encoding" in line], "a frame was left behind"
    assert b"\x1b[32m" in terminal.raw


STREAMS = {
    "a pipe for stderr": {"streams": ("stdin", "stdout")},
    "no terminal at all": {"streams": ()},
    "a dumb terminal": {"env": {"TERM": "dumb"}},
    "no colours, by the encoding of old": {"env": {"NO_COLOR": "1", "PYTHONIOENCODING": "ascii"}},
}


@pytest.mark.long
@pytest.mark.parametrize("who", STREAMS)
def test_plain_lines_are_few_and_plain(tmp_path: Path, prepared: Prepared, who: str) -> None:
    given: dict[str, Any] = STREAMS[who]
    with filmed(tmp_path / "film", prepared) as film:
        terminal = rendering(film, 80, 60, **given)
        code, out, err = terminal.end()
    assert code == 0, err
    told = [*terminal.all, *out.splitlines(), *err.splitlines()]
    assert any(line.endswith("cut.mp4") for line in told)
    about = [line for line in told if line.startswith(("one, ", "two, ", "three, "))]
    if who != "no colours, by the encoding of old":
        assert "\x1b" not in out + err + terminal.raw.decode()
        assert len(about) == 6, about  # each is sent, and done
        assert {line.partition(": ")[2].split(",")[0].split(" ")[0] for line in about} == {"sent", "done"}
    else:
        assert not re.search(rb"\x1b\[\d+m", terminal.raw)
        assert len(about) == 3, about


@pytest.mark.long
@pytest.mark.parametrize("closed", ["2>&1 | head -1", "2>&-", ">&- 2>&-"])
def test_a_reader_who_leaves_stops_no_render(tmp_path: Path, prepared: Prepared, closed: str) -> None:
    with filmed(tmp_path / "film", prepared) as film:
        subprocess.run(  # noqa: S602 - a pipe is what is tested
            f"{sys.executable} -m storyboard render . --yes {closed}",
            shell=True,
            cwd=film.project,
            env=film.environment,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert {take.state for take in film.takes().values()} == {State.VERIFIED}
        assert (film.project / "cut.mp4").read_bytes() == prepared.cut


@pytest.mark.long
@pytest.mark.parametrize("size", [(40, 8), (60, 24), (120, 50)])
def test_every_size_shows_what_goes_wrong(tmp_path: Path, prepared: Prepared, size: tuple[int, int]) -> None:
    """An answer is lost, and it is in no history."""
    with filmed(tmp_path / "film", prepared, faults={"drop-after-accept": 1.0}, history_outage=True) as film:
        terminal = rendering(film, *size)
        code, _, _ = terminal.end()
    told = " ".join(" ".join(terminal.all).split())
    assert code == 3
    assert "one, take 1: unknown: may be paid, not sent again" in told
    assert "storyboard reconcile" in told
    assert "1.01 USD and an unknown amount may have been spent" in told


def test_a_question_is_asked_of_who_asked_for_quiet(tmp_path: Path, prepared: Prepared) -> None:
    with filmed(tmp_path / "film", prepared) as film:
        terminal = Terminal(
            ["render", ".", "--quiet", "--log", "run.log"], cwd=film.project, env=film.environment
        )
        terminal.until(lambda seen: any("[y/N]" in line for line in seen.shown))
        terminal.type("n\n")
        code, _, _ = terminal.end()
        assert code == 3
        assert terminal.shown[-1].endswith("Nothing was sent.")
        asked = [line for line in (film.project / "run.log").read_text().splitlines() if '"asked"' in line]
        assert len(asked) == 1
        assert '"answer": "no"' in asked[0]
        assert film.bought() == []


def test_an_interrupt_is_answered_where_nothing_was_begun(tmp_path: Path, prepared: Prepared) -> None:
    """Typer catches it, and has no words for it."""
    with filmed(tmp_path / "film", prepared) as film:
        film.place.ready()
        with lease(film.place.lock, print), rendering(film) as terminal:
            terminal.until(lambda seen: any("waiting for it to end" in line for line in seen.shown))
            terminal.interrupt()
            code, _, _ = terminal.end()
    assert code == 130
    assert terminal.all[-1] == "interrupted: run the same command again and it goes on where it stopped"


@pytest.mark.long
def test_doctor_reads_and_fetches_one_display_at_a_time(tmp_path: Path, prepared: Prepared) -> None:
    """How far the reading is, then the takes that are fetched again; nothing of either is left."""
    with filmed(tmp_path / "film", prepared) as film:
        assert film.render()[0] == 0
        for clip in film.place.clips.rglob("*.mp4"):
            clip.unlink()
        with Terminal(
            ["doctor", ".", "--repair"], 100, 40, cwd=film.project, env=film.environment
        ) as terminal:
            code, _, _ = terminal.end()
    told = terminal.all
    assert code == 0, told
    assert [line for line in told if "fetched again, at no charge" in line]
    assert not [line for line in told if "reading every clip" in line or "clips done" in line], told
