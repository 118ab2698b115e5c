"""How long shots last: as a shot list says it, and within what a clip can be."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from storyboard.imports.draft import DraftScene, DraftShot
from storyboard.imports.pack import LEAST, MOST

CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)(?:[:;]\d{1,2})?")
PLAIN = re.compile(r"(\d{1,4}(?:[.,]\d{1,3})?)\s*(?:s|sec|secs|seconds?|\"|″)?\.?", re.IGNORECASE)


def seconds_said(text: str) -> float | None:
    """`4`, `4s`, `4,5 sec`, `0:04`, `00:00:04:12` without its frames. None where nothing is said, or no time."""
    text = text.strip()
    if (plain := PLAIN.fullmatch(text)) is not None:
        return float(plain[1].replace(",", "."))
    if (clock := CLOCK.fullmatch(text)) is not None:
        hours, minutes, seconds = clock[1] or "0", clock[2], clock[3].replace(",", ".")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    return None


def within_a_clip(shot: DraftShot) -> tuple[DraftShot, ...]:
    """The shot, or as many equal parts as its seconds need, each with all of its words, what is said in the first."""
    count = math.ceil(shot.seconds / MOST)
    if count <= 1:
        return (replace(shot, seconds=max(1, shot.seconds)),)
    return tuple(
        replace(
            shot,
            seconds=shot.seconds // count + (number < shot.seconds % count),
            dialogue=shot.dialogue if number == 0 else (),
            note="; ".join(filter(None, [shot.note, f"part {number + 1} of {count} of {shot.seconds} s"])),
        )
        for number in range(count)
    )


def lengthened(scene: DraftScene, made: Sequence[DraftScene]) -> Iterator[str]:
    """A remark where what was made is longer than it was, so that each clip has its least."""
    before, after = (sum(shot.seconds for one in each for shot in one.shots) for each in ((scene,), made))
    if after > before:
        yield f"scene {scene.id}: {before} s became {after} s, as no clip is shorter than {LEAST} s"
