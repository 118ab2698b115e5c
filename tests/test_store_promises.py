"""The store's own promises, looked at with a sceptic's eye: damaged bytes, failing syncs, odd file systems."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from a_plan import Bench, bench

from storyboard.durable import sync_folder
from storyboard.ledger.place import place_of, places_of

__all__ = ["bench"]

DATA = b"a clip"
NAME = hashlib.sha256(DATA).hexdigest()


def fresh(bench: Bench, name: str = "one") -> Path:
    temporary = bench.store.incoming(name)
    temporary.write_bytes(DATA)
    return temporary


def test_what_was_damaged_is_kept_when_the_clip_comes_again(bench: Bench) -> None:
    path = bench.store.put(fresh(bench), NAME)
    path.chmod(0o600)
    path.write_bytes(b"a clop")
    path.chmod(0o444)  # as every clip is
    for _ in range(2):
        bench.store.put(fresh(bench), NAME)
        assert bench.store.read(NAME).read_bytes() == DATA
        assert [file.read_bytes() for file in bench.place.odd.iterdir()] == [b"a clop"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a file that is open can't be replaced")
def test_bytes_that_may_never_have_reached_the_disk_are_replaced(bench: Bench) -> None:
    """They read back well from memory, though their sync failed: only those that came last are known to be kept."""
    first = bench.store.put(fresh(bench), NAME).stat().st_ino
    arriving = fresh(bench)
    second = arriving.stat().st_ino
    assert bench.store.put(arriving, NAME).stat().st_ino == second != first


def test_a_link_in_a_clips_place_is_replaced_and_not_followed(bench: Bench, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    path = bench.store.path_of(NAME)
    path.parent.mkdir()
    path.symlink_to(outside)
    bench.store.put(fresh(bench), NAME)
    assert not path.is_symlink()
    assert (path.read_bytes(), outside.read_bytes()) == (DATA, b"mine")


def test_only_a_clip_in_its_own_place_counts_as_here(bench: Bench) -> None:
    """Plan and cut must mean the same by it, or a scene that was bought is shown from its still."""
    for place in (f"ff/{NAME}.mp4", f"{NAME[:2]}/{NAME.upper()}.mp4", f"{NAME[:2]}/{NAME}.mp4/x"):
        path = bench.place.clips / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(DATA)
    assert bench.store.names() == frozenset()
    assert not bench.store.holds(NAME)


def test_many_put_the_same_clip_at_once(bench: Bench) -> None:
    with ThreadPoolExecutor(16) as pool:
        paths = list(pool.map(lambda n: bench.store.put(fresh(bench, f"n{n}"), NAME), range(48)))
    assert {path.read_bytes() for path in paths} == {DATA}
    assert not list(bench.place.incoming.iterdir())
    assert not bench.place.odd.exists()


def test_what_is_odd_is_kept_twice_as_once(bench: Bench) -> None:
    kept = bench.store.keep_odd(fresh(bench))
    kept.chmod(0o444)
    assert bench.store.keep_odd(fresh(bench)) == kept
    assert len(list(bench.place.odd.iterdir())) == 1


def test_places_of_a_project(bench: Bench, tmp_path: Path) -> None:
    assert places_of(tmp_path / "nowhere") == ()
    place_of(bench.project, "http://127.0.0.1:8123").ready()
    (bench.project / ".storyboard" / "sandbox" / "planted").symlink_to(tmp_path)
    (bench.project / ".storyboard" / "sandbox" / "a file").write_text("")
    names = [place.folder.name for place in places_of(bench.project)]
    assert names == [".storyboard", "127.0.0.1-8123", "builtin"]


# What fsync says on a broken disk, and on shares that can't sync a folder; chmod on those without permissions.
FAULTS = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <sys/stat.h>
int fsync(int fd) {
    struct stat found;
    if (!fstat(fd, &found) && (S_ISDIR(found.st_mode) ? FOLDER : FILE_)) {
        errno = S_ISDIR(found.st_mode) ? FOLDER : FILE_;
        return -1;
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fsync"))(fd);
}
int chmod(const char *path, mode_t mode) { errno = CHMOD; return CHMOD ? -1 : 0; }
int fchmodat(int folder, const char *path, mode_t mode, int flags) { errno = CHMOD; return CHMOD ? -1 : 0; }
"""
CHILD = """
import sys
from pathlib import Path
from storyboard.errors import LedgerError
from storyboard.ledger.place import Place
from storyboard.ledger.store import Store
project = Path(sys.argv[1])
store = Store(Place(project, project / ".storyboard"))
try:
    print(store.put(Path(sys.argv[2]), sys.argv[3]).is_file())
except LedgerError as failure:
    print(failure)
"""
EIO, EINVAL, EPERM = 5, 22, 1


@pytest.fixture
def faulty(bench: Bench, tmp_path: Path) -> Callable[..., str]:
    """Puts a clip where system calls answer as told; what came of it."""
    compiler = shutil.which("cc") if sys.platform == "linux" else None
    if compiler is None:
        pytest.skip("NO C COMPILER FOR LINUX: failing syncs were not tried")
    place = place_of(bench.project)
    place.ready()

    def put(*, file: int = 0, folder: int = 0, chmod: int = 0) -> str:
        (tmp_path / "faults.c").write_text(FAULTS)
        words = [f"-DFILE_={file}", f"-DFOLDER={folder}", f"-DCHMOD={chmod}", "-shared", "-fPIC"]
        library = tmp_path / "faults.so"
        command = [compiler, *words, "-o", str(library), str(tmp_path / "faults.c"), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
        temporary = place.incoming / "x.part"
        temporary.write_bytes(DATA)
        ended = subprocess.run(
            [sys.executable, "-c", CHILD, str(bench.project), str(temporary), NAME],
            env={"LD_PRELOAD": str(library)},
            capture_output=True,
            text=True,
            check=True,
        )
        return ended.stdout.strip()

    return put


@pytest.mark.linux
def test_a_clip_whose_sync_fails_is_never_seen(faulty: Callable[..., str], bench: Bench) -> None:
    assert "fetched again at no charge" in faulty(file=EIO)
    assert not list(bench.project.rglob("*.mp4"))


@pytest.mark.linux
def test_a_folder_whose_sync_fails_is_said(faulty: Callable[..., str]) -> None:
    assert "Input/output error" in faulty(folder=EIO)


@pytest.mark.linux
def test_file_systems_that_cannot_sync_a_folder_or_set_permissions_still_take_clips(
    faulty: Callable[..., str],
) -> None:
    assert faulty(folder=EINVAL, chmod=EPERM) == "True"


def test_a_folder_is_synced_where_it_can_be(tmp_path: Path) -> None:
    assert sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "nowhere")
