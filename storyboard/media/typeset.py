"""Blocks of words for cards: as large as they may be, in balanced lines, within a box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.clusters import cleaned, pieces
from storyboard.media.lettering import INK, Ink, Row, extent_of, width_of, wrapped, write

if TYPE_CHECKING:
    from PIL import Image

    from storyboard.media.fonts import Faces

SHRINK = 0.94  # from one size that is tried to the next
PITCH = 1.3  # from line to line, of the size
BLANK = 0.7  # of a line: between paragraphs


class Block(Struct, frozen=True):
    """Lines of one size; None is a gap between paragraphs. `pitch` in pixels from line to line."""

    lines: tuple[Row | None, ...]
    size: int
    pitch: int

    @property
    def height(self) -> int:
        return round(sum(self.pitch if line else self.pitch * BLANK for line in self.lines))

    @property
    def width(self) -> int:
        return max((width_of(line, self.size) for line in self.lines if line), default=0)

    def draw(
        self, image: Image.Image, box: tuple[float, float, float], ink: Ink = INK, side: float = 0.5
    ) -> None:
        """On an RGBA image, from the left to the right of `box` and down from its top. `side`: 0 sets the lines at
        the left of the box, 0.5 in its middle, 1 at its right."""
        left, y, right = box
        for line in self.lines:
            if line is not None:
                spare = right - left - width_of(line, self.size)
                write(image, left + spare * side, y + self.pitch / 2 + self.size * 0.36, line, self.size, ink)
            y += self.pitch if line else self.pitch * BLANK


def block(text: str, size: int, width: int, faces: Faces) -> Block:
    """The text in lines of at most `width` pixels; its own line breaks are kept."""
    paragraphs = cleaned(text).strip().split("\n")
    lines: list[Row | None] = []
    for paragraph in paragraphs:
        lines += wrapped(paragraph, size, width, faces=faces) or [None]
    heights = [sum(extent_of(line, size)) for line in lines if line]
    return Block(tuple(lines), size, max([round(size * PITCH), *heights]))


def fitted_block(
    text: str, largest: int, smallest: int, box: tuple[int, int], faces: Faces, what: str
) -> Block:
    """The block in the largest size at which it fits into a box without breaking a word. Raises MediaError."""
    size = max(largest, smallest)
    while True:
        found = block(text, size, box[0], faces)
        whole = size == smallest or _longest(text, size, faces) <= box[0]
        if whole and found.height <= box[1] and found.width <= box[0]:
            return found
        if size == smallest:
            raise MediaError(
                f"{what} does not fit into the picture: make its text shorter, or make two of it."
            )
        size = max(smallest, int(size * SHRINK))


def _longest(text: str, size: int, faces: Faces) -> int:
    """Pixels of the longest part that has no place to end a line in."""
    parts = {piece for word in cleaned(text).split() for piece in pieces(word)}
    return max((width_of(Row(part, left=False, faces=faces), size) for part in parts), default=0)
