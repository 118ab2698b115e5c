"""The mix as sound files: in one piece, or in segments on a grid, so that what changed is all that is made anew.

    frames   |0 …            384|384 …         768|      a segment: frames, about 15 s of them, that last a
    blocks   |0 …            750|750 …        1500|      whole number of AAC blocks at the cut's rate
    encoded  |==================|++|                     ++ what comes next, for the coder's look-ahead
                           |----|==================|++|  -- its warm-up: what came before

A coder that was warmed up with the same sound makes packets that carry on where the last segment's stop: packets are
taken from both as if one coder had made them.
"""

from __future__ import annotations

import hashlib
import math
import os
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cut.clip import look_at_sound
from storyboard.cut.kept import Kept, all_made, kept_name
from storyboard.cut.level import finished, finished_key, finished_part, level_of
from storyboard.cut.mix import cues_in
from storyboard.cut.splice import Sound
from storyboard.cut.workers import HERE, Step, Workers
from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK, RATE, clip_writer, samples_of
from storyboard.media.opening import file_opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from storyboard.cut.clip import Clip
    from storyboard.cut.level import Level
    from storyboard.cut.mix import Mix

SECONDS = 15  # of a segment, about
STEP = 12 * RATE  # samples that are held at a time
WARM_UP = 96 * BLOCK  # samples before a segment that its coder hears: its noise settles in 2 s
AHEAD = 4 * BLOCK  # samples after it


class SoundTrack(Struct, frozen=True):
    """The sound of a cut, a row of segments, and what a person is to be told about it."""

    sounds: tuple[Sound, ...]
    remarks: tuple[str, ...]


def render_mix(mix: Mix, path: Path) -> tuple[str, ...]:
    """Writes the whole mix as one sound-only mp4, as long as its frames. Returns what a person is to be told; raises
    MediaError. Measures of loudness are kept beside it."""
    level, remarks = level_of(mix, path.parent)
    _write(mix, level, 0, mix.samples, path)
    return remarks


def _unheard() -> None:
    """Heard by nobody."""


def sound_segments(
    mix: Mix, folder: Path, tell: Callable[[], None] = _unheard, workers: Workers = HERE
) -> SoundTrack:
    """The mix in segments, in the folder, those that were made before as they are. Raises MediaError."""
    level, remarks = level_of(mix, folder, workers)
    length = segment_frames(mix.fps)
    spans = [(first, min(first + length, mix.frames)) for first in range(0, mix.frames, length)]
    row = [_segment(mix, level, folder, span) for span in spans]
    made = all_made(row, os.cpu_count() or 2, lambda _: lambda _: tell(), workers=workers)
    sounds = (_sound(mix, span, made[each.path]) for each, span in zip(row, spans, strict=True))
    return SoundTrack(tuple(sounds), remarks)


def segment_frames(fps: Fraction) -> int:
    """Frames of a segment: they last a whole number of samples and of blocks."""
    each = RATE / fps  # samples
    fewest = each.denominator * (BLOCK // math.gcd(each.numerator, BLOCK))
    return fewest * max(1, round(SECONDS * fps / fewest))


def _segment(mix: Mix, level: Level, folder: Path, span: tuple[int, int]) -> Kept[Clip]:
    """One segment, with what its coder hears before it and after it."""
    begin, end = (samples_of(frame, mix.fps) for frame in span)
    heard = (begin - (WARM_UP if begin else 0), end + AHEAD)
    path = folder / kept_name("mix", finished_key(mix, level, *heard))
    write = partial(_write_segment, finished_part(mix, *heard), level, *heard)
    return Kept(path, write, look_at_sound, "mixing the sound")


def _write_segment(mix: Mix, level: Level, begin: int, end: int, path: Path, _step: Step) -> None:
    _write(mix, level, begin, end, path)


def _sound(mix: Mix, span: tuple[int, int], clip: Clip) -> Sound:
    """A segment in its place."""
    track = clip.sound
    if track is None:
        raise MediaError("The sound of the cut could not be mixed.")
    warm_up = WARM_UP if samples_of(span[0], mix.fps) else 0
    ahead = track.start + Fraction(track.shown[0], track.scale) - Fraction(warm_up, RATE)
    return Sound(*span, clip, track, ahead)


def _write(mix: Mix, level: Level, begin: int, end: int, path: Path) -> None:
    """Samples `begin` to before `end` of the mix as a file, a few seconds of them in memory."""
    with clip_writer(path, None, Fraction(RATE), audio=True) as writer:  # its frames are samples
        for start in range(begin, end, STEP):
            stop = min(start + STEP, end)
            writer.sound(finished(mix, level, start, stop))
            writer.unseen(stop - start)
        _unchanged(mix, begin, end)


def _unchanged(mix: Mix, begin: int, end: int) -> None:
    """Raises MediaError when a sound file is another one by now than the one that names the segment."""
    for cue in {cue.path: cue for cue, _, _ in cues_in(mix, begin, end)}.values():
        with file_opened(cue.path) as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != cue.sha256:
                raise MediaError(
                    f"{cue.path.name} changed while it was being cut: run the same command again."
                )
