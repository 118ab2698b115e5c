"""Sample entries: how the packets of a track are coded (ISO/IEC 14496-12 and -14, QuickTime)."""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

from storyboard.media.boxes import level

VIDEO_ENTRY, AUDIO_ENTRY = 78, 28  # bytes of a sample entry before its boxes


class UnusualError(Exception):
    """The file may well play, but packets are not copied from what is built so; the text says how."""


def sample_entry(kind: bytes, stsd: bytes) -> tuple[bytes, dict[str, Any]]:
    """The coding of a track: its name, and what of it belongs to video or to sound."""
    (count,) = struct.unpack_from(">I", stsd, 4)
    if count != 1:
        raise UnusualError("it changes its coding midway")
    ((entry, body),) = list(level(stsd[8:]))
    fields = _video_entry(body) if kind == b"vide" else _audio_entry(body)
    description = _without_rate(entry, body, fields.pop("boxes_at"))
    return entry, {**fields, "description": description}


def _without_rate(entry: bytes, body: bytes, boxes_at: int) -> bytes:
    kept = b"".join(_boxed(name, inner) for name, inner in level(body[boxes_at:]) if name != b"btrt")
    return _boxed(entry, body[:boxes_at] + kept)


def _boxed(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def _video_entry(body: bytes) -> dict[str, Any]:
    width, height = struct.unpack_from(">HH", body, 24)
    boxes = dict(level(body[VIDEO_ENTRY:]))
    across, down = struct.unpack(">II", boxes.get(b"pasp", b"\0\0\0\1\0\0\0\1")[:8])
    config = next((boxes[name] for name in (b"avcC", b"hvcC", b"av1C", b"vpcC") if name in boxes), b"")
    aspect = Fraction(across, down) if across and down else Fraction(1)
    return {
        "boxes_at": VIDEO_ENTRY,
        "width": width,
        "height": height,
        "aspect": aspect,
        "config": config,
        "colour": boxes.get(b"colr", b""),
    }


def _audio_entry(body: bytes) -> dict[str, Any]:
    version, channels, rate = struct.unpack_from(">8xH6xH6xI", body, 0)
    if version > 1:
        raise UnusualError("its sound is described in an unusual way")
    boxes_at = AUDIO_ENTRY + 16 * version
    boxes = dict(level(body[boxes_at:]))
    if b"wave" in boxes:  # QuickTime wraps the descriptor
        boxes = dict(level(boxes[b"wave"][: boxes[b"wave"].find(b"\0\0\0\x08\0\0\0\0")]))
    return {
        "boxes_at": boxes_at,
        "rate": rate >> 16,
        "channels": channels,
        "config": _decoder_config(boxes.get(b"esds", b"")),
    }


def _decoder_config(esds: bytes) -> bytes:
    """The AudioSpecificConfig within an elementary stream descriptor (ISO/IEC 14496-1): tag 5 in 4 in 3."""
    tag, body = _descriptor(esds[4:])
    if tag != 3:  # noqa: PLR2004 - the elementary stream
        return b""
    tag, body = _descriptor(body[3:])
    if tag != 4:  # noqa: PLR2004 - its decoder
        return b""
    tag, body = _descriptor(body[13:])
    return body if tag == 5 else b""  # noqa: PLR2004 - the decoder's configuration


def _descriptor(data: bytes) -> tuple[int, bytes]:
    length = place = 0
    for byte in data[1:5]:
        place += 1
        length = length << 7 | byte & 0x7F
        if byte < 0x80:  # noqa: PLR2004 - the last byte of the length
            break
    return (data[0] if data else 0), data[1 + place : 1 + place + length]
