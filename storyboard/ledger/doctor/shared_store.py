"""A store that machines share: can it be read and written, is what is there safe from being written over, what of this
ledger's clips is in it and what is only here?"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

from storyboard.errors import StoreAway, StoryboardError
from storyboard.ledger.bucket import Bucket, bucket_of
from storyboard.ledger.doctor.examine import Examined
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.inventory import size_of
from storyboard.ledger.place import Place
from storyboard.report.counted import counted


def store_findings(place: Place, found: Examined | None = None) -> Iterator[Finding]:
    """Nothing where clips are not shared; `found` is what the place holds, where it is one."""
    if place.shared_clips is None:
        return
    named = {take.clip for take in (found.takes or () if found else ()) if take.clip}
    try:
        bucket = bucket_of(place.shared_clips)
        there = asyncio.run(bucket.sizes(sorted(named) or ["0" * 64]))
    except StoryboardError as failure:
        yield Finding("miss", "store", str(failure))
        return
    some = f": {len(there):,} of this ledger's {counted(len(named), 'clip')} are in it" if named else ""
    yield Finding("ok", "store", f"{place.shared_clips} can be read{some}")
    yield asyncio.run(_written(bucket))
    if found is not None:
        yield from _only_here(found, named, there)
        yield from _of_another_size(found.inventory.clips, there, bucket)


async def _written(bucket: Bucket) -> Finding:
    try:
        safe = await bucket.mark()
    except StoreAway as failure:
        text = f"{bucket.shared} can't be written ({failure.reason}): what is bought here does not get there"
        return Finding("warn", "store", text, "let these credentials create objects there")
    if not safe:
        text = f"{bucket.shared} writes over what is there, though it is asked to create only"
        return Finding("miss", "store", text, "name a store that knows conditional writes (If-None-Match)")
    return Finding("ok", "store", "it can be written, and what is there can't be written over")


def _only_here(found: Examined, named: set[str], there: Mapping[str, int]) -> Iterator[Finding]:
    clips = (named & found.inventory.whole) - there.keys()
    if clips:
        text = f"{counted(len(clips), 'clip')} of this ledger {'is' if len(clips) == 1 else 'are'} only here"
        yield Finding("warn", "store", text, "`storyboard store push PATH` puts them there")


def _of_another_size(here: Mapping[str, Path], there: Mapping[str, int], bucket: Bucket) -> Iterator[Finding]:
    for clip, size in there.items():
        if clip in here and size_of(here[clip]) != size:
            text = f"{bucket.shared.shown(clip)} has {size:,} bytes, and the clip {size_of(here[clip]):,}"
            cure = "remove that object, then `storyboard store push PATH`"
            yield Finding("miss", "store", text, cure)
