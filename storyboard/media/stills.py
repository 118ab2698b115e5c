"""Kind, size and orientation of a still from its header: PNG, JPEG, WebP, GIF."""

from __future__ import annotations

import struct
import zlib
from typing import IO, Any, Literal

from msgspec import Struct

EXIF_LIMIT = 1 << 20
SEGMENTS = (
    512  # of a JPEG, chunks of a PNG or WebP: more before the picture is no picture of a camera or a painter
)
ORIENTATION = 0x0112
SHORT = 3
UPRIGHT = 1


class DamagedError(Exception):
    """The file begins like its kind but does not hold together; the text says where."""


class Still(Struct, frozen=True):
    """A still as its header has it: stored width and height, and how it is to be turned (EXIF, 1 to 8)."""

    kind: Literal["png", "jpeg", "webp", "gif"]
    width: int
    height: int
    orientation: int = UPRIGHT


def still(file: IO[bytes], head: bytes, size: int) -> Still | None:
    """The still in a file opened for reading, None when it is of no kind known here. `head` is its first 64 bytes."""
    found = None
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        found = _png(file)
    elif head.startswith(b"\xff\xd8\xff"):
        found = _jpeg(file, size)
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        found = _webp(file, head, size)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        found = Still("gif", *struct.unpack("<HH", _whole(head[6:10], 4, "its header")))
    if found is not None and (found.width == 0 or found.height == 0):
        raise DamagedError(f"its header says {found.width}x{found.height} pixels")
    return found


def _whole(data: bytes, length: int, what: str) -> bytes:
    if len(data) < length:
        raise DamagedError(f"it ends within {what}")
    return data


def _png(file: IO[bytes]) -> Still:
    file.seek(8)
    found, orientation = None, UPRIGHT
    for _ in range(SEGMENTS):
        length, name = struct.unpack(">I4s", _whole(file.read(8), 8, "a chunk"))
        if found is None:
            found = _png_header(file, length, name)
        elif name in {b"IDAT", b"IEND"}:
            break
        elif name == b"eXIf" and length <= EXIF_LIMIT:
            orientation = exif_orientation(_whole(file.read(length), length, "its EXIF"))
            file.seek(4, 1)
        else:
            file.seek(length + 4, 1)
    if found is None or name != b"IDAT":
        raise DamagedError("there is no picture in it")
    return Still("png", *found, orientation)


def _png_header(file: IO[bytes], length: int, name: bytes) -> tuple[int, int]:
    body = _whole(file.read(17), 17, "its header")
    if name != b"IHDR" or length != 13 or zlib.crc32(name + body[:13]) != struct.unpack(">I", body[13:])[0]:  # noqa: PLR2004
        raise DamagedError("its header's checksum does not agree")
    width, height = struct.unpack(">II", body[:8])
    return width, height


def _jpeg(file: IO[bytes], size: int) -> Still:
    file.seek(2)
    orientation = UPRIGHT
    for _ in range(SEGMENTS):
        marker = _jpeg_marker(file)
        if marker in {0xD9, 0xDA}:
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD7:  # noqa: PLR2004 - markers without a length
            continue
        (length,) = struct.unpack(">H", _whole(file.read(2), 2, "a segment"))
        if length < 2:  # noqa: PLR2004 - the length counts itself
            break
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:  # noqa: PLR2004 - a frame header
            height, width = struct.unpack(">xHH", _whole(file.read(5), 5, "its frame header"))
            return Still("jpeg", width, height, orientation)
        body = _whole(file.read(length - 2), length - 2, "a segment")
        if marker == 0xE1 and body.startswith(b"Exif\0\0"):  # noqa: PLR2004 - APP1
            orientation = exif_orientation(body[6:])
    raise DamagedError(f"there is no frame header in its {size} bytes")


def _jpeg_marker(file: IO[bytes]) -> int:
    if _whole(file.read(1), 1, "its segments") != b"\xff":
        raise DamagedError("its segments do not follow each other")
    for _ in range(SEGMENTS):
        code = _whole(file.read(1), 1, "its segments")[0]
        if code != 0xFF:  # noqa: PLR2004 - fill bytes
            return code
    raise DamagedError("its segments do not follow each other")


def _webp(file: IO[bytes], head: bytes, size: int) -> Still:
    _whole(head, 30, "its header")
    (claimed,) = struct.unpack("<I", head[4:8])
    if claimed + 8 > size + 1:
        raise DamagedError(f"its header promises {claimed + 8} bytes, there are {size}")
    name = head[12:16]
    if name == b"VP8X":
        width, height = int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
        return Still("webp", width, height, _webp_orientation(file))
    if name == b"VP8L" and head[20] == 0x2F:  # noqa: PLR2004 - its signature
        bits = int.from_bytes(head[21:25], "little")
        return Still("webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if name == b"VP8 " and head[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", head[26:30])
        return Still("webp", width & 0x3FFF, height & 0x3FFF)
    raise DamagedError("there is no picture in it")


def _webp_orientation(file: IO[bytes]) -> int:
    file.seek(12)
    for _ in range(SEGMENTS):
        header = file.read(8)
        if len(header) < 8:  # noqa: PLR2004 - the end
            break
        name, length = struct.unpack("<4sI", header)
        if name == b"EXIF" and length <= EXIF_LIMIT:
            return exif_orientation(file.read(length).removeprefix(b"Exif\0\0"))
        file.seek(length + length % 2, 1)
    return UPRIGHT


def exif_orientation(exif: bytes) -> int:
    """The orientation that a TIFF block states, 1 where it states none that makes sense."""
    order: Any = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 8:  # noqa: PLR2004 - the TIFF header
        return UPRIGHT
    (start,) = struct.unpack_from(order + "I", exif, 4)
    if start + 2 > len(exif):
        return UPRIGHT
    (count,) = struct.unpack_from(order + "H", exif, start)
    for place in range(start + 2, min(start + 2 + 12 * count, len(exif) - 11), 12):
        tag, kind, _, value = struct.unpack_from(order + "HHIH", exif, place)
        if tag == ORIENTATION:
            return value if kind == SHORT and 1 <= value <= 8 else UPRIGHT  # noqa: PLR2004 - the eight ways to turn
    return UPRIGHT
