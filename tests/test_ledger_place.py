"""Where a ledger lies, whose it is and who is at work on it: looking makes nothing, strangers are not believed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from a_plan import Bench, bench
from a_take import INTENT

from storyboard.errors import LedgerError
from storyboard.ledger.facts import known_takes
from storyboard.ledger.known import ledger_id
from storyboard.ledger.owner import accept
from storyboard.ledger.place import place_of

__all__ = ["bench"]


def test_looking_writes_nothing(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    before = (bench.place.ledger.read_bytes(), bench.place.ledger.stat().st_mtime_ns)
    known_takes(bench.project, place=bench.place)
    assert (bench.place.ledger.read_bytes(), bench.place.ledger.stat().st_mtime_ns) == before


def test_a_strangers_ledger_is_not_believed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.ledger.claim(INTENT)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another person"))
    with pytest.raises(LedgerError, match="--accept-ledger"):
        known_takes(bench.project, place=bench.place)
    accept(ledger_id(bench.place), bench.project)
    assert len(bench.ledger.takes()) == 1


def test_a_moved_or_copied_project_keeps_its_ledger(bench: Bench, tmp_path: Path) -> None:
    bench.ledger.claim(INTENT)
    shutil.copytree(bench.project, tmp_path / "copy")
    bench.project.rename(tmp_path / "moved")
    for folder in (tmp_path / "copy", tmp_path / "moved"):
        takes, _ = known_takes(folder, place=place_of(folder, builtin=True))
        assert [take.scene for take in takes] == ["dawn"]


def test_looking_at_a_new_project_makes_nothing(tmp_path: Path) -> None:
    assert known_takes(tmp_path) == ((), frozenset())
    assert not list(tmp_path.iterdir())


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    try:
        (project / ".storyboard").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(LedgerError, match="symbolic link"):
        place_of(project).ready()
    assert not list(elsewhere.iterdir())


def test_each_look_alike_has_its_own_place(tmp_path: Path) -> None:
    urls = [
        None,
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8001",
        "https://fal.example/a?b",
        "https://builtin",
    ]
    folders = [place_of(tmp_path, url).folder for url in urls]
    folders.append(place_of(tmp_path, builtin=True).folder)
    assert len(set(folders)) == len(folders)
    assert all(":" not in str(folder.relative_to(tmp_path)) for folder in folders)


def test_the_folder_keeps_itself_out_of_git(bench: Bench) -> None:
    assert (bench.project / ".storyboard" / ".gitignore").read_text() == "*\n"


HOLDER = """
import sys, time
from pathlib import Path
from storyboard.ledger.lease import lease
with lease(Path(sys.argv[1]), lambda who: print("waiting:", who, flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_render_is_not_in_the_way(bench: Bench) -> None:
    path = bench.place.lock
    with _holder(path) as first, _holder(path) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        lines = {first.stdout.readline()}
        # Whoever came second says for whom it waits; the kill lets it in.
        ahead, behind = (first, second) if lines == {"held\n"} else (second, first)
        assert ahead.stdout is not None
        assert behind.stdout is not None
        if ahead is second:
            assert second.stdout.readline() == "held\n"
            told = lines.pop()
        else:
            told = behind.stdout.readline()
        assert f"pid {ahead.pid}" in told
        ahead.kill()
        assert ahead.wait() == -signal.SIGKILL
        assert behind.stdout.readline() == "held\n"
        behind.kill()
