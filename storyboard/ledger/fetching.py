"""Clips out of a shared store into this machine's: only those that somebody needs, each checked against its name.

What came of a clip stays when the rest does not, in `incoming/<sha256>.part`: the next try goes on where this one
stopped, in this run or a later one. The file is locked while it is written, so that two processes fetch a clip once.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from storyboard.errors import LedgerError, StoreAway
from storyboard.ledger.inventory import Told, unseen
from storyboard.ledger.lease import try_lock
from storyboard.ledger.store import Store, sha256_of
from storyboard.log import note

if TYPE_CHECKING:
    from storyboard.ledger.bucket import Bucket
    from storyboard.ledger.place import Place

AT_A_TIME = 8
FRUITLESS = 3  # tries one after the other that brought nothing
WAIT = 0.2  # seconds before the next try; then twice as long
LOOK_AGAIN = 0.1  # seconds, while another process fetches the same clip
MOST = 2 << 30  # bytes; no clip has a tenth of that


class Brought(Struct, frozen=True):
    """What became of clips that were to be fetched: those that came, and those that did not with the reason; what is
    in neither is not in the shared store."""

    clips: tuple[str, ...] = ()
    troubles: dict[str, StoreAway] = {}


def bring_here(place: Place, clips: Collection[str], told: Told = unseen) -> Brought:
    """Fetches those of the clips that are not here and are shared, side by side; `told` how many of how many, as they
    come to their end. Not within an event loop. Raises LedgerError when the disk takes nothing."""
    store = Store(place)
    wanted = [clip for clip in dict.fromkeys(clips) if store.shared is not None and not store.holds(clip)]
    if not wanted:
        return Brought()
    place.ready()
    return asyncio.run(_brought(store, wanted, told))


async def _brought(store: Store, clips: Collection[str], told: Told) -> Brought:
    slots = asyncio.Semaphore(AT_A_TIME)
    came: dict[str, bool] = {}
    troubles: dict[str, StoreAway] = {}

    async def one(clip: str) -> None:
        async with slots:
            try:
                came[clip] = await fetched_from_shared(store, clip)
            except StoreAway as failure:
                troubles[clip] = failure
            told(len(came) + len(troubles), len(clips))

    await asyncio.gather(*map(one, clips))
    return Brought(tuple(clip for clip in clips if came.get(clip)), troubles)


async def fetched_from_shared(store: Store, clip: str) -> bool:
    """Is the clip here by now? False when it is not in the shared store, or there is no such store. Raises StoreAway,
    also for an object that is not what its name says, and LedgerError when the disk takes nothing."""
    if store.shared is None:
        return False
    from storyboard.ledger.bucket import bucket_of

    try:
        async with _part(store, clip) as part:
            return part is None or await _filled(bucket_of(store.shared), store, clip, part)
    except OSError as failure:
        raise LedgerError(
            f"A clip can't be written to {store.part_of(clip).parent} ({failure.strerror or failure}). It is in the "
            f"shared clip store {store.shared}: free some space and run the same command again."
        ) from failure


@asynccontextmanager
async def _part(store: Store, clip: str) -> AsyncIterator[IO[bytes] | None]:
    """What came of the clip so far, to be gone on with by this process alone; None when the clip is here by now."""
    path = store.part_of(clip)
    while not store.holds(clip):
        with _opened(path) as stream:
            if try_lock(stream) and _is_still(path, stream):
                try:
                    yield stream
                finally:
                    if not stream.closed and stream.seek(0, os.SEEK_END) == 0:
                        with suppress(OSError):  # Windows, where it is open
                            path.unlink()
                return
        await asyncio.sleep(LOOK_AGAIN)
    yield None


def _opened(path: Path) -> IO[bytes]:
    """A stranger's repository may know the name and plant a link there: it is not followed."""
    if path.is_symlink():
        path.unlink()
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o644), "ab+")


def _is_still(path: Path, stream: IO[bytes]) -> bool:
    """Another process may have put the file in its place, or thrown it away, before we had the lock."""
    try:
        return os.path.samestat(path.stat(), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False


async def _filled(bucket: Bucket, store: Store, clip: str, part: IO[bytes]) -> bool:
    """The rest of the clip, and the whole put in its place; False when there is none. What an earlier run left may be
    damaged: then all of it comes once more, before the object is blamed."""
    path, begun = store.part_of(clip), part.seek(0, os.SEEK_END) > 0
    came = await _rest(bucket, clip, part)
    if came and begun and await asyncio.to_thread(sha256_of, path) != clip:
        part.truncate(0)
        came = await _rest(bucket, clip, part)
    if came and await asyncio.to_thread(sha256_of, path) == clip:
        if sys.platform == "win32":
            part.close()  # there an open file can't be moved
        await asyncio.to_thread(store.put, path, clip)
        note("clip", clip=clip, what="fetched", store=bucket.shared)
        return True
    part.truncate(0)
    if came:
        raise _another(bucket, clip, "its bytes are not those that its name says")
    return False


async def _rest(bucket: Bucket, clip: str, part: IO[bytes]) -> bool:
    """All bytes from where the file ends, try after try as long as they bring something; False when there is no such
    object. Raises StoreAway."""
    fruitless = 0
    while True:
        begin = part.seek(0, os.SEEK_END)
        try:
            size = await _more(bucket, clip, part, begin)
            failure = StoreAway(f"The clip store {bucket.shared} sent half a clip.", "it sent half a clip")
        except StoreAway as broken:
            size, failure = -1, broken
        if size is None or part.tell() == size:
            return size is not None
        fruitless = 0 if part.tell() > begin else fruitless + 1
        if fruitless == FRUITLESS or failure.final:
            raise failure
        await asyncio.sleep(WAIT * 2**fruitless)


async def _more(bucket: Bucket, clip: str, part: IO[bytes], begin: int) -> int | None:
    """What comes in one try; the size of the whole, or None where there is none."""
    if begin:
        size = (await bucket.sizes([clip])).get(clip)
        if size is None or size == begin:
            return size
        if begin > size:  # what is longer is no part of it
            part.truncate(begin := 0)
    piece = await bucket.get(clip, begin)
    if piece is None:
        return None
    if piece.size > MOST:
        raise _another(bucket, clip, f"it has {piece.size:,} bytes, which no clip has")
    async for chunk in piece.chunks:
        part.write(chunk)
        part.flush()  # what came is not asked for again, however this run ends
    return piece.size


def _another(bucket: Bucket, clip: str, why: str) -> StoreAway:
    reason = f"{bucket.shared.shown(clip)} is not the clip: {why}"
    return StoreAway(
        f"The object {reason}. It was not taken. Nobody can write over it: remove it there, and `storyboard store "
        "push` from a machine that has the clip puts it back.",
        reason,
        final=True,
    )
