"""Small pictures of stills, and of the first frames of clips: upright, without what a camera wrote, drawn once and
kept by content."""

from __future__ import annotations

import base64
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.opening import decoding, opened
from storyboard.media.picture import picture

if TYPE_CHECKING:
    from storyboard.media.picture import Pixels

WIDTH, HEIGHT = 480, 480  # pixels, at most
QUALITY = "7"  # mjpeg's scale, 2 is best
WAY = "thumbnail/1"  # in the names of what is kept: another size or coder gets another
CURE = "run `storyboard doctor --repair`, which fetches it again as long as fal keeps it."


class Thumbnail(Struct, frozen=True):
    """A JPEG and its size in pixels."""

    jpeg: bytes
    width: int
    height: int

    @property
    def inside(self) -> str:
        """As a URL that holds it."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode('ascii')}"


def of_still(path: Path) -> Thumbnail:
    """Raises MediaError naming the file."""
    return _small(picture(path))


def of_clip(path: Path) -> Thumbnail:
    """The first frame. Raises MediaError naming the file."""
    return _small(first_frame(path))


def first_frame(path: Path) -> Pixels:
    """The clip's first frame as RGB, upright. Raises MediaError."""
    import numpy as np

    with decoding(f"the clip {path.name}", CURE, path), opened(path, "mov") as container:
        for frame in container.decode(container.streams.video[0]):
            turned = np.rot90(frame.to_ndarray(format="rgb24"), round(frame.rotation / 90))
            return np.ascontiguousarray(turned)
    raise MediaError(f"the clip {path.name} has no picture: {CURE}")


def _small(pixels: Pixels) -> Thumbnail:
    import av

    height, width = pixels.shape[:2]
    scale = min(1.0, WIDTH / width, HEIGHT / height)
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
