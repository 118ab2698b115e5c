"""The words over a moving still, drawn once; each frame only blends the plates in.

    dawn · wide  2 / 4 s         00:00:01:07     which shot, how far, the shot's or the cut's timecode
    slow push                                    what is asked of the camera
    note: softer than the test                   what is not to be forgotten

                 Ann: Mind the step              what is said just now
             she opens the door and waits        what happens

All of it within what every screen shows, above and below where faces are.
"""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.media.burnt import RunningTimecode, safe_corner
from storyboard.media.plate420 import plate420

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from PIL import Image

    from storyboard.media.lettering import Ink
    from storyboard.media.moving_still import MovingStill
    from storyboard.media.plate420 import Plate420

LOOK = "burn-in/2"  # goes into the names of what is drawn: change it with how words are laid out
ROWS = 3
ROWS_OF_CARD = 7
ROWS_ABOVE = 2  # of the camera, and of a note
MOST_CHARACTERS = 400
CAMERA_INK: Ink = (246, 243, 236, 215)
NOTE_INK: Ink = (255, 214, 120, 255)
GROUND: Ink = (14, 13, 12, 180)  # of small letters
WIDE = 0.8  # of the picture: how long a line may be


class Spoken(Struct, frozen=True):
    """Words that are read from frame `first` of the shot to before frame `end`."""

    first: int
    end: int
    words: str

    def meets(self, other: Spoken) -> bool:
        """Are both read at once?"""
        return self.first < other.end and other.first < self.end


class _Page(Struct, frozen=True):
    """Sizes in pixels: of the picture, of letters, and what is left for words beside the timecode."""

    size: tuple[int, int]
    room: int

    @property
    def small(self) -> int:
        return max(10, round(min(self.size) / 34))

    @property
    def caption(self) -> int:
        return max(11, round(min(self.size[1], self.size[0] * 0.8) / 29))

    @property
    def line(self) -> int:
        return max(12, round(min(self.size[1], self.size[0] * 0.8) / 23))


def burn_in(shot: MovingStill, fps: Fraction, size: tuple[int, int]) -> Callable[[int], list[Plate420]]:
    """A function from a frame of the shot to the plates that lie on it."""
    left, edge = safe_corner(size)
    page = _Page(size, size[0] - 2 * left)
    clock = RunningTimecode(page.small, fps, size, top=True) if shot.first_timecode is not None else None
    page = _Page(size, page.room - clock.width - page.small) if clock is not None else page
    seconds = ceil(shot.seconds)
    slates = [_slate(shot.slate, second, seconds, page) for second in range(seconds)] if shot.slate else []
    direction = _direction(shot, page, edge + (slates[0].height if slates else 0))
    bare = shot.still is None and not shot.portraits
    caption = _middle(shot.caption, page) if bare else _low(shot.caption, page.caption, size[1] - edge, size)
    low = caption[0].top - 2 if caption and not bare else size[1] - edge
    said: list[tuple[Spoken, list[Plate420]]] = []
    for line in shot.lines:
        below = [plate.top - 2 for other, shown in said if other.meets(line) for plate in shown]
        said.append((line, _low(line.words, page.line, min([low, *below]), size)))

    def plates(frame: int) -> list[Plate420]:
        second = min(int(frame / fps), seconds - 1)
        spoken = [plate for line, shown in said if line.first <= frame < line.end for plate in shown]
        running = [] if clock is None else [clock.plate((shot.first_timecode or 0) + frame)]
        return [*direction, *caption, *spoken, *slates[second : second + 1], *running]

    return plates


def _low(words: str, letters: int, bottom: int, size: tuple[int, int]) -> list[Plate420]:
    """One plate in the middle that ends at `bottom`, or none where there are no words."""
    from storyboard.media.lettering import plate, wrapped

    lines = wrapped(_shown(words), letters, round(size[0] * WIDE), ROWS)
    if not lines:
        return []
    image = plate(lines, letters)
    return [_plate(image, (size[0] - image.width) // 2, bottom - image.height, size)]


def _middle(words: str, page: _Page) -> list[Plate420]:
    """Large, as there is nothing else to see: straight on the ground, in the middle of the picture."""
    from storyboard.media.lettering import plate, wrapped

    width, height = page.size
    lines = wrapped(_shown(words), page.line, round(width * 0.7), ROWS_OF_CARD)
    if not lines:
        return []
    image = plate(lines, page.line, ground=(0, 0, 0, 0))
    return [_plate(image, (width - image.width) // 2, (height - image.height) // 2, page.size)]


def _slate(slate: str, second: int, seconds: int, page: _Page) -> Plate420:
    """The shot's name, with its seconds counted."""
    from storyboard.media.lettering import plate, row, wrapped

    counter = f"   {second + 1} / {seconds} s"
    lines = wrapped(_shown(slate), page.small, round(page.room * 0.7), 1) or [row("")]
    return _plate(plate(lines, page.small, ground=GROUND, faint=counter), *safe_corner(page.size), page.size)


def _direction(shot: MovingStill, page: _Page, top: int) -> list[Plate420]:
    """What is asked of the camera, and the note, below the slate."""
    from storyboard.media.lettering import plate, wrapped

    note = f"note: {shot.note}" if shot.note else ""
    camera, reminder = (
        wrapped(_shown(words), page.small, page.room // 2, ROWS_ABOVE) for words in (shot.camera, note)
    )
    if not camera and not reminder:
        return []
    inks = [CAMERA_INK] * len(camera) + [NOTE_INK] * len(reminder)
    image = plate([*camera, *reminder], page.small, ground=GROUND, inks=inks, side=0)
    return [_plate(image, safe_corner(page.size)[0], top + 2, page.size)]


def _shown(text: str) -> str:
    """As much of it as anybody reads, without what no font here has: `moving_still.left_out` tells what that is."""
    from storyboard.media.clusters import clusters
    from storyboard.media.missing import drawable

    return "".join(clusters(drawable(text))[:MOST_CHARACTERS])


def _plate(image: Image.Image, left: int, top: int, size: tuple[int, int]) -> Plate420:
    return plate420(image, max(0, left) // 2 * 2, max(0, top) // 2 * 2, size)
