"""A picture laid over decoded frames as they are (yuv420p): turned into light once, blended only where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Lines = NDArray[np.uint8]
    Weights = NDArray[np.uint16]

HALVED = (1, 1, 2, 2, 2)  # how many pixels of the picture a value of each layer stands for, in a row


class Plate420(Struct, frozen=True):
    """A plate at a place of a yuv420p frame. Layers: brightness already weighted, how much of the frame's passes (of
    255); then, at half the size, both colours weighted, and how much passes."""

    left: int
    top: int
    layers: tuple[Weights, ...]

    @property
    def height(self) -> int:
        return int(self.layers[0].shape[0])

    def blend(self, frame: Any) -> None:
        """Puts the plate on the frame in place."""
        self.blend_lines(*map(_lines, frame.planes))

    def blend_lines(self, y: Lines, u: Lines, v: Lines) -> None:
        """Puts the plate in place on a frame that is given as its three planes."""
        light, passing, blue, red, passing_colour = self.layers
        _blend(y, self.left, self.top, light, passing)
        _blend(u, self.left // 2, self.top // 2, blue, passing_colour)
        _blend(v, self.left // 2, self.top // 2, red, passing_colour)


def _blend(lines: Lines, left: int, top: int, light: Weights, passing: Weights) -> None:
    part = lines[top : top + light.shape[0], left : left + light.shape[1]]
    part[:] = (part * passing + light + 127) // 255


def _lines(plane: Any) -> Lines:
    """A plane's values, line by line, without what only fills its lines up."""
    import numpy as np

    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def copied(frame: Any) -> Any:
    """A frame of its own with the same picture, shown at the same time."""
    import av

    copy = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for new, old in zip(copy.planes, frame.planes, strict=True):
        _lines(new)[:] = _lines(old)
    copy.pts = frame.pts
    if frame.time_base is not None:
        copy.time_base = frame.time_base
    copy.colorspace, copy.color_range = frame.colorspace, frame.color_range
    return copy


def plate420(image: Image.Image, left: int, top: int, size: tuple[int, int]) -> Plate420:
    """An RGBA picture as a plate whose corner lies on even pixels. What lies outside of the frame is not there."""
    width, height = (
        side // 2 * 2 for side in (min(image.width + 1, size[0] - left), min(image.height + 1, size[1] - top))
    )
    return Plate420(left, top, layers_of(image.crop((0, 0, max(0, width), max(0, height)))))


def layers_of(image: Image.Image) -> tuple[Weights, ...]:
    """BT.709 in limited range, each value times its opacity; colours are means over two by two pixels."""
    import numpy as np

    pixels = np.asarray(image).astype(np.float64)
    red, green, blue, alpha = (pixels[:, :, n] for n in range(4))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    light = (16 + luma * 219 / 255) * alpha
    colours = [
        (128 + (colour - luma) / wide * 224 / 255) * alpha for colour, wide in ((blue, 1.8556), (red, 1.5748))
    ]
    rounded = [light, 255 - alpha, *map(_halved, colours), 255 - _halved(alpha)]
    return tuple(np.rint(layer).astype(np.uint16) for layer in rounded)


def _halved(layer: NDArray[np.float64]) -> NDArray[np.float64]:
    height, width = layer.shape
    halved: NDArray[np.float64] = layer.reshape(height // 2, 2, width // 2, 2).mean((1, 3))
    return halved
