"""Packets of several clips as one stream, nothing decoded: every frame at its place, sound where its picture is.

    video   |0 1 2 3 … 120|121 122 …          frame n of the cut, clips end to end
    sound  |w|0 |1 |2 |3 |w|0 |1 |2           AAC blocks of 1024 samples on one grid, w a coder's warm-up block

Clips do not last a whole number of sound blocks. Each clip's blocks are therefore set on the grid anew: off by
at most half a block (10.7 ms at 48 kHz, a quarter of a frame), and never more with the next clip. The block
before a clip's first is its own warm-up, so that its first sound decodes as it was made. Where a clip has no
sound, silent blocks stand.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.clip import Clip
from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK, numbered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storyboard.cut.alike import Target
    from storyboard.media.tables import Track


PROFILES = {66, 77, 100}  # baseline, main, high: 8 bits, 4:2:0
SETTLED = 8  # frames after a join, which is at a key frame
OURS = range(7, 32)  # numbers that no coder begins with


class Slice(Struct, frozen=True):
    """Packets of a clip in a row: all of them, or `count` from `skip` on."""

    clip: Clip
    skip: int = 0
    count: int | None = None


class Picture(Struct, frozen=True):
    """A clip's pictures in their place. `numbers` is the frame shown by each packet, from 0; `first` is the place of
    that frame in the cut. The packets are those of the track from `skip` on."""

    clip: Clip
    video: Track
    numbers: Sequence[int]
    first: int
    skip: int = 0

    @property
    def end(self) -> int:
        return self.first + len(self.numbers)

    @property
    def offsets(self) -> Sequence[int]:
        return self.video.offsets[self.skip : self.skip + len(self.numbers)]

    @property
    def sizes(self) -> Sequence[int]:
        return self.video.sizes[self.skip : self.skip + len(self.numbers)]

    @property
    def keys(self) -> Sequence[int]:
        """Packets that can be decoded by themselves, counted from the first one here."""
        here = (key - self.skip for key in self.video.keys)
        return sorted(key for key in here if 0 <= key < len(self.numbers))


class Sound(Struct, frozen=True):
    """A stretch of sound, from frame `first` to before `end`. None is silence; `ahead`, in seconds, is where its
    first packet is heard, counted from the first frame."""

    first: int
    end: int
    clip: Clip | None
    track: Track | None
    ahead: Fraction = Fraction(0)


class SoundBlock(Struct, frozen=True):
    """One block on the grid: the clip's packet, or None for silence; times in samples."""

    packet: int | None
    time: int
    length: int


def sound_of(picture: Picture, clip: Clip | None) -> Sound:
    """The sound beside a picture, as far apart from it as the clip has them."""
    track = clip.sound if clip else None
    if track is None:
        return Sound(picture.first, picture.end, None, None)
    seen = picture.video.start + Fraction(min(picture.video.shown), picture.video.scale)
    if clip is not picture.clip:
        seen = Fraction(0)
    heard = track.start + Fraction(track.shown[0], track.scale)
    return Sound(picture.first, picture.end, clip, track, heard - seen)


def description_of(pictures: Sequence[Picture]) -> bytes:
    """The sample entry of the whole track. Two codings share one when their parameter sets have different numbers.
    Raises DamagedError when they have not."""
    codings = {picture.video.config: picture.video for picture in pictures}
    first, *others = codings.values()
    if not others:
        return first.description
    from storyboard.media.avc import united

    return united(first.description, first.config, others[0].config)


def beside(clips: Sequence[Clip], target: Target) -> Target:
    """A target whose segments can stand beside the packets of these clips, all of one coding. Raises MediaError where
    there is no such."""
    from storyboard.media.avc import parameter_sets

    if not clips:
        raise MediaError("no clip is of the cut's size, rate and coding")
    video = clips[0].video
    if video is None or video.entry != b"avc1" or video.config[1] not in PROFILES:
        raise MediaError("packets are only spliced where a clip is H.264 with 8 bits")
    used = parameter_sets(video.config).numbers
    number = next((number for number in OURS if number not in used), None)
    if number is None:
        raise MediaError("the clips leave no number for parameter sets of our own")
    return replace(target, setting=numbered(target.setting, number))


def around_joins(pictures: Sequence[Picture]) -> list[tuple[int, int]]:
    """The frames of the cut, from one to before another, that say whether packets of different coders follow each
    other well: from the last key frame before a join until a decoder has nothing left of what was before it. What
    overlaps is one stretch."""
    found: list[tuple[int, int]] = []
    for before, after in pairwise(pictures):
        begin = before.first + before.numbers[before.keys[-1]]
        end = min(after.end, after.first + SETTLED)
        if found and begin <= found[-1][1]:
            begin = found.pop()[0]
        found.append((begin, end))
    return found


def delay_of(pictures: Sequence[Picture]) -> int:
    """How many frames ahead of being shown the deepest reordering decodes."""
    return max(max(at - number for at, number in enumerate(each.numbers)) for each in pictures)


def sound_blocks(sound: Sound, fps: Fraction, rate: int, *, last: bool) -> Iterator[SoundBlock]:
    """The blocks of a stretch: from its warm-up to the next one's, for the last to the end of the picture."""
    begin, end = Fraction(sound.first * rate) / fps, Fraction(sound.end * rate) / fps
    slot = round(begin / BLOCK)
    stop = -(-(end + BLOCK) // BLOCK) if last else round(end / BLOCK)
    shift = round((begin + sound.ahead * rate) / BLOCK) + 1
    count = len(sound.track.sizes) if sound.track else 0
    for number in range(slot, stop):
        packet = number - shift
        time = (number - 1) * BLOCK
        length = min(BLOCK, max(1, round(end) - time)) if last else BLOCK
        yield SoundBlock(packet if 0 <= packet < count else None, time, length)
