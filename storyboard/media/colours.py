"""How the numbers in a picture stand for colours (ITU-T H.273), in ffmpeg's words."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

RANGES = {1: "tv", 2: "pc"}
PRIMARIES = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "film",
    9: "bt2020",
    10: "smpte428",
    11: "smpte431",
    12: "smpte432",
    22: "ebu3213",
}
TRANSFERS = {
    1: "bt709",
    4: "bt470m",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "linear",
    9: "log100",
    10: "log316",
    11: "iec61966-2-4",
    12: "bt1361e",
    13: "iec61966-2-1",
    14: "bt2020-10",
    15: "bt2020-12",
    16: "smpte2084",
    17: "smpte428",
    18: "arib-std-b67",
}
MATRICES = {
    0: "gbr",
    1: "bt709",
    4: "fcc",
    5: "bt470bg",
    6: "smpte170m",
    7: "smpte240m",
    8: "ycgco",
    9: "bt2020nc",
    10: "bt2020c",
    11: "smpte2085",
    12: "chroma-derived-nc",
    13: "chroma-derived-c",
    14: "ictcp",
}


class Colours(Struct, frozen=True):
    """What a picture says of its colours; "" where it says nothing. `range` is tv (16 to 235) or pc (0 to 255)."""

    range: str
    primaries: str
    transfer: str
    matrix: str


def colours_of(frame: Any) -> Colours:
    """Of a decoded frame."""
    return Colours(
        RANGES.get(int(frame.color_range), ""),
        PRIMARIES.get(int(frame.color_primaries), ""),
        TRANSFERS.get(int(frame.color_trc), ""),
        MATRICES.get(int(frame.colorspace), ""),
    )
