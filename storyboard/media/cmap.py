"""Which characters a font file has: its character map (OpenType `cmap`, formats 4 and 12), with bounded reads."""

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import IO

from msgspec import Struct

COLLECTION = b"ttcf"
MOST_TABLES = 256
LARGEST = 8 << 20  # bytes of a character map
# Platform and encoding of the maps that speak of Unicode, fullest first.
MAPS = ((3, 10), (0, 6), (0, 4), (3, 1), (0, 3), (0, 2), (0, 1), (0, 0))


class Coverage(Struct, frozen=True):
    """The characters of a font as rising, separate stretches: first codes and, for each, the last."""

    first: tuple[int, ...] = ()
    last: tuple[int, ...] = ()

    def __contains__(self, character: str) -> bool:
        at = bisect_right(self.first, ord(character)) - 1
        return at >= 0 and ord(character) <= self.last[at]


def coverage(file: IO[bytes]) -> Coverage:
    """The characters of a font, in a collection of its first. A file that is none has no characters."""
    try:
        return _joined(_stretches(_table(file)))
    except (struct.error, ValueError, IndexError):
        return Coverage()


def _table(file: IO[bytes]) -> bytes:
    """What is in the font's character map."""
    start = 0
    if file.read(4) == COLLECTION:
        file.seek(12)
        (start,) = struct.unpack(">I", file.read(4))
    file.seek(start + 4)
    (count,) = struct.unpack(">H6x", file.read(8))
    entries = struct.iter_unpack(">4s4xII", file.read(16 * min(count, MOST_TABLES)))
    place, length = next((entry[1:] for entry in entries if entry[0] == b"cmap"), (0, 0))
    file.seek(place)
    return file.read(min(length, LARGEST))


def _stretches(table: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">2xH", table)
    maps = {
        (platform, encoding): place
        for platform, encoding, place in (struct.unpack_from(">HHI", table, 4 + 8 * n) for n in range(count))
    }
    place = next((maps[kind] for kind in MAPS if kind in maps), len(table))
    (form,) = struct.unpack_from(">H", table, place)
    return {4: _segments, 12: _groups}.get(form, _nothing)(table[place:])


def _nothing(_: bytes) -> list[tuple[int, int]]:
    """A map of last resorts draws boxes for all there is: it counts as empty."""
    return []


def _groups(body: bytes) -> list[tuple[int, int]]:
    (count,) = struct.unpack_from(">I", body, 12)
    groups = struct.iter_unpack(">III", body[16 : 16 + 12 * count])
    return [(first + (glyph == 0), last) for first, last, glyph in groups]


def _segments(body: bytes) -> list[tuple[int, int]]:
    (twice,) = struct.unpack_from(">H", body, 6)
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{twice // 2}H", body, 14 + twice * n + 2 * (n > 0)) for n in range(4)
    )
    found: list[tuple[int, int]] = []
    for n, (first, last) in enumerate(zip(starts, ends, strict=True)):
        if offsets[n] == 0:
            found.append((first + (first + deltas[n] == 1 << 16), last))
            continue
        place = 16 + 3 * twice + 2 * n + offsets[n]
        glyphs = struct.unpack_from(f">{last - first + 1}H", body, place) if first < 0xFFFF else ()  # noqa: PLR2004
        found += [(first + at, first + at) for at, glyph in enumerate(glyphs) if glyph]
    return found


def _joined(stretches: list[tuple[int, int]]) -> Coverage:
    first: list[int] = []
    last: list[int] = []
    for start, end in sorted(stretch for stretch in stretches if stretch[0] <= stretch[1]):
        if last and start <= last[-1] + 1:
            last[-1] = max(last[-1], end)
        else:
            first.append(start)
            last.append(end)
    return Coverage(tuple(first), tuple(last))
