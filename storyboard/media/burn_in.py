"""Caption and slate over a moving still. The words are drawn once; each frame only blends the plates in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.media.plate420 import plate420

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from storyboard.media.plate420 import Plate420

ROWS = 3
MOST_CHARACTERS = 400


def burn_in(
    caption: str, slate: str, seconds: int, size: tuple[int, int]
) -> Callable[[float], list[Plate420]]:
    """A function from a time in seconds to the plates that lie on the frame then. The slate counts the shot's
    seconds."""
    low = _caption(caption, size)
    counted = [_slate(slate, second, seconds, size) for second in range(seconds)] if slate else []

    def plates(t: float) -> list[Plate420]:
        second = min(int(t + 1e-6), seconds - 1)
        return low + counted[second : second + 1]

    return plates


def _caption(caption: str, size: tuple[int, int]) -> list[Plate420]:
    """One plate, or none where there are no words."""
    from storyboard.media.lettering import plate, wrapped

    width, height = size
    letters = max(12, round(min(height, width * 0.8) / 24))
    lines = wrapped(_shown(caption), letters, round(width * 0.8), ROWS)
    if not lines:
        return []
    image = plate(lines, letters)
    return [_plate(image, (width - image.width) // 2, round(height * 0.93) - image.height, size)]


def _slate(slate: str, second: int, seconds: int, size: tuple[int, int]) -> Plate420:
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


def _plate(image: Image.Image, left: int, top: int, size: tuple[int, int]) -> Plate420:
    return plate420(image, max(0, left) // 2 * 2, max(0, top) // 2 * 2, size)
