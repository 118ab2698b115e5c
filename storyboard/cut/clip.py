"""A clip as the cut sees it: which packet shows which frame, and whether packets can be copied from it at all."""

from __future__ import annotations

import hashlib
from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, BinaryIO

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK
from storyboard.media.entries import UnusualError
from storyboard.media.opening import file_opened, film_head, unreadable
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Tables, Track, tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Rates that cameras and models really have; a measured mean within half a thousandth of one is that one.
RATES = tuple(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 12, 15, 16, 120)) + tuple(
    Fraction(n * 1000, 1001) for n in (24, 30, 60, 48, 120)
)
COPIED_VIDEO = {b"avc1", b"hvc1"}
# A packet of silence for one channel, two, and 5.1. A silent packet says nothing of a rate: it is the same at all.
SILENCE = {
    1: bytes.fromhex("01182007"),
    2: bytes.fromhex("211004608c1c"),
    6: bytes.fromhex("011820010880230460231004608c0c230000e0"),
}


class Clip(Struct, frozen=True):
    """One clip. `unusual` says why no packet is copied from it; its tables are None when they can't be read."""

    path: Path
    sha256: str
    size: int  # bytes
    unusual: str | None = None
    found: Tables | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def video(self) -> Track | None:
        return self.found.track(b"vide") if self.found else None

    @property
    def sound(self) -> Track | None:
        return self.found.track(b"soun") if self.found else None


def look(path: Path) -> Clip:
    """The clip in a file. Raises MediaError naming the file when there is no film in it."""
    film_head(path)
    try:
        with file_opened(path) as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return _looked(path, digest, file.seek(0, 2), file)
    except OSError as error:
        raise unreadable(path, error) from None
    except DamagedError as error:
        raise MediaError(f"{path.name} is damaged: {error}. Fetch or make it again.") from None


def _looked(path: Path, digest: str, size: int, file: BinaryIO) -> Clip:
    try:
        found = tables(file, size)
    except UnusualError as error:
        return Clip(path, digest, size, str(error))
    clip = Clip(path, digest, size, None, found)
    if clip.video is None:
        raise MediaError(f"{path.name} holds no video: it can't be part of a cut.")
    return Clip(path, digest, size, _unusual(clip.video), found)


def look_at_sound(path: Path) -> Clip:
    """A sound segment of our own making. Raises OSError, DamagedError and UnusualError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, 2)
        clip = Clip(path, digest, size, None, tables(file, size))
    if clip.sound is None:
        raise DamagedError("there is no sound in it")
    return clip


def _unusual(video: Track) -> str | None:
    """Why the pictures of a clip are not copied, whatever the cut looks like."""
    if video.entry not in COPIED_VIDEO or not video.config:
        return f"its video is coded as {video.entry.decode('ascii', 'replace')}"
    if 0 in video.sizes:
        return "some of its pictures are empty"
    if 0 not in video.keys:
        return "it does not begin with a whole picture"
    if video.edited:
        return "it hides some of its frames"
    if not video.upright:
        return "it is to be turned when shown"
    if video.aspect != 1:
        return "its pixels are not square"
    return None


def rate_of(video: Track) -> Fraction:
    """Frames a second, the mean over the track, rounded to a rate that exists."""
    span = max(video.shown) - min(video.shown)
    if not span:
        return Fraction(video.scale, video.length) if video.length else Fraction(24)
    mean = Fraction(video.scale * (len(video.shown) - 1), span)
    return next(
        (rate for rate in RATES if abs(mean / rate - 1) < Fraction(1, 2000)), mean.limit_denominator(1001)
    )


def frame_numbers(video: Track, fps: Fraction) -> Sequence[int] | None:
    """Which frame of a constant rate each packet shows, in the order of decoding; None when the rate is another."""
    first, up, down = min(video.shown), fps.numerator, video.scale * fps.denominator
    numbers = [((time - first) * up * 2 + down) // (2 * down) for time in video.shown]
    if sorted(numbers) != list(range(len(numbers))):
        return None
    if (video.length * up - len(numbers) * down) * 2 > down:  # its last frame stands still
        return None
    slack = down // 8  # writers that count in milliseconds round
    if any(abs((time - first) * up - n * down) > slack for time, n in zip(video.shown, numbers, strict=True)):
        return None
    return array("q", numbers)


def coding(video: Track) -> tuple[object, ...]:
    """What two clips must share to be decoded as one."""
    return (video.entry, video.config, video.width, video.height, video.colour)


def sound_coding(sound: Track) -> tuple[object, ...] | None:
    """What two sounds must share; None for sound that is not copied: only AAC-LC in whole blocks is, and only with
    channels of which silence is known."""
    plain = sound.entry == b"mp4a" and len(sound.config) >= 2 and sound.config[0] >> 3 == 2  # noqa: PLR2004 - LC
    steps = {later - earlier for earlier, later in zip(sound.decode, sound.decode[1:], strict=False)}
    if not plain or sound.config[1] & 4 or sound.scale != sound.rate or steps - {BLOCK}:
        return None
    return (sound.config, sound.rate, sound.channels) if _channels(sound) in SILENCE else None


def silence(sound: Track) -> bytes:
    """A block of silence that is decoded as this sound is."""
    return SILENCE[_channels(sound)]


def _channels(sound: Track) -> int:
    """AAC's own number for which channels there are."""
    return sound.config[1] >> 3 & 15
