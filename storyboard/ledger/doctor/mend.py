"""What can be mended in a place without asking anybody. Only for whoever holds its lease; nothing is thrown away but
half-made files."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from storyboard.ledger.closed import believe, verdict
from storyboard.ledger.doctor.access import set_permissions
from storyboard.ledger.doctor.examine import SHOWN, Examined
from storyboard.ledger.inventory import files_in, hashes_of
from storyboard.ledger.place import FOLDER, Place, places_of
from storyboard.ledger.store import Store
from storyboard.report.counted import counted

PROBES = "probe-*"  # what a killed doctor leaves: see disk.py


def mended(found: Examined) -> tuple[str, ...]:
    """Damaged clips moved aside, copies that lie elsewhere in the project put in their place, half-made files swept,
    permissions set, the ledger's bytes taken as they are; in words. Raises LedgerError."""
    place, done = found.place, []
    store = Store(place)
    for clip in found.inventory.damaged:
        kept = store.keep_odd(store.path_of(clip))
        done.append(f"{clip[:SHOWN]}…: damaged, moved to {kept}")
    done += _put_back(found, store)
    done += _swept(place, store)
    done += set_permissions(place)
    if place.shared is None and found.takes is not None and verdict(place.ledger) == "changed":
        believe(place.ledger)
        done.append(f"{place.ledger}: taken as it is, {counted(len(found.takes), 'take')}")
    return tuple(done)


def _put_back(found: Examined, store: Store) -> Iterable[str]:
    wanted = set(found.lost)
    if not wanted:
        return
    copies = {str(path): path for path in _copies(found.place, wanted) if _plain(path)}
    for name, clip in hashes_of(copies).items():
        if isinstance(clip, str) and clip in wanted:
            wanted.discard(clip)
            _put(copies[name], clip, store)
            if copies[name].is_relative_to(found.place.clips):
                copies[name].unlink(missing_ok=True)  # it lay among the clips under another name
            yield f"{clip[:SHOWN]}…: found as {name} and put back"


def _copies(place: Place, wanted: set[str]) -> Iterable[Path]:
    """Files of the project that may have the bytes of a clip: misnamed ones, odd ones, those in the trash."""
    store = Store(place)
    named = {store.path_of(name) for name in store.names()}
    yield from (path for path in files_in(place.clips) if path not in named)
    for folder in (place.incoming, place.odd, place.project / FOLDER / "trash"):
        yield from files_in(folder)
    for other in places_of(place.project):
        if other != place:
            yield from (path for clip in wanted if (path := Store(other).path_of(clip)).is_file())


def _plain(path: Path) -> bool:
    """A pipe would keep us waiting, a link lead elsewhere."""
    return path.is_file() and not path.is_symlink()


def _put(copy: Path, clip: str, store: Store) -> None:
    temporary = store.incoming(clip)
    shutil.copyfile(copy, temporary)
    store.put(temporary, clip)


def _swept(place: Place, store: Store) -> Iterable[str]:
    half = len(store.leftovers())
    store.sweep()
    if half:
        yield f"{place.incoming}: {counted(half, 'half-made file')} swept"
    for probe in place.folder.glob(PROBES):
        if probe.is_dir() and not probe.is_symlink():
            shutil.rmtree(probe, ignore_errors=True)
