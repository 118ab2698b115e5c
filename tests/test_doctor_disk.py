"""What `storyboard doctor` finds in the disk below a project: locks that are ignored, no room, no right to write."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from a_bought_film import Bought, bought, original

from storyboard.ledger.doctor.disk import room, tried
from storyboard.ledger.known import ledger_id
from storyboard.ledger.lease import at_work, lease
from storyboard.ledger.owner import accept
from storyboard.ledger.place import place_of
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["bought", "original"]

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


@pytest.mark.long
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
