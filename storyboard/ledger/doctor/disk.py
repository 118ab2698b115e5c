"""What this file system really does: keeps what it says it kept, lets one hold what another must wait for, has room."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from storyboard.durable import sync_file, sync_folder
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.lease import at_work
from storyboard.space import free_at

PATIENCE = 20.0  # seconds for another Python to begin
# Types of file systems on which locks and syncs depend on a server, as /proc/mounts names them.
SHARED = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "fuse.sshfs",
    "fuse.rclone",
    "afs",
    "ceph",
    "gluster",
    "vboxsf",
    "prl_fs",
    "davfs",
)
# Folders that a program copies to other machines while we write.
COPIED = (
    "dropbox",
    "onedrive",
    "google drive",
    "googledrive",
    "icloud",
    "com~apple~clouddocs",
    "nextcloud",
    "syncthing",
)
# A process of its own that imports nothing of the project's folder: holds both kinds of lock that we rely on.
HOLDER = """
import sqlite3, sys
lock = open(sys.argv[1], "a+")
try:
    import fcntl
except ImportError:
    import msvcrt
    lock.seek(1 << 30)
    msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
else:
    fcntl.flock(lock, fcntl.LOCK_EX)
base = sqlite3.connect(sys.argv[2], isolation_level=None)
base.execute("CREATE TABLE held (x)")
base.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def tried(folder: Path) -> tuple[Finding, ...]:
    """Writes, syncs, renames and locks in a folder of its own within `folder`, which is gone afterwards."""
    where = _kind(folder)
    try:
        with tempfile.TemporaryDirectory(prefix="probe-", dir=folder, ignore_cleanup_errors=True) as made:
            return (_syncs(Path(made), where), _locks(Path(made), where), *_copied(folder))
    except OSError as failure:
        text = f"{folder} can't be written ({failure.strerror or failure}): no clip can be kept here"
        return (
            Finding("miss", "disk", text, "check the permissions of the folder and the space on the disk"),
        )


def room(folder: Path, needed: int, for_what: str) -> Finding:
    """Is there room for so many bytes?"""
    free = free_at(folder)
    if free is None:
        return Finding("note", "space", "the file system does not say how much is free")
    text = f"{free / 2**20:,.0f} MiB free; {for_what} about {needed / 2**20:,.0f} MiB"
    if free < needed:
        return Finding(
            "miss", "space", text, "free some space before you render: a full disk stops it half way"
        )
    if free < 2 * needed:
        return Finding("warn", "space", text, "free some space")
    return Finding("ok", "space", text)


def _syncs(folder: Path, where: str) -> Finding:
    path = folder / "written"
    path.write_bytes(b"x" * 4096)
    sync_file(path)
    path.replace(folder / "renamed")
    if not sync_folder(folder):
        text = (
            f"the file system{where} can't sync a folder: after a power failure a finished clip may be gone"
        )
        return Finding("warn", "disk", text, "it is fetched again then, at no charge; a local disk is safer")
    return Finding("ok", "disk", f"writing, syncing and renaming work{where}")


def _locks(folder: Path, where: str) -> Finding:
    lock, base = folder / "lock", folder / "base.sqlite"
    try:
        with _holder(lock, base):
            seen, refused = at_work(lock) is not None, _refused(base)
    except (OSError, RuntimeError) as failure:
        return Finding("warn", "locks", f"could not be tried{where}: {failure}")
    if seen and refused:
        return Finding("ok", "locks", f"a lock that another process holds is seen{where}")
    ignored = " and ".join(name for name, held in (("flock", seen), ("fcntl", refused)) if not held)
    return Finding(
        "warn" if refused else "miss",
        "locks",
        f"the file system{where} ignores locks ({ignored}): a lock that another process holds is not seen",
        "run one command at a time in this project, from one machine; better, keep it on a local disk",
    )


@contextlib.contextmanager
def _holder(lock: Path, base: Path) -> Iterator[None]:
    """Another process that holds both. Raises RuntimeError when it does not come to that."""
    with subprocess.Popen(
        [sys.executable, "-I", "-c", HOLDER, str(lock), str(base)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        timer = threading.Timer(PATIENCE, process.kill)
        timer.start()
        try:
            if process.stdout is None or process.stdout.readline().strip() != b"held":
                said = process.stderr.read().decode("utf-8", "replace").strip() if process.stderr else ""
                raise RuntimeError(
                    said.rpartition("\n")[2][:200] or "the process that should hold them ended"
                )
            yield
        finally:
            timer.cancel()
            process.kill()


def _refused(base: Path) -> bool:
    """Does SQLite see that another process writes?"""
    connection = sqlite3.connect(base, timeout=0, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as failure:
        return "locked" in str(failure)
    finally:
        connection.close()
    return False


def _kind(folder: Path) -> str:
    """The type of a file system that is shared with other machines, in words; "" for others and where nobody says."""
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    here, best, kind = os.path.realpath(folder), "", ""
    for words in (line.split(" ") for line in mounts):
        point = words[1].replace("\\040", " ") if len(words) > 2 else ""  # noqa: PLR2004 - device, where, type
        if point and len(point) >= len(best) and (here + "/").startswith(point.rstrip("/") + "/"):
            best, kind = point, words[2]
    return f" ({kind}, shared with other machines)" if kind.startswith(SHARED) else ""


def _copied(folder: Path) -> Iterator[Finding]:
    for part in folder.absolute().parts:
        if part.lower().startswith(COPIED):
            yield Finding(
                "warn",
                "disk",
                f"{folder} lies in {part!r}, which another program copies between machines: two of them can buy the "
                "same clip, and a ledger copied half way is damaged",
                "keep the project elsewhere; share it with git",
            )
            return
