"""Music and narration: WAV, FLAC, MP3, M4A, AAC and OGG files, known by their first bytes, whatever they are called."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK
from storyboard.media.opening import FIRST_BOXES, TEXTS, decoding, opened, unreadable
from storyboard.media.stereo import LONGEST, known_rate, stereo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from storyboard.media.stereo import Sound

KINDS = "WAV, FLAC, MP3, M4A or OGG"
HEAD = 64  # bytes that tell the kinds apart


class SoundFacts(Struct, frozen=True):
    """The first sound of a file. `seconds` are those that are heard, a coder's warm-up left out."""

    seconds: Fraction
    rate: int
    channels: int
    codec: str


def probe_sound(path: Path) -> SoundFacts:
    """What is in a sound file, its packets counted. Raises MediaError naming the file when no sound can be had."""
    with _explained(path), _opened(path) as (container, stream, zero):
        end = zero
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise MediaError(f"{path.name} ends within its sound: fetch or make it again.")
            if packet.pts is not None and packet.size:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
        seconds = end - zero
        if seconds <= 0:
            raise MediaError(f"{path.name} holds no sound: fetch or make it again.")
        if seconds > LONGEST:
            raise MediaError(f"{path.name} lasts more than two hours: cut what you need out of it first.")
        context = stream.codec_context
        return SoundFacts(seconds, context.sample_rate, context.layout.nb_channels, context.name)


def sound_from(path: Path, start: int = 0) -> Generator[Sound]:
    """A sound file from sample `start` (at 48 kHz) on, in pieces of shape (2, n). Raises MediaError naming it."""
    with _explained(path), _opened(path) as (container, stream, zero):
        yield from stereo(path, container, stream, zero, start)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any, Fraction]]:
    """The container, its first sound, and the time by its clock at which it is first heard."""
    demuxer = _demuxer(path)
    with opened(path, demuxer) as container:
        if not container.streams.audio:
            raise MediaError(f"{path.name} holds no sound.")
        stream = container.streams.audio[0]
        known_rate(path, stream)
        yield container, stream, _heard_first(stream, demuxer)


def _heard_first(stream: Any, demuxer: str) -> Fraction:
    """An mp4 counts from its presentation's beginning, the others from wherever their first packet stands."""
    if demuxer == "mov":
        return Fraction(0)
    # Bare AAC does not say how long its coder's warm-up is: a packet at least.
    warm_up = Fraction(BLOCK, stream.codec_context.sample_rate) if demuxer == "aac" else 0
    return max(0, stream.start_time or 0) * Fraction(stream.time_base or 0) + warm_up


def _demuxer(path: Path) -> str:
    """The one demuxer that may open the file, by its first bytes."""
    try:
        if path.exists() and not path.is_file():
            raise MediaError(f"{path.name} is a folder or a device, not a sound.")
        with path.open("rb") as file:
            head = file.read(HEAD)
            if head[:3] == b"ID3":
                file.seek(_tag_length(head))
                head = file.read(HEAD)
    except OSError as error:
        raise unreadable(path, error) from None
    if not head:
        raise MediaError(f"{path.name} holds nothing: fetch or make it again.")
    demuxer = _known(head)
    if demuxer is None:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        what = next((what for start, what in TEXTS if text.startswith(start)), "nothing that is known here")
        raise MediaError(f"{path.name} is no sound: it is {what}. Sounds are {KINDS} files.")
    return demuxer


def _tag_length(head: bytes) -> int:
    """How long an ID3 tag is, its header included: four bytes of seven bits."""
    return 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=False))


def _known(head: bytes) -> str | None:
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return "wav"
    if head[:4] in {b"fLaC", b"OggS"}:
        return "flac" if head[0] == ord("f") else "ogg"
    if head[4:8] in FIRST_BOXES:
        return "mov"
    if len(head) > 1 and head[0] == 0xFF:  # noqa: PLR2004 - a frame's first bits are ones, the layer follows
        return "aac" if head[1] & 0xF6 == 0xF0 else "mp3" if head[1] & 0xE6 == 0xE2 else None  # noqa: PLR2004
    return None


def _explained(path: Path) -> AbstractContextManager[None]:
    return decoding(path.name, f"fetch or make it again, or export it as {KINDS}.", path)
