"""What `storyboard doctor` finds in a project, each with its cure and its exit code."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from a_bought_film import Bought, as_it_was, bought, flipped, original
from a_plan import Bench, bench

from storyboard.ledger.closed import verdict
from storyboard.ledger.doctor.disk import room, tried
from storyboard.ledger.doctor.examine import examine
from storyboard.ledger.doctor.tracked import git_findings
from storyboard.ledger.lease import at_work, lease
from storyboard.ledger.ledger import Ledger, ledger_id
from storyboard.ledger.owner import accept
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State
from storyboard.sandbox.ids import request_id
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["bench", "bought", "original"]

SEED = 20261120


def test_a_whole_film_has_nothing_wrong(bought: Bought) -> None:
    code, said = bought.doctor()
    assert (code, said["broken"], said["warnings"]) == (0, 0, 0)
    names = {finding["name"] for finding in said["findings"]}
    assert {"ledger", "clips", "locks", "disk", "space", "git", "clock"} <= names
    ended = bought.run("doctor", bought.project / "storyboard.yaml")
    assert ended.code == 0
    assert "2 clips" in ended.out


def test_inside_a_project_it_looks_at_that_too(bought: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    below = bought.project / "stills"
    below.mkdir()
    monkeypatch.chdir(below)
    bought.clip().unlink()
    ended = bought.run("doctor")
    assert ended.code == 4
    assert "ffmpeg" in ended.out
    assert "MISS  clip        " in ended.out
    assert "--repair` fetches it again" in ended.out


def test_looking_changes_nothing(bought: Bought) -> None:
    def all_of_it() -> dict[str, tuple[bytes, int]]:
        files = [path for path in bought.project.rglob("*") if path.is_file()]
        return {str(path): (path.read_bytes(), path.stat().st_mode) for path in files}

    before = all_of_it()
    bought.clip().chmod(0o444)
    bought.doctor()
    assert all_of_it() == before


FLIPS = [pytest.param(120, id="120"), pytest.param(2000, id="2000", marks=pytest.mark.long)]


@pytest.mark.parametrize("number", FLIPS)
@pytest.mark.parametrize("what", ["clip", "ledger"])
def test_every_flipped_bit_is_found(bought: Bought, what: str, number: int) -> None:
    path = bought.clip() if what == "clip" else bought.place.ledger
    size, dice = path.stat().st_size, random.Random(f"{SEED}/{what}")  # noqa: S311 - a seed to play again
    now, missed = datetime.now(UTC), []
    for _ in range(number):
        position, bit = dice.randrange(size), dice.randrange(8)
        with as_it_was(path):
            flipped(path, position, bit)
            found = examine(bought.place, now).findings
        if not any(finding.level == "miss" for finding in found):
            missed.append((position, bit))
    print(f"{what}: {number - len(missed)} of {number} flipped bits found, seed {SEED}")  # noqa: T201 - a proof says its figures
    assert not missed
    assert not [finding for finding in examine(bought.place, now).findings if finding.level == "miss"]


def test_a_ledger_that_was_changed_in_a_corner_is_taken_as_it_is_on_demand(bought: Bought) -> None:
    """Bytes that no row is in: every take reads well, and the doctor still sees it, also after further runs."""
    ledger = bought.place.ledger
    data = ledger.read_bytes()
    corner = next(at for at in range(4096 + 200, len(data)) if data[at - 20 : at + 20] == bytes(40))
    flipped(ledger, corner)
    assert len(Ledger.open(bought.place).takes()) == 2
    assert bought.broken()[0] == 4
    with lease(bought.place.lock, lambda _: None):
        Ledger.open(bought.place).claim(Intent("e" * 64, 1, "more", "fal-ai/x/y", 5, "seeds", None))
    assert "not byte for byte" in bought.broken()[1][0]
    assert bought.doctor("--repair")[0] == 0
    assert bought.broken() == (0, [])


def test_what_a_ledger_was_closed_with_is_never_wrong(bought: Bought, tmp_path: Path) -> None:
    ledger, old = bought.place.ledger, tmp_path / "old"
    assert verdict(ledger) == "as closed"
    shutil.copyfile(ledger, old)
    with lease(bought.place.lock, lambda _: None):
        Ledger.open(bought.place).claim(Intent("e" * 64, 1, "more", "fal-ai/x/y", 5, "seeds", None))
        assert verdict(ledger) == "not known"  # as after a kill
    assert verdict(ledger) == "as closed"
    journal = ledger.with_name(ledger.name + "-journal")
    journal.write_bytes(b"")
    assert verdict(ledger) == "not known"  # somebody writes
    journal.unlink()
    shutil.copyfile(old, ledger)
    assert verdict(ledger) == "older"
    assert any("put back from a backup" in text for text in bought.warnings())
    note = ledger.with_suffix(".sum")
    flipped(note, 30)
    assert verdict(ledger) == "not known"


def test_a_ledger_of_no_known_shape(bought: Bought) -> None:
    with contextlib.closing(sqlite3.connect(bought.place.ledger)) as opened:
        opened.execute("CREATE TRIGGER again AFTER UPDATE ON takes BEGIN SELECT 1; END")
    assert "a trigger" in bought.broken()[1][0]
    bought.place.ledger.write_bytes(b"not a database at all, but long enough to look at" * 90)
    code, broken = bought.broken()
    assert code == 4
    assert "damaged" in broken[0]


def test_orphans_and_strays(bought: Bought) -> None:
    bought.store.put(_written(bought.place.incoming / "x", b"nobody's"), _sha(b"nobody's"))
    (bought.place.clips / "notes.txt").write_text("mine")
    wrong = bought.place.clips / "ff" / f"{'ab' * 32}.mp4"
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(b"elsewhere")
    said = bought.warnings()
    assert sum("named by no take" in text for text in said) == 1
    assert sum("no clip by its name" in text for text in said) == 2
    flipped(bought.store.path_of(_sha(b"nobody's")), 0)
    assert any("no take names it" in text for text in bought.broken()[1])


def test_what_storyboard_lock_names_is_no_orphan(bench: Bench) -> None:
    place = place_of(bench.project)
    Ledger.open(place)
    data = b"a colleague's"
    from storyboard.ledger.store import Store

    Store(place).put(_written(place.incoming / "x", data), _sha(data))
    found = examine(place, datetime.now(UTC), named=frozenset({_sha(data)})).findings
    assert [finding.level for finding in found if "storyboard.lock" in finding.text] == ["note"]


def test_a_lock_file_that_cannot_be_read(bought: Bought) -> None:
    (bought.project / "storyboard.lock").write_text('{"clip": "x"}\n<<<<<<< HEAD\n')
    code, broken = bought.broken()
    assert code == 4
    assert "line 2" in broken[0]


STUCK = {
    State.SENDING: "its answer was lost",
    State.UNKNOWN: "its answer was lost",
    State.SENT: "not fetched since",
    State.COMPLETED: "not fetched yet",
}


@pytest.mark.parametrize("state", STUCK)
def test_takes_that_stopped_half_way(bought: Bought, state: State) -> None:
    sent_at = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    take = replace(bought.take(), digest="e" * 64, state=state, clip=None, sent_at=sent_at, request_id="id-9")
    Ledger.open(bought.place).admit(take, "for a test")
    (text,) = bought.warnings()
    assert STUCK[state] in text
    assert "reconcile" in bought.run("doctor", bought.project).out


def test_the_clock_is_compared_with_the_newest_id(bought: Bought) -> None:
    take = bought.take()
    ledger = Ledger.open(bought.place)
    taken = datetime.fromisoformat(take.sent_at or "") + timedelta(minutes=30)
    made = request_id(7, 7, taken.timestamp())
    ledger.admit(replace(take, digest="e" * 64, request_id=made), "for a test")
    (text,) = bought.warnings()
    assert text.startswith("clock:")
    assert "30 min behind" in text


def test_another_persons_ledger(bought: Bought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another person"))
    assert "--accept-ledger" in bought.broken()[1][0]


@pytest.mark.parametrize("name", ["incoming", "odd", "clips/ff", "../../trash", "ledger.sum"])
def test_every_planted_link_is_named(bought: Bought, tmp_path: Path, name: str) -> None:
    planted = bought.place.folder / name
    if planted.is_dir():
        shutil.rmtree(planted)
    planted.unlink(missing_ok=True)
    planted.symlink_to(tmp_path, target_is_directory=True)
    code, broken = bought.broken()
    assert code == 4
    assert any(text.startswith("link:") and planted.name in text for text in broken)


def test_the_whole_folder_may_be_a_link(bought: Bought, tmp_path: Path) -> None:
    folder = (bought.project / ".storyboard").rename(tmp_path / "away")
    (bought.project / ".storyboard").symlink_to(folder)
    assert bought.broken()[0] == 4


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


def test_what_was_committed_by_mistake(bought: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    git(bought.project, "init")
    shutil.copyfile(bought.clip(), bought.project / bought.clip().name)
    word = "0e0e0e0e-1111-2222-3333-444444444444:" + "5" * 32
    (bought.project / ".env").write_text(f"FAL_KEY={word}\n")
    (bought.project / "mine.txt").write_text("my-own-secret-word")
    git(bought.project, "add", ".env", "mine.txt", bought.clip().name, "-f", str(bought.place.ledger))
    monkeypatch.setenv("FAL_KEY", "my-own-secret-word")
    (bought.project / ".storyboard" / ".gitignore").unlink()
    found = git_findings(bought.project)
    broken = [finding.text for finding in found if finding.level == "miss"]
    assert any("ledger.sqlite" in text and bought.clip().name in text for text in broken)
    assert sum("holds a key" in text for text in broken) == 2
    assert word not in str(found)
    assert "secret" not in str(found)
    warned = [finding.text for finding in found if finding.level == "warn"]
    assert any("not ignored" in text for text in warned)
    assert any("storyboard.lock" in text for text in warned)
    assert bought.broken()[0] == 4


def test_a_new_project_is_as_git_should_have_it(run: Callable, tmp_path: Path) -> None:
    assert run("init", tmp_path / "film").code == 0
    git(tmp_path / "film", "init")
    git(tmp_path / "film", "add", "-A")
    assert [finding.level for finding in git_findings(tmp_path / "film")] == ["ok"]
    assert run("doctor", tmp_path / "film").code == 0
    assert not (tmp_path / "film" / ".storyboard").exists()


def test_a_repositorys_settings_run_nothing(bought: Bought, tmp_path: Path) -> None:
    git(bought.project, "init")
    canary = tmp_path / "canary"
    (bought.project / "hook").write_text(f"#!/bin/sh\ntouch {canary}\n")
    (bought.project / "hook").chmod(0o755)
    git(bought.project, "config", "core.fsmonitor", str(bought.project / "hook"))
    package = bought.project / "sqlite3"
    package.mkdir()
    (package / "__init__.py").write_text(f"open({str(canary)!r}, 'w')")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "storyboard", "doctor", "."],
        cwd=bought.project,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert not canary.exists()


def test_without_git_it_says_so(bought: Bought, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [(f.level, f.name) for f in git_findings(bought.project)] == [("note", "git")]


# A file system without working locks, as some network ones are: what flock and fcntl say there.
NO_LOCKS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
int flock(int fd, int operation) { return 0; }
static int answered(const char *name, int fd, int command, void *argument) {
    if (!WITH_FCNTL || (command != F_SETLK && command != F_SETLKW && command != F_GETLK)) {
        int (*real)(int, int, ...) = dlsym(RTLD_NEXT, name);
        return real(fd, command, argument);
    }
    if (command == F_GETLK) ((struct flock *)argument)->l_type = F_UNLCK;
    return 0;
}
int fcntl(int fd, int command, ...) {
    va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
    return answered("fcntl", fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list list; va_start(list, command); void *argument = va_arg(list, void *); va_end(list);
    return answered("fcntl64", fd, command, argument);
}
"""


@pytest.mark.linux
@pytest.mark.skipif(sys.platform != "linux", reason="replaces the locks of Linux's C library")
@pytest.mark.parametrize("with_fcntl", [0, 1])
def test_locks_that_are_ignored_are_noticed(
    bought: Bought, tmp_path: Path, with_fcntl: int, process: Callable
) -> None:
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("NO C COMPILER: a file system without locks was not tried")
    source, library = tmp_path / "locks.c", tmp_path / "locks.so"
    source.write_text(NO_LOCKS)
    words = (f"-DWITH_FCNTL={with_fcntl}", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl")
    subprocess.run([compiler, *words], check=True, capture_output=True)
    ended = process("doctor", bought.project, env={"LD_PRELOAD": str(library)})
    assert "ignores locks" in ended.out, ended.out
    assert ended.code == (4 if with_fcntl else 0)
    assert ("flock and fcntl" if with_fcntl else "(flock)") in ended.out


@contextlib.contextmanager
def tmpfs(folder: Path, size: str) -> Iterator[Path]:
    """A small file system of its own."""
    folder.mkdir(exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("NO MOUNTING HERE: a full disk was not tried")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


@pytest.mark.linux
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system as Linux does")
def test_a_full_disk(original: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    with tmpfs(tmp_path / "small", "64m") as small:
        project = small / "film"
        shutil.copytree(original, project)
        made = place_of(project, builtin=True)
        shutil.move(made.server, tmp_path / "state")
        with running(SandboxSettings(state=tmp_path / "state", latency=0.0)) as server:
            monkeypatch.setenv("STORYBOARD_FAL_URL", server.base_url)
            made.folder.rename(place_of(project, server.base_url).folder)
            film = Bought(project, place_of(project, server.base_url), run)
            accept(ledger_id(film.place), project)
            clip = film.clip()
            size = clip.stat().st_size
            clip.unlink()
            _fill(small / "filling")
            code, broken = film.broken()
            assert code == 4
            assert any(text.startswith(("space:", "disk:")) for text in broken), broken
            ended = run("doctor", project, "--repair")
            assert ended.code == 4, ended.err
            assert (
                "free some space and run the same command again, and it is fetched at no charge" in ended.err
            )
            (small / "filling").unlink()
            assert film.doctor("--repair")[0] == 0
            assert clip.stat().st_size == size
            asked = httpx.get(f"{server.base_url}/_sandbox/ledger", trust_env=False).json()
            assert asked["submits"] == 2


def _fill(path: Path) -> None:
    filling = os.open(path, os.O_CREAT | os.O_WRONLY)
    with contextlib.suppress(OSError):
        while os.write(filling, b"x" * 4096):
            pass
    os.close(filling)


@pytest.mark.linux
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a file system as Linux does")
def test_a_lease_ends_well_on_a_full_disk(tmp_path: Path) -> None:
    """That nobody can be told who holds it must not make a render fail that has fetched everything."""
    with tmpfs(tmp_path / "small", "1m") as small:
        (small / "lock").touch()
        _fill(small / "filling")
        with lease(small / "lock", lambda _: None):
            assert at_work(small / "lock") is not None
        assert at_work(small / "lock") is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_folder_that_may_not_be_written(bought: Bought) -> None:
    folder = bought.project / ".storyboard"
    folder.chmod(0o500)
    bought.place.clips.chmod(0o500)
    if os.access(folder, os.W_OK):
        folder.chmod(0o700)
        pytest.skip("ROOT MAY WRITE EVERYWHERE: a read-only folder was not tried")
    try:
        code, broken = bought.broken()
    finally:
        folder.chmod(0o700)
        bought.place.clips.chmod(0o700)
    assert code == 4
    assert any(text.startswith("disk:") for text in broken)
    assert any(text.startswith("access:") for text in broken)


def test_room(tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    assert [room(tmp_path, needed, "x").level for needed in (0, free * 3 // 4, free * 2)] == [
        "ok",
        "warn",
        "miss",
    ]


def test_a_folder_that_is_copied_between_machines(tmp_path: Path) -> None:
    folder = tmp_path / "Dropbox (mine)"
    folder.mkdir()
    assert [finding.level for finding in tried(folder)] == ["ok", "ok", "warn"]
    assert list(folder.iterdir()) == []


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
