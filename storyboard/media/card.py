"""The neutral card: what stands where there is no still. Dark, quiet, a little different for each slate; with those who
are to be seen, where there are pictures of them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

MOST = 5  # portraits
FRAME_LINE = (255, 255, 255, 46)


def card(size: tuple[int, int], slate: str, portraits: Sequence[NDArray[np.uint8]] = ()) -> Image.Image:
    """A soft gradient with a view-finder's frame lines; `slate` chooses the tint. Portraits, as RGB, in a row."""
    import numpy as np

    width, height = size
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    glow = np.exp(-(((x / width - 0.5) / 0.55) ** 2 + ((y / height - 0.42) / 0.6) ** 2))
    grain = np.random.Generator(np.random.PCG64(7)).normal(0, 1.1, (height, width)).astype(np.float32)
    light = (26 + 58 * glow + grain)[:, :, None] * _tint(slate)
    image = Image.fromarray(light.clip(0, 255).astype(np.uint8))
    image.paste(_lines(size), (0, 0), _lines(size))
    shown = [
        _within(each, (width * 0.72 / min(len(portraits), MOST), height * 0.44)) for each in portraits[:MOST]
    ]
    gap = round(width * 0.02)
    left = (width - sum(each.width for each in shown) - gap * (len(shown) - 1)) // 2
    for each in shown:
        image.paste(each, (left, round(height * 0.45) - each.height // 2))
        left += each.width + gap
    return image


def _within(pixels: NDArray[np.uint8], box: tuple[float, float]) -> Image.Image:
    """A picture, whole, as large as a box allows."""
    picture = Image.fromarray(pixels)
    scale = min(box[0] / picture.width, box[1] / picture.height)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def _tint(slate: str) -> NDArray[np.float32]:
    import numpy as np

    turn = hashlib.sha256(slate.encode("utf-8", "replace")).digest()[0] / 255
    waves = [np.cos(2 * np.pi * (turn + third / 3)) for third in range(3)]
    return np.array([1 + 0.16 * wave for wave in waves], dtype=np.float32)


def _lines(size: tuple[int, int]) -> Image.Image:
    width, height = size
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    thick = max(1, height // 360)
    left, top, right, bottom = width * 0.1, height * 0.12, width * 0.9, height * 0.88
    long = height * 0.06
    for x, way in ((left, 1), (right, -1)):
        for y, down in ((top, 1), (bottom, -1)):
            draw.line((x, y, x + way * long, y), fill=FRAME_LINE, width=thick)
            draw.line((x, y, x, y + down * long), fill=FRAME_LINE, width=thick)
    return image
