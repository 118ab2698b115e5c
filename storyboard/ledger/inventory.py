"""What is in a place's folders: clips by name, their bytes against it, and what is no clip."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from msgspec import Struct

from storyboard.ledger.place import Place
from storyboard.ledger.store import NAME, Store, sha256_of

Told = Callable[[int, int], None]  # bytes looked at, of how many
MOST_THREADS = 8  # a disk does not read faster from more


def unseen(done: int, total: int) -> None:
    """Progress for nobody."""
    del done, total


class Inventory(Struct, frozen=True):
    """`clips` by sha256, in their places; `damaged` names those whose bytes are others, with the reason; `strays` lie
    among the clips and are none."""

    clips: Mapping[str, Path]
    damaged: Mapping[str, str]
    strays: tuple[Path, ...]

    @property
    def whole(self) -> frozenset[str]:
        return frozenset(self.clips) - frozenset(self.damaged)


def inventory(place: Place, told: Told = unseen) -> Inventory:
    """Reads every byte of every clip of a place."""
    store = Store(place)
    clips = {name: store.path_of(name) for name in sorted(store.names())}
    named = set(clips.values())
    strays = tuple(path for path in files_in(place.clips) if path not in named)
    return Inventory(clips, _damaged(clips, told), strays)


def files_in(folder: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, sorted; links are named and not followed."""
    for top, folders, names in os.walk(folder):
        folders.sort()
        links = [name for name in folders if (Path(top) / name).is_symlink()]
        yield from (Path(top) / name for name in sorted([*names, *links]))


def hashes_of(paths: Mapping[str, Path], told: Told = unseen) -> dict[str, str | OSError]:
    """Key → SHA-256 of that file, or why it can't be read; hashed side by side."""
    sizes = {key: size_of(path) for key, path in paths.items()}
    total, done = sum(sizes.values()), 0
    found: dict[str, str | OSError] = {}
    with ThreadPoolExecutor(min(MOST_THREADS, os.cpu_count() or 1)) as pool:
        asked = {pool.submit(sha256_of, path): key for key, path in paths.items()}
        for answer in as_completed(asked):
            failure = answer.exception()
            if failure is not None and not isinstance(failure, OSError):
                raise failure
            found[asked[answer]] = failure if isinstance(failure, OSError) else answer.result()
            done += sizes[asked[answer]]
            told(done, total)
    return found


def size_of(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def is_name(text: str) -> bool:
    """Is it the sha256 by which a clip is named?"""
    return bool(NAME.match(text))


def _damaged(clips: Mapping[str, Path], told: Told) -> dict[str, str]:
    found = hashes_of(clips, told)
    wrong = {name: found[name] for name in clips if found[name] != name}
    return {
        name: f"it can't be read ({value.strerror or value})"
        if isinstance(value, OSError)
        else "its bytes are not those it is named by"
        for name, value in wrong.items()
    }
