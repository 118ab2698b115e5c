"""Small pictures of stills, and of the first frames of clips: upright, drawn anew, so that nothing of what a camera
wrote is in them."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.opening import decoding, is_film, opened
from storyboard.media.picture import picture

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.media.picture import Pixels

MOST = 448  # pixels of the longer side
QUALITY = "8"  # on mjpeg's scale, where 2 is best
CURE = "run `storyboard doctor --repair`, which fetches it again as long as fal keeps it."


class Thumbnail(Struct, frozen=True):
    """A JPEG, and its size in pixels."""

    jpeg: bytes
    width: int
    height: int

    @property
    def inside(self) -> str:
        """A URL that holds it."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode('ascii')}"


def thumbnails(paths: Mapping[str, Path]) -> dict[str, Thumbnail | MediaError]:
    """Of stills and clips, by the names that they are given under; where there is no picture, why. Several are drawn at
    a time."""
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as drawers:
        return dict(zip(paths, drawers.map(_drawn, paths.values()), strict=True))


def _drawn(path: Path) -> Thumbnail | MediaError:
    try:
        return thumbnail(path)
    except MediaError as error:
        return error


def thumbnail(path: Path) -> Thumbnail:
    """Of a still, or of a clip's first frame. Raises MediaError naming the file."""
    return _small(_first_frame(path) if is_film(path) else picture(path))


def _first_frame(path: Path) -> Pixels:
    import numpy as np

    with decoding(f"the clip {path.name}", CURE, path), opened(path, "mov") as container:
        for frame in container.decode(container.streams.video[0]):
            turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
            return np.ascontiguousarray(turned)
    raise MediaError(f"the clip {path.name} has no picture: {CURE}")


def _small(pixels: Pixels) -> Thumbnail:
    import av

    height, width = pixels.shape[:2]
    scale = min(1.0, MOST / max(width, height))
    size = (max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))
    frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
    return Thumbnail(_jpeg(frame.reformat(*size, "yuvj420p", interpolation="AREA")), *size)


def _jpeg(frame: Any) -> bytes:
    import av

    coder: Any = av.CodecContext.create("mjpeg", "w")
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "yuvj420p"
    coder.time_base = Fraction(1, 24)
    coder.options = {"qmin": QUALITY, "qmax": QUALITY, "huffman": "optimal"}
    return b"".join(bytes(packet) for each in (frame, None) for packet in coder.encode(each))
