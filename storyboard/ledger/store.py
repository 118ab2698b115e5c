"""Clips by content: `clips/aa/<sha256>.mp4`. Written once, never modified, never deleted.

A half-written clip is never visible: temporary file → fsync → rename → fsync of the folder. What lies damaged under
a clip's name is moved to `odd/` before the clip takes its place.

Where clips are shared (see shared_clips.py) this store is what everybody reads all the same: fetching.py brings here
what is needed, pushing.py puts there what was bought.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from storyboard.compile.request import Request
from storyboard.durable import sync_file, sync_folder
from storyboard.errors import LedgerError
from storyboard.ledger.place import Place
from storyboard.ledger.record import State, TakeRecord

NAME = re.compile(r"^[0-9a-f]{64}$")
CHUNK = 1 << 20


class Store:
    """The clips of one place."""

    def __init__(self, place: Place) -> None:
        self.shared = place.shared_clips
        self._clips = place.clips
        self._incoming = place.incoming
        self._odd = place.odd

    def path_of(self, clip: str) -> Path:
        """Where the clip of this sha256 is, or would be."""
        if not NAME.match(clip):
            raise LedgerError(f"{clip!r} names no clip: the ledger is damaged. Put it back from a backup.")
        return self._clips / clip[:2] / f"{clip}.mp4"

    def holds(self, clip: str) -> bool:
        return self.path_of(clip).is_file()

    def has_yield(self, take: TakeRecord) -> bool:
        """Is what a take yielded at hand: its clip here, or the id of its voice known?"""
        return take.voice is not None or (take.clip is not None and self.holds(take.clip))

    def names(self) -> frozenset[str]:
        """The sha256 of every clip that is here, by name alone."""
        return frozenset(path.stem for path in self._clips.glob("??/*.mp4") if self._in_its_place(path))

    def _in_its_place(self, path: Path) -> bool:
        """Would `holds` find it? One that was moved to another folder it would not."""
        return bool(NAME.match(path.stem)) and path.parent.name == path.stem[:2] and path.is_file()

    def read(self, clip: str) -> Path:
        """The clip's file, its bytes checked against its name."""
        path = self.path_of(clip)
        if sha256_of(path) != clip:
            raise LedgerError(
                f"The clip {path} is damaged: its content no longer has the hash it is named by. Run "
                "`storyboard doctor --repair`: it is fetched again, not bought again, as long as fal keeps it."
            )
        return path

    def incoming(self, name: str) -> Path:
        """A temporary file for a clip on its way here; never seen as a clip."""
        return self._incoming / f"{re.sub('[^A-Za-z0-9-]', '', name)[:80]}.{os.getpid()}.part"

    def part_of(self, clip: str) -> Path:
        """What came so far of a clip that is shared. The same for every run: the next one goes on with it."""
        self.path_of(clip)
        return self._incoming / f"{clip}.part"

    def put(self, temporary: Path, clip: str) -> Path:
        """Moves a complete file, whose bytes the caller has hashed, to its place for good.

        Bytes that are there already are replaced by these, which are known to be on the disk: a write of theirs
        may have failed after they were read back well.
        """
        path = self.path_of(clip)
        try:
            if self._kept_as_it_is(path, clip):
                temporary.unlink()
                return path
            sync_file(temporary)
            path.parent.mkdir(parents=True, exist_ok=True)
            if sys.platform != "win32":  # there a read-only file can't be replaced
                with contextlib.suppress(OSError):  # file systems without permissions refuse
                    temporary.chmod(0o444)
            temporary.replace(path)
            for folder in (path.parent, path.parent.parent):
                sync_folder(folder)
        except OSError as failure:
            raise LedgerError(
                f"The clip can't be put into {path.parent} ({failure.strerror or failure}). It is paid and "
                "still at fal: free some space and run the same command again, and it is fetched again at "
                "no charge."
            ) from failure
        return path

    def _kept_as_it_is(self, path: Path, clip: str) -> bool:
        """Is the clip there, where it can't be replaced while somebody plays it? What else is there goes to `odd/`."""
        if path.is_symlink() or not path.is_file():
            return False
        if sha256_of(path) != clip:
            self.keep_odd(path)
            return False
        return sys.platform == "win32"

    def keep_odd(self, file: Path) -> Path:
        """A whole file that was paid for and is no clip to us, or a clip that was damaged: kept, under its content's
        name. fal keeps what it made for days only."""
        try:
            path = self._odd / f"{sha256_of(file)}.bin"
            path.parent.mkdir(exist_ok=True)
            if path.exists():  # the same bytes, kept before
                with contextlib.suppress(OSError):
                    path.chmod(0o600)
            file.replace(path)
            for folder in (path.parent, file.parent):
                sync_folder(folder)
        except OSError as failure:
            raise LedgerError(
                f"{file.name} can't be kept in {self._odd} ({failure.strerror or failure}). Nothing is lost: what "
                "was bought is recorded. Free some space and run the same command again."
            ) from failure
        return path

    def leftovers(self) -> tuple[Path, ...]:
        """What killed runs left half-made, and nobody goes on with."""
        return tuple(path for path in self._incoming.glob("*.part") if not self._goes_on(path.stem))

    def _goes_on(self, clip: str) -> bool:
        return self.shared is not None and bool(NAME.match(clip)) and not self.holds(clip)

    def sweep(self) -> None:
        """Removes the leftovers. Only for whoever holds the lease."""
        for leftover in self.leftovers():
            with contextlib.suppress(OSError):
                leftover.unlink()


def clips_of(takes: Iterable[TakeRecord], store: Store, requests: Sequence[Request]) -> dict[str, Path]:
    """Scene → clip, for those requests whose take is verified and whose clip is here and undamaged."""
    return {
        scene: store.read(take.clip)
        for scene, take in takes_of(takes, requests).items()
        if take.clip is not None and store.holds(take.clip)
    }


def takes_of(takes: Iterable[TakeRecord], requests: Sequence[Request]) -> dict[str, TakeRecord]:
    """Scene → its verified take, of those requests that have one."""
    bought = {take.key: take for take in takes if take.state is State.VERIFIED}
    found = {each.scene: bought.get((each.digest or "", each.take)) for each in requests}
    return {scene: take for scene, take in found.items() if take is not None}


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
