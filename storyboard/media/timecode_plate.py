"""A timecode as a picture: its figures are drawn once and set side by side, all as wide, so that nothing trembles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.media.timecode import timecode

if TYPE_CHECKING:
    from fractions import Fraction

    from PIL import Image

    from storyboard.media.lettering import Ink

SIGNS = "0123456789:"


class TimecodePlate(Struct, frozen=True):
    """An empty plate, and a tile for each sign, of the plate's height and with its ground. Lefts in pixels; all
    are even, as are the widths: half of them is what a frame's colours are counted in."""

    empty: Image.Image
    tiles: dict[str, Image.Image]
    lefts: tuple[int, ...]

    def image(self, text: str) -> Image.Image:
        """The plate with a timecode on it."""
        image = self.empty.copy()
        for left, sign in zip(self.lefts, text, strict=True):
            image.paste(self.tiles[sign], (left, 0))
        return image


def timecode_plate(size: int, ground: Ink, longest: str) -> TimecodePlate:
    """The parts of a plate in letters of a size in pixels, for timecodes of a form."""
    from storyboard.media.lettering import rounded, row, width_of

    figure = _even(max(width_of(row(sign), size) for sign in SIGNS[:-1]))
    widths = {sign: _even(width_of(row(":"), size) + size * 0.1) if sign == ":" else figure for sign in SIGNS}
    margin, height = _even(size * 0.55), _even(size * 1.8)
    lefts = [margin]
    for sign in longest:
        lefts.append(lefts[-1] + widths[sign])
    empty = rounded(lefts[-1] + margin, height, size, ground)
    tiles = {sign: _tile(sign, (widths[sign], height), size, ground) for sign in SIGNS}
    return TimecodePlate(empty, tiles, tuple(lefts[:-1]))


def _even(length: float) -> int:
    return -(-round(length) // 2) * 2


def _tile(sign: str, box: tuple[int, int], size: int, ground: Ink) -> Image.Image:
    from PIL import Image

    from storyboard.media.lettering import row, width_of, write

    tile = Image.new("RGBA", box, ground)
    line = row(sign)
    write(tile, (box[0] - width_of(line, size)) / 2, box[1] / 2 + size * 0.36, line, size)
    return tile


def shown_timecode(frame: int, fps: Fraction) -> str:
    """The timecode of a frame of the cut. Rates like 23.976 are counted in whole frames, non-drop; it begins again
    after 24 hours, as clocks do."""
    whole = round(fps)
    seconds, _, rest = timecode(frame % (24 * 3600 * whole), whole).rpartition(":")
    return f"{seconds}:{rest.zfill(len(str(whole - 1)))}"


def longest_timecode(fps: Fraction) -> str:
    """The form of all timecodes at a rate: above 100 frames a second their number has three figures."""
    return shown_timecode(0, fps)
