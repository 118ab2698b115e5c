"""The packets of a finished cut in Matroska: bit for bit, every frame at its time, sound where its picture is."""

from __future__ import annotations

import heapq
import struct
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING, BinaryIO

from storyboard.errors import MediaError
from storyboard.media.matroska import (
    SECOND,
    SOUND,
    VIDEO,
    Block,
    SoundTrack,
    VideoTrack,
    block_head,
    clustered,
    delays_of,
    film_head,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storyboard.cut.convert import Master
    from storyboard.media.tables import Track

CODECS = {b"avc1": "V_MPEG4/ISO/AVC", b"hvc1": "V_MPEGH/ISO/HEVC"}


def write_matroska(cut: Master, part: Path, comment: str, told: Callable[[int], None]) -> None:
    """Writes `part`; `told` hears how many frames are in it. Raises MediaError for what has no place in MKV."""
    packets = _interleaved(cut)
    video, sound = _video(cut), _sound(cut.sound) if cut.sound else None
    delays = delays_of(sound)
    clusters = list(clustered([block for _, block in packets], delays))
    places = iter(packets)
    written = 0
    with cut.path.open("rb") as master, part.open("wb") as film:
        film.write(film_head(video, sound, clusters, _ns(cut.frames / cut.fps), comment))
        for cluster in clusters:
            film.write(cluster.head(delays))
            for block in cluster.blocks:
                film.write(block_head(block, cluster.time, delays))
                film.write(_bytes(master, next(places)[0], block.size))
                written += block.track == VIDEO
            told(written)


def _interleaved(cut: Master) -> list[tuple[int, Block]]:
    """Every packet's place in the cut's file, and its block: sound beside the picture that is decoded with it."""
    pictures = ((at * SECOND / cut.fps, *row) for at, row in enumerate(_pictures(cut)))
    sounds = ((block.time, place, block) for place, block in _heard(cut.sound)) if cut.sound else ()
    return [(place, block) for _, place, block in heapq.merge(pictures, sounds, key=itemgetter(0))]


def _bytes(master: BinaryIO, place: int, size: int) -> bytes:
    master.seek(place)
    data = master.read(size)
    if len(data) != size:
        raise MediaError(f"{master.name} changed while it was being written: run the same command again.")
    return data


def _ns(seconds: Fraction) -> int:
    return round(seconds * SECOND)


def _pictures(cut: Master) -> Iterator[tuple[int, Block]]:
    """Each picture's place in the cut's file, and its block."""
    track = cut.video
    for at, number in enumerate(cut.numbers):
        yield track.offsets[at], Block(VIDEO, _ns(number / cut.fps), track.sizes[at], at in track.keys)


def _heard(track: Track) -> Iterator[tuple[int, Block]]:
    last = len(track.sizes) - 1
    whole = track.decode[1] - track.decode[0] if last else track.length
    for at, (place, size) in enumerate(zip(track.offsets, track.sizes, strict=True)):
        time = track.start + Fraction(track.shown[at], track.scale)
        spare = whole - (track.length - track.decode[at]) if at == last else 0
        yield place, Block(SOUND, _ns(time), size, key=True, cut_off=_ns(Fraction(spare, track.scale)))


def _video(cut: Master) -> VideoTrack:
    codec = CODECS.get(cut.video.entry)
    if codec is None:
        raise MediaError(f"A cut coded as {cut.video.entry.decode('ascii', 'replace')} has no place in MKV.")
    return VideoTrack(codec, cut.video.config, cut.size, _ns(1 / cut.fps), _colour(cut.video.colour))


def _colour(box: bytes) -> tuple[int, int, int, bool] | None:
    """What a colr box says (ISO/IEC 14496-12, QuickTime); None for an ICC profile and for nothing."""
    if box[:4] not in {b"nclx", b"nclc"} or len(box) < 10:  # noqa: PLR2004 - the kind and three numbers
        return None
    primaries, transfer, matrix = struct.unpack_from(">HHH", box, 4)
    return primaries, transfer, matrix, len(box) > 10 and box[10] >= 0x80  # noqa: PLR2004 - the flag's bit


def _sound(track: Track) -> SoundTrack:
    if track.entry != b"mp4a" or not track.config:
        raise MediaError("The cut's sound is not AAC: it has no place in MKV.")
    block = _ns(
        Fraction(track.decode[1] - track.decode[0] if len(track.decode) > 1 else track.length, track.scale)
    )
    warm_up = max(0, -track.shown[0])
    delay = _ns(Fraction(warm_up, track.scale))
    return SoundTrack("A_AAC", track.config, track.rate, track.channels, block, delay)
