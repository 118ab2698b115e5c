"""Caption and slate over a frame. The words are drawn once; each frame only blends the plates in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    Pixels = NDArray[np.uint8]

ROWS = 3
MOST_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Plate:
    """Words at a place of the frame: their light, already weighted, and how much of the picture passes (of 255)."""

    left: int
    top: int
    light: NDArray[np.uint16]
    passing: NDArray[np.uint16]

    def blend(self, frame: Pixels) -> None:
        """Puts the plate on the frame in place."""
        height, width = self.light.shape[:2]
        part = frame[self.top : self.top + height, self.left : self.left + width]
        part[:] = (part * self.passing + self.light + 127) // 255


def burn_in(
    caption: str, slate: str, seconds: int, size: tuple[int, int]
) -> Callable[[Pixels, float], Pixels]:
    """A function from a frame and its time to the frame with words. The slate counts the shot's seconds."""
    low = _caption(caption, size)
    counted = [_slate(slate, second, seconds, size) for second in range(seconds)] if slate else []

    def words(frame: Pixels, t: float) -> Pixels:
        if low is not None:
            low.blend(frame)
        if counted:
            counted[min(int(t + 1e-6), seconds - 1)].blend(frame)
        return frame

    return words


def _caption(caption: str, size: tuple[int, int]) -> Plate | None:
    from storyboard.media.lettering import plate, wrapped

    width, height = size
    letters = max(12, round(min(height, width * 0.8) / 24))
    lines = wrapped(_shown(caption), letters, round(width * 0.8), ROWS)
    if not lines:
        return None
    image = plate(lines, letters)
    return _plate(image, (width - image.width) // 2, round(height * 0.93) - image.height, size)


def _slate(slate: str, second: int, seconds: int, size: tuple[int, int]) -> Plate:
    from storyboard.media.lettering import plate, row, wrapped

    letters = max(10, round(min(size) / 34))
    lines = wrapped(_shown(slate), letters, round(size[0] * 0.7), 1) or [row("")]
    image = plate(lines, letters, faint=f"   {second + 1} / {seconds} s")
    margin = round(min(size) * 0.035)
    return _plate(image, margin, margin, size)


def _shown(text: str) -> str:
    """As much of it as anybody reads, without what no font here has: `moving_still.left_out` tells what that is."""
    from storyboard.media.clusters import clusters
    from storyboard.media.missing import drawable

    return "".join(clusters(drawable(text))[:MOST_CHARACTERS])


def _plate(image: Image.Image, left: int, top: int, size: tuple[int, int]) -> Plate:
    import numpy as np

    left, top = max(0, left), max(0, top)
    pixels = np.asarray(image)[: size[1] - top, : size[0] - left].astype(np.uint16)
    alpha = pixels[:, :, 3:]
    return Plate(left, top, pixels[:, :, :3] * alpha, 255 - alpha)
