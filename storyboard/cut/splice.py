"""Packets of several clips as one stream, nothing decoded: every frame at its place, sound where its picture is.

    video   |0 1 2 3 … 120|121 122 …          frame n of the cut, clips end to end
    sound  |p|0 |1 |2 |3 |p|0 |1 |2          AAC blocks of 1024 samples on one grid, p a coder's warm-up block

Clips do not last a whole number of sound blocks. Each clip's blocks are therefore set on the grid anew: off by at
most half a block (10.7 ms at 48 kHz, less than a third of a frame), and never more with the next clip. The block
before a clip's first is its own warm-up, so that its first sound decodes as it was made. Where a clip has no sound,
silent blocks stand.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut.clip import BLOCK, Clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storyboard.media.tables import Track


@dataclass(frozen=True, slots=True)
class Piece:
    """A clip in its place. `sound_from` may be another file than the picture's; None is silence."""

    picture: Clip
    video: Track
    numbers: Sequence[int]  # frame shown by each packet
    sound_from: Clip | None
    first: int  # its first frame in the cut

    @property
    def end(self) -> int:
        return self.first + len(self.numbers)


@dataclass(frozen=True, slots=True)
class VideoPacket:
    """`decode` and `shown` in frames of the cut; `packet` is the place in the clip's tables."""

    packet: int
    decode: int
    shown: int
    key: bool


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """One block on the grid: the clip's packet, or None for silence; times in samples."""

    packet: int | None
    time: int
    length: int


def delay_of(pieces: Sequence[Piece]) -> int:
    """How many frames ahead of being shown the deepest reordering decodes."""
    return max(max(at - number for at, number in enumerate(piece.numbers)) for piece in pieces)


def video_packets(piece: Piece, delay: int) -> Iterator[VideoPacket]:
    keys = piece.video.keys
    for at, number in enumerate(piece.numbers):
        yield VideoPacket(at, piece.first + at - delay, piece.first + number, at in keys)


def sound_blocks(piece: Piece, fps: Fraction, rate: int, *, last: bool) -> Iterator[SoundBlock]:
    """The blocks of a piece: from its warm-up to the next piece's, for the last piece to the end of its picture."""
    begin, end = Fraction(piece.first * rate) / fps, Fraction(piece.end * rate) / fps
    slot = round(begin / BLOCK)
    stop = -(-(end + BLOCK) // BLOCK) if last else round(end / BLOCK)
    sound = piece.sound_from.sound if piece.sound_from else None
    shift, count = (slot, 0) if sound is None else _aligned(sound, piece.video, begin)
    for number in range(slot, stop):
        packet = number - shift
        time = (number - 1) * BLOCK
        length = min(BLOCK, max(1, round(end) - time)) if last else BLOCK
        yield SoundBlock(packet if 0 <= packet < count else None, time, length)


def _aligned(sound: Track, video: Track, begin: Fraction) -> tuple[int, int]:
    """Which slot the sound's first packet comes nearest to, and how many packets there are."""
    seen = video.start + Fraction(min(video.shown), video.scale)
    heard = sound.start + Fraction(sound.shown[0], sound.scale)
    return round((begin + (heard - seen) * sound.scale + BLOCK) / BLOCK), len(sound.sizes)
