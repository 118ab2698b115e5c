"""Music and narration as strips beside the cut's own: rows in which nothing overlaps. Pure; frames at its rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

from storyboard.compile.ranges import frames_of
from storyboard.cut.cues import PlacedCue
from storyboard.cut.edit import Cut
from storyboard.cut.handoff.strip import SoundStrip


def rows_of_sound(
    cues: Sequence[PlacedCue], cut: Cut, project: Path, lengths: Mapping[str, Fraction]
) -> tuple[tuple[SoundStrip, ...], ...]:
    """The cues in the project's files, every one in the first row that is free. `lengths` are the files' seconds, of
    those that are known."""
    rows: list[list[SoundStrip]] = []
    for each in cues:
        sound = _strip(each, cut, project, lengths.get(each.cue.file))
        if sound.frames <= 0:
            continue
        free = next((row for row in rows if row[-1].end <= sound.first), None)
        if free is None:
            rows.append([sound])
        else:
            free.append(sound)
    return tuple(map(tuple, rows))


def _strip(placed: PlacedCue, cut: Cut, project: Path, seconds: Fraction | None) -> SoundStrip:
    """To where the storyboard, the file or the cut ends it, whatever comes first."""
    cue = placed.cue
    first, source = frames_of(placed.begin, cut.fps), frames_of(cue.source, cut.fps)
    ends = [cut.frames]
    there = int(seconds * cut.fps) if seconds is not None else None
    if there is not None:
        ends.append(first + there - source)
    if cue.seconds is not None:
        ends.append(first + max(1, frames_of(cue.seconds, cut.fps)))
    return SoundStrip(project / cue.file, first, min(ends), source, cue, there)
