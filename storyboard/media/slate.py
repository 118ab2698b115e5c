"""A film slate: sticks with stripes above, fields below, and a timecode that runs."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from storyboard.media.fonts import Faces, faces_of
from storyboard.media.lettering import FAINT_INK, FINE, INK
from storyboard.media.timecode_plate import longest_timecode, shown_timecode, timecode_plate
from storyboard.media.typeset import block, fitted_block

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from storyboard.media.title import Slate

    Pixels = NDArray[np.uint8]

Box = tuple[int, int, int, int]

GROUND = (17, 16, 15, 255)
BOARD = (30, 29, 28, 255)
LINE = (246, 243, 236, 120)
STRIPES = 9
ROWS = (0.16, 0.40, 0.74)  # of the board's height: where sticks, title and numbers end


def slate_pictures(slate: Slate, size: tuple[int, int], fps: Fraction) -> Iterator[Pixels]:
    """The slate's frames: its words are drawn once, the timecode is a moviepy clip laid over them."""
    import numpy as np
    from moviepy.video.VideoClip import VideoClip

    from storyboard.media.title import laid_over

    board, (left, middle), letters = drawn_slate(slate, size)
    plate = timecode_plate(letters, BOARD, longest_timecode(fps))
    margin, height = plate.lefts[0], plate.empty.height

    def running(t: float) -> Pixels:
        words = plate.image(shown_timecode(slate.first_timecode + round(t * fps), fps))
        return np.asarray(words.crop((margin, 0, words.width - margin, height)).convert("RGB"))

    clock = VideoClip(running, duration=float((slate.frames + 1) / fps))
    ground = np.asarray(board.convert("RGB"))
    for number in range(slate.frames):
        yield laid_over(ground, clock.get_frame(number / fps), (left, middle - height // 2))


def drawn_slate(slate: Slate, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int], int]:
    """The board without its timecode; where that begins, on its middle line; the size of its letters in pixels."""
    from storyboard.media.title import all_words

    image, faces = Image.new("RGBA", size, GROUND), faces_of(all_words(slate))
    left, top, right, bottom = _board(size)
    ImageDraw.Draw(image).rectangle((left, top, right, bottom), fill=BOARD)
    rows = [top + round((bottom - top) * share) for share in ROWS]
    _stripes(image, (left, top, right, rows[0]))
    _field(image, "TITLE", slate.title, (left, rows[0], right, rows[1]), faces, slate.name)
    columns = [left + round((right - left) * n / 3) for n in range(4)]
    for n, (label, value) in enumerate((("SCENE", slate.scene), ("SHOT", slate.shot), ("TAKE", slate.take))):
        _field(image, label, value, (columns[n], rows[1], columns[n + 1], rows[2]), faces, slate.name)
    half = (left + right) // 2
    _field(image, "ENDPOINT", slate.endpoint, (left, rows[2], half, bottom), faces, slate.name)
    margin = _field(image, "TIMECODE", "", (half, rows[2], right, bottom), faces, slate.name)
    letters = max(9, round(min((bottom - rows[2]) * 0.34, (right - half) / 8)))
    return image, (half + margin, (rows[2] + bottom) // 2 + margin), letters


def _board(size: tuple[int, int]) -> Box:
    """Within what every screen shows, no narrower or higher than a slate is."""
    width = round(size[0] * 0.84)
    height = min(round(size[1] * 0.84), round(width * (0.8 if size[0] > size[1] else 1.1)))
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    return left, top, left + width, top + height


def _stripes(image: Image.Image, box: Box) -> None:
    """Two sticks, their stripes leaning against each other; drawn larger, so that their edges are smooth."""
    left, top, right, bottom = box
    width, height = right - left + 1, bottom - top
    sticks = Image.new("RGBA", (width * FINE, height * FINE), GROUND)
    draw = ImageDraw.Draw(sticks)
    wide, half = sticks.width / STRIPES, sticks.height / 2
    for n in range(-1, STRIPES + 1):
        for y, lean in ((0, wide / 4), (half, -wide / 4)):
            up, down = n * wide + wide / 4 + lean, n * wide + wide / 4 - lean
            draw.polygon(
                ((up, y), (up + wide / 2, y), (down + wide / 2, y + half), (down, y + half)), fill=INK
            )
    draw.line((0, half, sticks.width, half), fill=GROUND, width=max(FINE, sticks.height // 24))
    image.alpha_composite(sticks.resize((width, height), Image.Resampling.BOX), (left, top))


def _field(image: Image.Image, label: str, value: str, box: Box, faces: Faces, what: str) -> int:
    """A field with thin lines around it: its label small, its value as large as it may be. Gives the margin."""
    left, top, right, bottom = box
    thick = max(1, min(image.size) // 360)
    _framed(image, box, thick)
    small, least = max(6, round(min(image.size) * 0.026)), max(5, round(min(image.size) * 0.02))
    margin = round(small * 0.7)
    inside = (left + margin, top + margin * 0.6, right - margin)
    heading = block(label, small, right - left, faces)
    heading.draw(image, inside, FAINT_INK, side=0)
    if value.strip():
        space = (right - left - 2 * margin, round(bottom - top - heading.height - 1.6 * margin))
        words = fitted_block(value, round((bottom - top) * 0.42), least, space, faces, what)
        middle = inside[1] + heading.height + (space[1] - words.height) / 2
        words.draw(image, (inside[0], middle, inside[2]), side=0)
    return margin


def _framed(image: Image.Image, box: Box, thick: int) -> None:
    lines = Image.new("RGBA", (box[2] - box[0] + thick, box[3] - box[1] + thick), (0, 0, 0, 0))
    ImageDraw.Draw(lines).rectangle((0, 0, lines.width - 1, lines.height - 1), outline=LINE, width=thick)
    image.alpha_composite(lines, (box[0], box[1]))
