"""Writes an mp4 from packets that are there already (ISO/IEC 14496-12): index first, packets after it, nothing else.

Loading a whole media library only to copy packets takes longer than copying them.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MATRIX = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
UNDETERMINED = 0x55C4  # the language "und"
WIDE = 1 << 32


class TrackOut(Struct, frozen=True):
    """One track. Times are ticks of `scale`; `chunks` says how many samples lie together, in file order."""

    kind: bytes  # vide, soun
    description: bytes  # the sample entry box, whole
    scale: int
    durations: Sequence[int]
    delays: Sequence[int]  # from decoding to being shown, without negative ones; empty: none
    keys: Sequence[int] | None  # samples, from 0; None: all
    sizes: Sequence[int]
    hidden: int  # ticks before the presentation begins
    chunks: Sequence[int]
    width: int = 0
    height: int = 0

    @property
    def shown(self) -> Fraction:
        """Seconds of the presentation."""
        return Fraction(sum(self.durations) - (self.hidden if self.kind == b"soun" else 0), self.scale)


def header(tracks: Sequence[TrackOut], order: Sequence[int], comment: str, *, quicktime: bool) -> bytes:
    """All that stands before the first packet. `order` is the track of each chunk as they lie in the file."""
    brands = b"qt  \0\0\2\0qt  isom" if quicktime else b"isom\0\0\2\0isomiso2mp41"
    ftyp = _box(b"ftyp", brands)
    total = sum(sum(track.sizes) for track in tracks)
    wide = total > WIDE - (64 << 20)
    mdat = struct.pack(">I4sQ", 1, b"mdat", total + 16) if wide else struct.pack(">I4s", total + 8, b"mdat")
    places = _places(tracks, order)
    length = len(_moov(tracks, places, comment, wide=wide))
    start = len(ftyp) + length + len(mdat)
    return ftyp + _moov(tracks, [[start + at for at in each] for each in places], comment, wide=wide) + mdat


def _places(tracks: Sequence[TrackOut], order: Sequence[int]) -> list[list[int]]:
    """Where each track's chunks begin, counted from the first packet."""
    places: list[list[int]] = [[] for _ in tracks]
    done = [0] * len(tracks)
    at = 0
    for number in order:
        track = tracks[number]
        samples = track.chunks[len(places[number])]
        places[number].append(at)
        at += sum(track.sizes[done[number] : done[number] + samples])
        done[number] += samples
    return places


def _moov(tracks: Sequence[TrackOut], places: Sequence[Sequence[int]], comment: str, *, wide: bool) -> bytes:
    scale = tracks[0].scale
    length = max(round(track.shown * scale) for track in tracks)
    head = struct.pack(">5IiHxx8x", 0, 0, 0, scale, length, 0x10000, 0x0100) + MATRIX
    mvhd = _box(b"mvhd", head + bytes(24) + struct.pack(">I", len(tracks) + 1))
    traks = [
        _trak(track, number, at, scale, wide=wide)
        for number, (track, at) in enumerate(zip(tracks, places, strict=True), 1)
    ]
    return _box(b"moov", mvhd, *traks, _comment(comment))


def _trak(track: TrackOut, number: int, places: Sequence[int], scale: int, *, wide: bool) -> bytes:
    length = round(track.shown * scale)
    volume = 0x0100 if track.kind == b"soun" else 0
    tkhd = struct.pack(">6I8xHHHxx", 3, 0, 0, number, 0, length, 0, number - 1, volume) + MATRIX
    elst = struct.pack(">3IiI", 0, 1, length, track.hidden, 0x10000)
    return _box(
        b"trak",
        _box(b"tkhd", tkhd + struct.pack(">II", track.width << 16, track.height << 16)),
        _box(b"edts", _box(b"elst", elst)),
        _mdia(track, places, wide=wide),
    )


def _mdia(track: TrackOut, places: Sequence[int], *, wide: bool) -> bytes:
    mdhd = struct.pack(">5IHxx", 0, 0, 0, track.scale, sum(track.durations), UNDETERMINED)
    name = b"VideoHandler\0" if track.kind == b"vide" else b"SoundHandler\0"
    media = _box(b"vmhd", struct.pack(">I8x", 1)) if track.kind == b"vide" else _box(b"smhd", bytes(8))
    dref = _box(b"dref", struct.pack(">II", 0, 1), _box(b"url ", struct.pack(">I", 1)))
    minf = _box(b"minf", media, _box(b"dinf", dref), _stbl(track, places, wide=wide))
    hdlr = _box(b"hdlr", bytes(8), track.kind, bytes(12), name)
    return _box(b"mdia", _box(b"mdhd", mdhd), hdlr, minf)


def _stbl(track: TrackOut, places: Sequence[int], *, wide: bool) -> bytes:
    boxes = [
        _box(b"stsd", struct.pack(">II", 0, 1), track.description),
        _table(b"stts", _runs(track.durations)),
    ]
    if any(track.delays):
        boxes.append(_table(b"ctts", _runs(track.delays)))
    if track.keys is not None:
        boxes.append(_table(b"stss", [(key + 1,) for key in track.keys]))
    boxes += [
        _table(b"stsc", _chunk_runs(track.chunks)),
        _box(b"stsz", struct.pack(f">3I{len(track.sizes)}I", 0, 0, len(track.sizes), *track.sizes)),
        _box(
            b"co64" if wide else b"stco",
            struct.pack(f">2I{len(places)}{'Q' if wide else 'I'}", 0, len(places), *places),
        ),
    ]
    return _box(b"stbl", *boxes)


def _runs(values: Iterable[int]) -> list[tuple[int, ...]]:
    return [(sum(1 for _ in same), value) for value, same in groupby(values)]


def _chunk_runs(chunks: Sequence[int]) -> list[tuple[int, ...]]:
    """First chunk, samples in it and in those that follow, sample description."""
    return [
        (number, samples, 1)
        for number, samples in enumerate(chunks, 1)
        if number == 1 or chunks[number - 2] != samples
    ]


def _table(name: bytes, rows: Sequence[tuple[int, ...]]) -> bytes:
    flat = [value for row in rows for value in row]
    return _box(name, struct.pack(f">2I{len(flat)}I", 0, len(rows), *flat))


def _comment(text: str) -> bytes:
    """Where players look for it."""
    data = _box(b"data", struct.pack(">II", 1, 0), text.encode())
    hdlr = _box(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    meta = _box(b"meta", bytes(4), hdlr, _box(b"ilst", _box(b"\xa9cmt", data)))
    return _box(b"udta", meta)


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", len(body) + 8, name) + body
