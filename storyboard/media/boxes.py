"""Length, size and frame rate of an mp4 from its boxes (ISO/IEC 14496-12), with bounded reads."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from decimal import Decimal
from typing import IO

from msgspec import Struct

from storyboard.media.stills import DamagedError

MOOV_LIMIT = 16 << 20
BOXES = 4_096  # of one level
TOP_BOXES = 65_536  # two for each fragment of a film that is written in fragments
DEPTH = 6
CONTAINERS = {b"trak", b"mdia", b"minf", b"stbl", b"edts"}


class Movie(Struct, frozen=True):
    """The first video track. `seconds` is the movie's presentation, `frame_rate` the mean over the track."""

    width: int
    height: int
    seconds: Decimal
    frame_rate: Decimal


def movie(file: IO[bytes], size: int) -> Movie:
    """The movie in an open file of `size` bytes; DamagedError when there is none that could play."""
    moov = index_of(file, size)
    tracks = [track_boxes(body) for name, body in level(moov) if name == b"trak"]
    video = next((track for track in tracks if track.get(b"hdlr", b"")[8:12] == b"vide"), None)
    if video is None:
        raise DamagedError("there is no video in it")
    try:
        return _movie(video)
    except (struct.error, ArithmeticError, LookupError):
        raise DamagedError("its video track's header does not hold together") from None


def _movie(track: dict[bytes, bytes]) -> Movie:
    turned = _quarter_turn(track[b"tkhd"])
    width, height = _displayed(track)
    scale, length = times(track[b"mdhd"])
    frames, ticks = _frames(track[b"stts"])
    if not (width and height and frames and scale):
        raise DamagedError("its video track is empty")
    seconds = Decimal(ticks or length) / scale
    rate = Decimal(frames * scale) / Decimal(ticks) if ticks else Decimal(0)
    if turned:
        width, height = height, width
    return Movie(width, height, seconds.quantize(Decimal("0.000001")), rate.quantize(Decimal("0.001")))


def index_of(file: IO[bytes], size: int) -> bytes:
    """What is in the moov box of an open file of `size` bytes."""
    for name, place, length in _top(file, size):
        if name == b"moov":
            if length > MOOV_LIMIT:
                raise DamagedError(f"its index has {length} bytes")
            file.seek(place + 8)
            return file.read(length - 8)
    raise DamagedError("its index is missing: it was not written or fetched to the end")


def to_the_end(file: IO[bytes], size: int) -> None:
    """Raises DamagedError when an open file of `size` bytes ends within a box."""
    for _ in _top(file, size):
        pass


def _top(file: IO[bytes], size: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, place and length of each box of the file."""
    place = 0
    for _ in range(TOP_BOXES):
        file.seek(place)
        header = file.read(16)
        if len(header) < 8:  # noqa: PLR2004 - the end
            return
        length, name = struct.unpack(">I4s", header[:8])
        if length == 1 and len(header) == 16:  # noqa: PLR2004 - a 64-bit length follows
            (length,) = struct.unpack(">Q", header[8:])
        elif length == 0:
            length = size - place
        if length < 8 or place + length > size:  # noqa: PLR2004 - its own header
            raise DamagedError(f"its {_named(name)} box promises {length} bytes, there are {size - place}")
        yield name, place, length
        place += length


def _named(name: bytes) -> str:
    return name.decode("ascii", "replace") if name.isalnum() else name.hex()


def level(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes directly in a box."""
    place = 0
    for _ in range(BOXES):
        if place + 8 > len(body):
            return
        length, name = struct.unpack_from(">I4s", body, place)
        if length < 8 or place + length > len(body):  # noqa: PLR2004 - its own header
            raise DamagedError(f"its {_named(name)} box does not fit into its index")
        yield name, body[place + 8 : place + length]
        place += length


def track_boxes(track: bytes) -> dict[bytes, bytes]:
    """The boxes of a track by name, those in its containers too; of two with one name the first."""
    found: dict[bytes, bytes] = {}
    for name, body in _boxes(track, 0):
        found.setdefault(name, body)
    return found


def _boxes(body: bytes, depth: int) -> Iterator[tuple[bytes, bytes]]:
    for name, inner in level(body):
        if name in CONTAINERS and depth < DEPTH:
            yield from _boxes(inner, depth + 1)
        else:
            yield name, inner


def times(mdhd: bytes) -> tuple[int, int]:
    """Ticks a second, and the track's length in them."""
    if mdhd[0] == 1:
        scale, length = struct.unpack_from(">IQ", mdhd, 20)
    else:
        scale, length = struct.unpack_from(">II", mdhd, 12)
    return scale, length


def _frames(stts: bytes) -> tuple[int, int]:
    """How many frames, and how many ticks they take together."""
    (count,) = struct.unpack_from(">I", stts, 4)
    pairs = struct.iter_unpack(">II", stts[8 : 8 + 8 * min(count, (len(stts) - 8) // 8)])
    frames = ticks = 0
    for number, each in pairs:
        frames += number
        ticks += number * each
    return frames, ticks


def _displayed(track: dict[bytes, bytes]) -> tuple[int, int]:
    """Width and height as shown: by the track header, which knows of pixels that are not square, else as coded."""
    tkhd = track[b"tkhd"]
    width, height = struct.unpack_from(">II", tkhd, 88 if tkhd[0] == 1 else 76)
    if width >> 16 and height >> 16:
        return width >> 16, height >> 16
    width, height = struct.unpack_from(">HH", track[b"stsd"], 8 + 8 + 24)
    return width, height


def _quarter_turn(tkhd: bytes) -> bool:
    a, b, _, c, d = struct.unpack_from(">5i", tkhd, 52 if tkhd[0] == 1 else 40)
    return bool(a == 0 and d == 0 and b and c)
