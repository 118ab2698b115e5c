"""Scene, shot, take and timecode burnt into the frames of a cut. Words are drawn once; each frame's brightness and
colours are blended where a plate is, and nowhere else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.media.plate420 import HALVED, Plate420, copied, layers_of, plate420
from storyboard.media.timecode_plate import longest_timecode, shown_timecode, timecode_plate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from storyboard.media.lettering import Ink

GROUND: Ink = (10, 10, 10, 196)  # bright words on it are read on white too
SAFE = 0.05  # of each side: what a screen may hide
ROWS = 2
LOOK = "burnt/1"  # goes into the names of what is burnt: change it with how it is drawn


class Label(Struct, frozen=True):
    """Words from a frame of the segment on, until the next label's."""

    first: int
    words: str


class Burn(Struct, frozen=True):
    """What is burnt into one segment. `first_timecode` is its first frame's number in the cut; None shows none."""

    labels: tuple[Label, ...]
    first_timecode: int | None
    fps: Fraction


def label_words(scene: str = "", shot: str = "", take: int | None = None) -> str:
    """`dawn · wide · take 2`, of what is given."""
    return " · ".join(filter(None, (scene, shot, f"take {take}" if take is not None else "")))


def burn_key(burn: Burn) -> str:
    """All that decides on what is drawn, as text."""
    from storyboard.media.lettering import look_of

    firsts, words = [label.first for label in burn.labels], [label.words for label in burn.labels]
    return json.dumps([LOOK, firsts, words, burn.first_timecode, str(burn.fps), look_of(*words)])


def burnt(frames: Iterator[Any], burn: Burn) -> Iterator[Any]:
    """The frames of a segment (yuv420p, limited range, BT.709) with words on them. What comes in is not changed.

    Raises MediaError at once when the words can't be lettered here.
    """
    from storyboard.media.missing import certain

    for label in burn.labels:
        certain(label.words, f'The burn-in "{label.words}"')
    return _burnt(frames, burn)


def _burnt(frames: Iterator[Any], burn: Burn) -> Iterator[Any]:
    plates: _Plates | None = None
    for number, frame in enumerate(frames):
        plates = plates or _Plates(burn, (frame.width, frame.height))
        laid = list(plates.of(number))
        shown = copied(frame) if laid else frame  # a decoder still looks at what it has given
        for plate in laid:
            plate.blend(shown)
        yield shown


class _Plates:
    """The plates of a segment's frames; words are kept until the label changes."""

    def __init__(self, burn: Burn, size: tuple[int, int]) -> None:
        self.burn = burn
        self.size = size
        self.letters = max(12, round(min(size[1], size[0] * 0.8) / 30))
        self.counter = None if burn.first_timecode is None else RunningTimecode(self.letters, burn.fps, size)
        self.shown: tuple[str, Plate420 | None] = ("", None)

    def of(self, number: int) -> Iterator[Plate420]:
        words = next((label.words for label in reversed(self.burn.labels) if label.first <= number), "")
        if words != self.shown[0]:
            self.shown = (words, self._words(words))
        if self.shown[1] is not None:
            yield self.shown[1]
        if self.counter is not None and self.burn.first_timecode is not None:
            yield self.counter.plate(self.burn.first_timecode + number)

    def _words(self, words: str) -> Plate420 | None:
        from storyboard.media.lettering import plate, wrapped

        left, top = safe_corner(self.size)
        lines = wrapped(words, self.letters, self.size[0] - 2 * left - 2 * self.letters, ROWS)
        if not lines:
            return None
        return plate420(plate(lines, self.letters, ground=GROUND), left, top, self.size)


def safe_corner(size: tuple[int, int]) -> tuple[int, int]:
    """Left and top of what every screen shows, on even pixels."""
    return round(size[0] * SAFE / 2) * 2, round(size[1] * SAFE / 2) * 2


class RunningTimecode:
    """The timecode's plate at the right, at the bottom unless `top`: tiles turned into light once, set side by side for
    each frame."""

    def __init__(self, letters: int, fps: Fraction, size: tuple[int, int], *, top: bool = False) -> None:
        parts = timecode_plate(letters, GROUND, longest_timecode(fps))
        width, height = parts.empty.size
        left, above = safe_corner(size)
        below = max(0, (size[1] - above - height) // 2 * 2)
        place = max(0, (size[0] - left - width) // 2 * 2), above if top else below
        self.fps = fps
        self.width = width
        self.lefts = parts.lefts
        self.empty = plate420(parts.empty, *place, size)
        self.tiles = {sign: layers_of(tile) for sign, tile in parts.tiles.items()}

    def plate(self, frame: int) -> Plate420:
        """Of a frame of the cut."""
        layers = tuple(layer.copy() for layer in self.empty.layers)
        for left, sign in zip(self.lefts, shown_timecode(frame, self.fps), strict=True):
            for layer, tile, halved in zip(layers, self.tiles[sign], HALVED, strict=True):
                part = layer[:, left // halved :][:, : tile.shape[1]]
                part[:] = tile[: part.shape[0], : part.shape[1]]
        return Plate420(self.empty.left, self.empty.top, layers)
