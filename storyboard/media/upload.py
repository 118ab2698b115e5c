"""The bytes of a still as they leave this machine: the picture as it is, without what a camera or an editor wrote
about place, device and person. Nothing is encoded again."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from typing import TYPE_CHECKING

from storyboard.errors import MediaError, Refused
from storyboard.media.stills import ORIENTATION, SHORT, UPRIGHT, exif_orientation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JPEG = b"\xff\xd8\xff"
PNG = b"\x89PNG\r\n\x1a\n"
PNG_DROPPED = {b"eXIf", b"tEXt", b"iTXt", b"zTXt", b"tIME"}
SCAN, END, COMMENT = 0xDA, 0xD9, 0xFE
WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD8)}
EXIF, ADOBE, ICC = 0xE1, 0xEE, 0xE2
APPLICATION = range(0xE0, 0xF0)
VP8X_EXIF, VP8X_EXIF_XMP = 0x08, 0x0C
MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # none of these stands within a scan


def upload_bytes(path: Path, sha256: str | None = None) -> bytes:
    """What is to be sent of a file, if it still has the content of that hash. A picture's orientation stays, as the
    only thing in its EXIF. Raises MediaError and Refused."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MediaError(f"{path.name} can't be read ({error.strerror}); nothing was sent.") from None
    if sha256 is not None and hashlib.sha256(data).hexdigest() != sha256:
        raise Refused(
            f"{path.name} changed while the render was at work. Nothing was sent for the scenes that still needed it. "
            "Run the same command again to see the new plan."
        )
    try:
        return without_metadata(data)
    except (struct.error, IndexError):
        raise MediaError(
            f"{path.name} is damaged: its parts do not follow each other; nothing was sent."
        ) from None


def without_metadata(data: bytes) -> bytes:
    """PNG, JPEG and WebP without metadata; any other kind as it is."""
    if data.startswith(JPEG):
        return b"".join(_jpeg(data))
    if data.startswith(PNG):
        return b"".join(_png(data))
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return data


def _jpeg(data: bytes) -> Iterator[bytes]:
    """Segments up to the first scan, then the rest. ICC profile and Adobe's transform belong to the picture."""
    yield data[:2]
    place, orientation = 2, UPRIGHT
    kept: list[bytes] = []
    while data[place + 1] != SCAN:
        marker = data[place + 1]
        if data[place] != 0xFF:  # noqa: PLR2004 - what every marker begins with
            raise IndexError(place)
        if marker == 0xFF or marker in WITHOUT_LENGTH:  # noqa: PLR2004 - fill byte
            place += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        segment = data[place : place + 2 + length]
        if marker == EXIF and segment[4:10] == b"Exif\0\0":
            orientation = exif_orientation(segment[10:])
        if _belongs(marker, segment):
            kept.append(segment)
        place += 2 + max(2, length)
    if orientation != UPRIGHT:
        body = b"Exif\0\0" + _tiff(orientation)
        yield struct.pack(">BBH", 0xFF, EXIF, len(body) + 2) + body
    yield from kept
    yield data[place : _until_end(data, place)]


def _belongs(marker: int, segment: bytes) -> bool:
    if marker == COMMENT:
        return False
    if marker == ICC:
        return segment[4:16] == b"ICC_PROFILE\0"
    return marker not in APPLICATION or marker in {0xE0, ADOBE}


def _until_end(data: bytes, place: int) -> int:
    """Where the picture that has a scan at `place` ends. What follows (a film, a second picture, an editor's notes)
    stays here."""
    while found := MARKER.search(data, place):
        if data[found.start() + 1] == END:
            return found.end()
        (length,) = struct.unpack_from(">H", data, found.end())
        place = found.end() + max(2, length)
    return len(data)


def _tiff(orientation: int) -> bytes:
    """A TIFF block that says how to turn the picture and nothing else."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, SHORT, 1, orientation, 0, 0)


def _png(data: bytes) -> Iterator[bytes]:
    yield PNG
    place = len(PNG)
    while place < len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if end > len(data):
            raise IndexError(place)
        orientation = exif_orientation(data[place + 8 : end - 4]) if name == b"eXIf" else UPRIGHT
        if orientation != UPRIGHT:
            body = b"eXIf" + _tiff(orientation)
            yield struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        if name not in PNG_DROPPED:
            yield data[place:end]
        if name == b"IEND":
            return
        place = end


def _webp(data: bytes) -> bytes:
    chunks = bytearray()
    place, limit, orientation = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little")), UPRIGHT
    while place + 8 <= limit:
        name, length = struct.unpack_from("<4sI", data, place)
        end = place + 8 + length + length % 2
        if name == b"EXIF":
            orientation = exif_orientation(data[place + 8 : end].removeprefix(b"Exif\0\0"))
        elif name != b"XMP ":
            chunks += data[place:end]
        place = end
    if chunks[:4] == b"VP8X":
        chunks[8] &= 0xFF ^ VP8X_EXIF_XMP
        if orientation != UPRIGHT:
            chunks[8] |= VP8X_EXIF
            chunks += b"EXIF" + struct.pack("<I", len(_tiff(orientation))) + _tiff(orientation)
    return b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WEBP" + bytes(chunks)
