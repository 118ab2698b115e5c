"""Fonts that tests need, and what is told when one is not there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from storyboard.media.fonts import shapes
from storyboard.media.lettering import Row, extent_of, row, width_of, write
from storyboard.media.missing import explained, undrawable

DEJAVU = "DejaVuSans.ttf"  # has Latin, Hebrew, Arabic and Greek in one file


def needs(text: str) -> None:
    """Skips, and says what to install, where the words of a test can't be drawn."""
    missing = undrawable(text)
    if missing or not shapes():
        pytest.skip(f"not proved on this machine: {explained(missing or ('ب',))}")


def font_file(name: str) -> Path:
    """A font of this machine by its file's name."""
    found = next(iter(sorted(Path("/usr/share/fonts").rglob(name))), None)
    if found is None:
        pytest.skip(f"not proved on this machine: there is no {name} (apt install fonts-dejavu-core)")
    return found


def picture_of(text: str | Row, size: int = 40) -> np.ndarray:
    """A line drawn on nothing, as wide as it is: RGBA."""
    line = row(text) if isinstance(text, str) else text
    ascent, descent = extent_of(line, size)
    image = Image.new("RGBA", (max(1, width_of(line, size)), ascent + descent), (0, 0, 0, 0))
    write(image, 0, ascent, line, size)
    return np.asarray(image).astype(int)
