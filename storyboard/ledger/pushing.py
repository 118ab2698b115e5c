"""Clips of this machine into a shared store. A clip is here first, and durable; what can't be put there now is put
there by the next run, and however often a clip is put there, nothing is written again."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection
from pathlib import Path

from msgspec import Struct

from storyboard.errors import StoreAway
from storyboard.ledger.inventory import Told, unseen
from storyboard.ledger.store import Store
from storyboard.log import note
from storyboard.report.counted import counted

AT_A_TIME = 4  # each is in memory as a whole while it is sent


class Pushed(Struct, frozen=True):
    """What became of clips that are here: `new` were put into the shared store, `left` were not, `troubles` say why;
    the others were there. `unasked`: some of what is left may be there, for it could not be asked."""

    new: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()
    unasked: bool = False

    def in_words(self, store: Store) -> str:
        """What could not be put there; empty where nothing was left."""
        if not self.left:
            return ""
        several = counted(len(self.left), "clip is", "clips are")
        perhaps = "perhaps " if self.unasked else ""
        return (
            f"{several} here and paid, and {perhaps}not in the shared clip store {store.shared} yet: "
            f"{'; '.join(self.troubles)}. The next render puts {'it' if len(self.left) == 1 else 'them'} there, or "
            "`storyboard store push`."
        )


async def pushed(store: Store, clips: Collection[str], told: Told = unseen) -> Pushed:
    """Puts those of the clips that are here into the shared store, where they are not; `told` how many of how many, as
    they come to their end. Raises UsageError where obstore is missing."""
    from storyboard.ledger.bucket import bucket_of

    if store.shared is None:
        return Pushed()
    try:
        bucket = bucket_of(store.shared)
        asked = [clip for clip in dict.fromkeys(clips) if clip not in bucket.known and store.holds(clip)]
        there = await bucket.sizes(asked)
    except StoreAway as failure:
        here = tuple(filter(store.holds, dict.fromkeys(clips)))
        return Pushed(left=here, troubles=(failure.reason,), unasked=True)
    ends = await _each(store, [clip for clip in asked if clip not in there], told)
    left = {clip: why for clip, why in ends.items() if why is not None}
    new = tuple(clip for clip in ends if clip not in left)
    return Pushed(new, tuple(left), tuple(dict.fromkeys(left.values())))


async def _each(store: Store, clips: Collection[str], told: Told) -> dict[str, str | None]:
    """Clip → why it could not be put there."""
    slots = asyncio.Semaphore(AT_A_TIME)
    ends: dict[str, str | None] = {}

    async def one(clip: str) -> None:
        async with slots:
            try:
                await put_into_shared(store, clip)
                ends[clip] = None
            except StoreAway as failure:
                ends[clip] = failure.reason
            told(len(ends), len(clips))

    await asyncio.gather(*map(one, clips))
    return ends


async def put_into_shared(store: Store, clip: str) -> None:
    """A clip that is here. Raises StoreAway, also for one that is damaged."""
    if store.shared is None:
        return
    from storyboard.ledger.bucket import bucket_of

    data = await asyncio.to_thread(_whole, store.path_of(clip), clip)
    if await bucket_of(store.shared).put(clip, data):
        note("clip", clip=clip, what="put", store=store.shared)


def _whole(path: Path, clip: str) -> bytes:
    """Its bytes, which have the hash that it is named by: an object can't be mended."""
    try:
        data = path.read_bytes()
    except OSError as failure:
        reason = f"{path.name} can't be read here ({failure.strerror or failure})"
        raise StoreAway(f"{path} was not shared: {reason}.", reason, final=True) from failure
    if hashlib.sha256(data).hexdigest() != clip:
        reason = f"{clip[:12]}… is damaged here (`storyboard doctor PATH --repair` mends it)"
        raise StoreAway(f"{path} was not shared: {reason}.", reason, final=True)
    return data
