"""Clips by content: `clips/aa/<sha256>.mp4`. Written once, never modified, never deleted.

A half-written clip is never visible: temporary file → fsync → rename → fsync of the folder.
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
from storyboard.errors import LedgerError
from storyboard.ledger.place import Place
from storyboard.ledger.record import State, TakeRecord

NAME = re.compile(r"^[0-9a-f]{64}$")
CHUNK = 1 << 20


class Store:
    """The clips of one place."""

    def __init__(self, place: Place) -> None:
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

    def names(self) -> frozenset[str]:
        """The sha256 of every clip that is here, by name alone."""
        return frozenset(p.stem for p in self._clips.glob("??/*.mp4") if NAME.match(p.stem))

    def read(self, clip: str) -> Path:
        """The clip's file, its bytes checked against its name."""
        path = self.path_of(clip)
        if sha256_of(path) != clip:
            raise LedgerError(
                f"The clip {path} is damaged: its content no longer has the hash it is named by. Move it "
                "away and run `storyboard render` again: it is fetched again, not bought again, as long as "
                "fal keeps it."
            )
        return path

    def incoming(self, name: str) -> Path:
        """A temporary file for a clip on its way here; never seen as a clip."""
        return self._incoming / f"{re.sub('[^A-Za-z0-9-]', '', name)[:80]}.{os.getpid()}.part"

    def put(self, temporary: Path, clip: str) -> Path:
        """Moves a complete file, whose bytes the caller has hashed, to its place for good."""
        path = self.path_of(clip)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.is_file() and sha256_of(path) == clip:
                temporary.unlink()
                return path
            _sync(temporary)
            if sys.platform != "win32":  # there a read-only file can't be replaced
                temporary.chmod(0o444)
            temporary.replace(path)
            for folder in (path.parent, path.parent.parent):
                _sync_folder(folder)
        except OSError as failure:
            raise LedgerError(
                f"The clip can't be put into {path.parent} ({failure.strerror or failure}). It is paid and "
                "still at fal: free some space and run the same command again, and it is fetched again at "
                "no charge."
            ) from failure
        return path

    def keep_odd(self, temporary: Path) -> Path:
        """A whole file that was paid for and is no clip to us: kept, since fal keeps it for days only."""
        path = self._odd / f"{sha256_of(temporary)}.bin"
        try:
            path.parent.mkdir(exist_ok=True)
            temporary.replace(path)
        except OSError as failure:
            raise LedgerError(
                f"What was fetched can't be kept in {self._odd} ({failure.strerror or failure}). It is paid and "
                "still at fal: free some space and run the same command again."
            ) from failure
        return path

    def sweep(self) -> None:
        """Removes what killed runs left half-made. Only for whoever holds the lease."""
        for leftover in self._incoming.glob("*.part"):
            with contextlib.suppress(OSError):
                leftover.unlink()


def clips_of(takes: Iterable[TakeRecord], store: Store, requests: Sequence[Request]) -> dict[str, Path]:
    """Scene → clip, for those requests whose take is verified and whose clip is here and undamaged."""
    bought = {take.key: take for take in takes if take.state is State.VERIFIED}
    found: dict[str, Path] = {}
    for request in requests:
        take = bought.get((request.digest, request.take)) if request.digest else None
        if take is not None and take.clip is not None and store.holds(take.clip):
            found[request.scene] = store.read(take.clip)
    return found


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":  # a folder can't be opened there; its rename is journalled
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
