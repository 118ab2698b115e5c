"""The sample tables of an mp4: where each packet lies, when it is decoded and shown, and how it was encoded.

Read straight from the index box (ISO/IEC 14496-12), so that clips can be compared, copied and checked packet
by packet without opening a decoder. What is not understood whole is refused, never guessed.
"""

from __future__ import annotations

import struct
from array import array
from fractions import Fraction
from itertools import accumulate, chain, repeat
from typing import IO, TYPE_CHECKING

from msgspec import Struct

from storyboard.media.boxes import index_of, level, times, to_the_end, track_boxes
from storyboard.media.entries import UnusualError, sample_entry
from storyboard.media.stills import DamagedError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MOST_SAMPLES = 4_000_000
SMALL = 64  # bytes of a sample of uncompressed sound, of all its channels
LARGEST = 8_192  # pixels of a side
LONGEST = 24 * 60 * 60  # seconds
FASTEST = 1_000  # frames a second
UNKNOWN = {0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF}  # lengths that claim nothing
NORMAL_SPEED = 0x10000
UPRIGHT = (0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


class Track(Struct, frozen=True):
    """One track. Times are ticks, `scale` a second; `start`, in seconds, is what the edit list puts before it."""

    kind: bytes  # vide, soun
    entry: bytes  # avc1, hvc1, mp4a
    config: bytes  # the decoder's configuration, as it stands in the file
    description: bytes  # the sample entry box; without the bit rate, which is this file's alone
    scale: int
    sizes: Sequence[int]
    offsets: Sequence[int]
    decode: Sequence[int]  # ticks
    shown: Sequence[int]  # ticks, less what the edit list hides: the presentation begins at 0
    length: int  # ticks, all samples together
    start: Fraction
    edited: bool  # the edit list hides more than a coder's delay
    keys: Collection[int]  # samples that can be decoded by themselves
    width: int = 0
    height: int = 0
    aspect: Fraction = Fraction(1)  # of a pixel
    upright: bool = True
    colour: bytes = b""
    rate: int = 0
    channels: int = 0

    @property
    def seconds(self) -> Fraction:
        return Fraction(self.length, self.scale)


class Tables(Struct, frozen=True):
    """A movie: its tracks, pictures first, and the comment that its writer left."""

    tracks: tuple[Track, ...]
    comment: str

    def track(self, kind: bytes) -> Track | None:
        """The first track of a kind."""
        return next((track for track in self.tracks if track.kind == kind), None)


def tables(file: IO[bytes], size: int) -> Tables:
    """The tables of an open file. Raises DamagedError, or UnusualError for what is not copied."""
    moov = index_of(file, size)
    try:
        top = list(level(moov))
        if any(name == b"mvex" for name, _ in top):
            to_the_end(file, size)
            raise UnusualError("it is written in fragments")
        return _tables(top, size)
    except (struct.error, LookupError, ArithmeticError):
        raise DamagedError("its index does not hold together") from None


def _tables(top: Sequence[tuple[bytes, bytes]], size: int) -> Tables:
    header = dict(top)[b"mvhd"]
    (scale,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
    boxes = [track_boxes(body) for name, body in top if name == b"trak"]
    kinds = [track.get(b"hdlr", b"")[8:12] for track in boxes]
    wanted = [(kind, track) for kind, track in zip(kinds, boxes, strict=True) if kind in {b"vide", b"soun"}]
    comment = next((comment_in(body) for name, body in top if name == b"udta"), "")
    wanted.sort(key=lambda each: each[0] != b"vide")
    samples = [
        _samples(kind, track, size) for kind, track in wanted
    ]  # all, before anything is found to be unusual
    tracks = [_track(kind, track, *each, scale) for (kind, track), each in zip(wanted, samples, strict=True)]
    return Tables(tuple(tracks), comment)


def _samples(kind: bytes, boxes: dict[bytes, bytes], size: int) -> tuple[Sequence[int], Sequence[int]]:
    """Sizes and offsets of a track's samples, all of which lie in the file."""
    if kind == b"soun" and _uncompressed(boxes[b"stsz"]):
        if max(_chunks(boxes), default=size) >= size:
            raise DamagedError("it ends before its sound does: it was not written or fetched to the end")
        raise UnusualError("its sound is long and not compressed")
    sizes = _sizes(boxes[b"stsz"])
    offsets = _offsets(boxes, sizes)
    if any(offset + length > size for offset, length in zip(offsets, sizes, strict=True)):
        raise DamagedError("it ends before its pictures do: it was not written or fetched to the end")
    return sizes, offsets


def _track(
    kind: bytes, boxes: dict[bytes, bytes], sizes: Sequence[int], offsets: Sequence[int], movie_scale: int
) -> Track:
    scale, claimed = times(boxes[b"mdhd"])
    durations = list(chain.from_iterable(repeat(each, number) for number, each in _pairs(boxes[b"stts"])))
    if len(durations) != len(sizes) or not sizes or not scale or not movie_scale:
        raise DamagedError("its index does not hold together")
    *decode, length = accumulate(durations, initial=0)
    shown = _shown(boxes, decode)
    _believable(kind, shown, length, claimed, scale)
    hidden, start, shown_for = _edit(boxes.get(b"elst"), movie_scale)
    entry, fields = sample_entry(kind, boxes[b"stsd"])
    if any(description != 1 for _, _, description in _chunk_runs(boxes)):
        raise UnusualError("it changes its coding midway")
    sides = fields.get("width", 1), fields.get("height", 1)
    if not 0 < min(sides) <= max(sides) <= LARGEST:
        raise DamagedError(f"it claims to be {sides[0]}x{sides[1]} pixels")
    first = min(shown)
    spare = Fraction(length - (hidden - first), scale) - shown_for if shown_for else Fraction(0)
    return Track(
        kind=kind,
        entry=entry,
        scale=scale,
        sizes=array("I", sizes),  # a hundred clips are looked at before one is copied: they are kept small
        offsets=array("Q", offsets),
        decode=array("q", decode),
        shown=array("q", (time - hidden for time in shown)),
        length=length,
        start=start,
        edited=(kind == b"vide" and hidden != first) or spare > Fraction(1, 20),
        keys=_keys(boxes, len(sizes)),
        upright=_upright(boxes[b"tkhd"]),
        **fields,
    )


def _believable(kind: bytes, shown: Sequence[int], length: int, claimed: int, scale: int) -> None:
    """Raises DamagedError when the track's lengths can't be true, or contradict each other by more than a second."""
    span = max(shown) - min(shown)
    if max(length, span) > LONGEST * scale:
        raise DamagedError(f"it claims to last {max(length, span) / scale / 3600:.0f} hours")
    if claimed not in UNKNOWN and abs(claimed - length) > scale:
        raise DamagedError(f"its index says {claimed / scale:.3f} s, its samples last {length / scale:.3f} s")
    if kind == b"vide" and len(shown) > 1 and (len(shown) - 1) * scale > FASTEST * span:
        raise DamagedError(f"it claims more than {FASTEST} frames a second")


def _pairs(box: bytes, form: str = ">II") -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", box, 4)
    pairs = [(first, second) for first, second in struct.iter_unpack(form, box[8 : 8 + 8 * count])]
    if len(pairs) != count or sum(max(0, number) for number, _ in pairs) > MOST_SAMPLES:
        raise DamagedError("its index does not hold together")
    return pairs


def _uncompressed(stsz: bytes) -> bool:
    """Millions of samples of a few bytes each, which nobody lists one by one."""
    same, count = struct.unpack_from(">II", stsz, 4)
    return bool(count > MOST_SAMPLES and 0 < same <= SMALL)


def _sizes(box: bytes) -> Sequence[int]:
    same, count = struct.unpack_from(">II", box, 4)
    if count > MOST_SAMPLES:
        raise DamagedError("its index promises too many samples")
    return [same] * count if same else struct.unpack_from(f">{count}I", box, 12)


def _offsets(boxes: dict[bytes, bytes], sizes: Sequence[int]) -> list[int]:
    """Where each sample begins: chunks of samples that follow each other."""
    chunks = _chunks(boxes)
    runs = _runs(_chunk_runs(boxes), len(chunks))
    offsets: list[int] = []
    for chunk, samples in zip(chunks, runs, strict=False):
        place = chunk
        for length in sizes[len(offsets) : len(offsets) + samples]:
            offsets.append(place)
            place += length
    if len(offsets) != len(sizes):
        raise DamagedError("its index does not hold together")
    return offsets


def _chunks(boxes: dict[bytes, bytes]) -> Sequence[int]:
    """Where each chunk begins."""
    wide = b"co64" in boxes
    box = boxes[b"co64" if wide else b"stco"]
    (count,) = struct.unpack_from(">I", box, 4)
    return struct.unpack_from(f">{count}{'Q' if wide else 'I'}", box, 8)


def _chunk_runs(boxes: dict[bytes, bytes]) -> list[tuple[int, int, int]]:
    """First chunk, samples in it and in those that follow, sample description."""
    box = boxes[b"stsc"]
    (count,) = struct.unpack_from(">I", box, 4)
    return list(struct.iter_unpack(">III", box[8 : 8 + 12 * count]))


def _runs(entries: Sequence[tuple[int, int, int]], chunks: int) -> list[int]:
    """Samples in each chunk."""
    ends = [first for first, _, _ in entries[1:]] + [chunks + 1]
    runs: list[int] = []
    for (first, samples, _), end in zip(entries, ends, strict=True):
        if not 0 < first <= end <= chunks + 1 or samples > MOST_SAMPLES:
            raise DamagedError("its index does not hold together")
        runs += [samples] * (end - first)
    return runs


def _shown(boxes: dict[bytes, bytes], decode: list[int]) -> list[int]:
    if b"ctts" not in boxes:
        return decode
    # Version 0 means unsigned, but writers that put signed values there are many and real offsets are small.
    moves = chain.from_iterable(repeat(each, number) for number, each in _pairs(boxes[b"ctts"], ">Ii"))
    shown = [time + move for time, move in zip(decode, moves, strict=False)]
    if len(shown) != len(decode):
        raise DamagedError("its index does not hold together")
    return shown


def _edit(box: bytes | None, movie_scale: int) -> tuple[int, Fraction, Fraction]:
    """Ticks that are hidden at the beginning; seconds before the presentation begins; how long it is shown."""
    if box is None:
        return 0, Fraction(0), Fraction(0)
    form = ">QqI" if box[0] == 1 else ">IiI"
    (count,) = struct.unpack_from(">I", box, 4)
    edits = list(struct.iter_unpack(form, box[8 : 8 + struct.calcsize(form) * count]))
    empty = sum(length for length, media, _ in edits if media == -1)
    real = [edit for edit in edits if edit[1] != -1]
    if len(real) > 1 or any(speed != NORMAL_SPEED for _, _, speed in real):
        raise UnusualError("it is edited within itself")
    length, media = (real[0][0], real[0][1]) if real else (0, 0)
    return media, Fraction(empty, movie_scale), Fraction(length, movie_scale)


def _keys(boxes: dict[bytes, bytes], count: int) -> Collection[int]:
    box = boxes.get(b"stss")
    if box is None:
        return range(count)
    (number,) = struct.unpack_from(">I", box, 4)
    return frozenset(key - 1 for key in struct.unpack_from(f">{number}I", box, 8))


def _upright(tkhd: bytes) -> bool:
    return struct.unpack_from(">9i", tkhd, 52 if tkhd[0] == 1 else 40) == UPRIGHT


def comment_in(udta: bytes) -> str:
    """The comment in iTunes form (mp4) or in QuickTime form (mov)."""
    try:
        return _itunes(udta) or _quicktime(udta)
    except (DamagedError, LookupError, struct.error):
        return ""


def _itunes(udta: bytes) -> str:
    meta = dict(level(udta)).get(b"meta", b"")
    items = dict(level(dict(level(meta[4:])).get(b"ilst", b"")))
    data = dict(level(items.get(b"\xa9cmt", b""))).get(b"data", b"")
    return data[8:].decode("utf-8", "replace")


def _quicktime(udta: bytes) -> str:
    text = dict(level(udta)).get(b"\xa9cmt", b"")
    length = int.from_bytes(text[:2], "big")
    return text[4 : 4 + length].decode("utf-8", "replace")
