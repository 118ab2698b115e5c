"""What of a project nobody names any more. Only for whoever holds the leases of all its places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from msgspec import Struct

from storyboard.errors import LedgerError, StoryboardError
from storyboard.ledger.garbage.named import is_named, named_by_lock, named_by_storyboards
from storyboard.ledger.inventory import files_in, size_of
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.owner import refuse_to_forget
from storyboard.ledger.place import FOLDER, Place, places_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.store import Store

Kind = Literal["clip", "segment", "incoming"]


class Removable(Struct, frozen=True):
    """`costly`: to make it again would cost money, and no take says how much."""

    path: Path
    kind: Kind
    size: int
    costly: bool


class Names(Struct, frozen=True):
    """Every clip that somebody names: takes, storyboard.lock, and beginnings of names in storyboards."""

    whole: frozenset[str]
    beginnings: frozenset[str]

    def has(self, clip: str) -> bool:
        return is_named(clip, self.whole, self.beginnings)


def names_of(project: Path) -> Names:
    """Raises LedgerError when a ledger, the lock or a storyboard can't be read."""
    try:
        takes = [take for place in places_of(project) for take in _takes(place)]
        clips = frozenset(take.clip for take in takes if take.clip)
        return Names(clips | named_by_lock(project), named_by_storyboards(project))
    except StoryboardError as failure:
        raise LedgerError(
            f"{failure} It can't be told which clips are still named: nothing was moved."
        ) from failure


def removable(project: Path, now: datetime, unused: timedelta) -> tuple[Removable, ...]:
    """Clips that nobody names, segments that were made longer ago than `unused`, what killed runs left half-made."""
    names = names_of(project)
    places = places_of(project)
    clips = [found for place in places for found in _clips(place, names)]
    half = [_of(path, "incoming") for place in places for path in files_in(place.incoming)]
    return (*clips, *_segments(project, now - unused), *half)


def _takes(place: Place) -> tuple[TakeRecord, ...]:
    if not place.has_begun_ledger():
        refuse_to_forget(place)
        return ()
    return Ledger.open(place).takes()


def _clips(place: Place, names: Names) -> Iterator[Removable]:
    store = Store(place)
    coming = [take for take in _takes(place) if take.state is State.COMPLETED]
    for clip in sorted(store.names()):
        path = store.path_of(clip)
        if not names.has(clip) and not _may_be(path, coming):
            yield _of(path, "clip", costly=not place.rehearsal)


def _may_be(path: Path, coming: Sequence[TakeRecord]) -> bool:
    """A run that was killed between putting a clip down and writing it down: its take names no clip yet."""
    return any(take.file_size in {None, size_of(path)} for take in coming)


def _segments(project: Path, before: datetime) -> Iterator[Removable]:
    for path in files_in(project / FOLDER / "segments"):
        if datetime.fromtimestamp(path.lstat().st_mtime, UTC) <= before:
            yield _of(path, "segment")


def _of(path: Path, kind: Kind, *, costly: bool = False) -> Removable:
    return Removable(path, kind, size_of(path), costly)
