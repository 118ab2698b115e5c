"""Camera moves over a still: which part of it is seen at a moment, in fractions of a pixel: nothing jitters."""

from __future__ import annotations

from math import cos, pi, sin

from msgspec import Struct

Box = tuple[float, float, float, float]  # left, top, right, bottom
View = tuple[float, float, float]  # its width and its centre, as parts of the picture

MARGIN = 1.2  # how much larger than the frame a moving still is kept
LOOKS = 16  # at a move, to see in which direction it does nothing: moves are smooth
WHOLE: View = (1.0, 0.5, 0.5)
WHIP = 0.16  # of a shot: how long a whip pan takes, around the shot's middle

# From the first frame to the last. What is not named stays.
COURSES: dict[str, tuple[View, View]] = {
    "push": (WHOLE, (0.8, 0.5, 0.47)),
    "pull": ((0.8, 0.5, 0.47), WHOLE),
    "zoom-in": (WHOLE, (0.7, 0.5, 0.5)),
    "zoom-out": ((0.7, 0.5, 0.5), WHOLE),
    "pan-left": ((0.8, 0.6, 0.5), (0.8, 0.4, 0.5)),
    "pan-right": ((0.8, 0.4, 0.5), (0.8, 0.6, 0.5)),
    "tilt-up": ((0.8, 0.5, 0.6), (0.8, 0.5, 0.4)),
    "tilt-down": ((0.8, 0.5, 0.4), (0.8, 0.5, 0.6)),
    "crane-up": ((0.76, 0.5, 0.62), (0.92, 0.5, 0.46)),
    "crane-down": ((0.92, 0.5, 0.46), (0.76, 0.5, 0.62)),
    "arc-left": ((0.88, 0.56, 0.5), (0.88, 0.44, 0.5)),
    "arc-right": ((0.88, 0.44, 0.5), (0.88, 0.56, 0.5)),
    "whip-left": ((0.8, 0.6, 0.5), (0.8, 0.4, 0.5)),
    "whip-right": ((0.8, 0.4, 0.5), (0.8, 0.6, 0.5)),
    "pov": ((0.94, 0.5, 0.5), (0.8, 0.5, 0.48)),
    "handheld": ((0.94, 0.5, 0.5), (0.94, 0.5, 0.5)),
    "drift": (WHOLE, (0.92, 0.5, 0.49)),
    "focus": (WHOLE, WHOLE),
    "static": (WHOLE, WHOLE),
}
MOVES = tuple(COURSES)
FACES = 0.15  # of what is left out of a nearer view: how far its middle is above the picture's
BULGE = 0.08  # of the picture's width: how much nearer the middle of an arc is


class Travel(Struct, frozen=True):
    """A move of so many seconds over a picture, seen in frames of `size`.

    A pan changes nothing from top to bottom, a tilt nothing from left to right. In such a `steady` direction (across,
    down) the picture is brought to the frame's size once: what is seen `first` is made of it, and `then`, at each
    moment, a part of that.
    """

    move: str
    seconds: float
    picture: tuple[int, int]
    size: tuple[int, int]
    steady: tuple[bool, bool]
    part: float = 1.0

    def first(self) -> tuple[Box, tuple[int, int]]:
        """What of the picture is kept, and the size it is kept in."""
        box, whole = self._box(0), self.picture
        (across, down), (width, height) = self.steady, self.size
        left, right = (box[0], box[2]) if across else (0.0, float(whole[0]))
        top, bottom = (box[1], box[3]) if down else (0.0, float(whole[1]))
        return (left, top, right, bottom), (width if across else whole[0], height if down else whole[1])

    def then(self, t: float) -> Box:
        """The part of what is kept that is seen at a time in seconds."""
        left, top, right, bottom = self._box(t)
        if self.steady[0]:
            left, right = 0.0, float(self.size[0])
        if self.steady[1]:
            top, bottom = 0.0, float(self.size[1])
        return left, top, right, bottom

    def _box(self, t: float) -> Box:
        return framing(self.move, min(1.0, t / self.seconds), t, self.picture, self.part)


def travel(
    move: str, seconds: float, picture: tuple[int, int], size: tuple[int, int], part: float = 1.0
) -> Travel:
    """The move over a picture, or over a nearer view: so large a part of it, around where faces are."""
    moments = [framing(move, n / LOOKS, seconds * n / LOOKS, picture, part) for n in range(LOOKS + 1)]
    across = len({(left, right) for left, _, right, _ in moments}) == 1
    down = len({(top, bottom) for _, top, _, bottom in moments}) == 1
    return Travel(move, seconds, picture, size, (across, down), part)


def framing(move: str, progress: float, seconds: float, picture: tuple[int, int], part: float = 1.0) -> Box:
    """Left, top, right, bottom of what is seen, in the picture's pixels. `progress` runs from 0 to 1."""
    width, x, y = _place(move, progress, seconds)
    width, y = width * part, y - FACES * (1 - part)
    half_width, half_height = width * picture[0] / 2, width * picture[1] / 2
    centre_x = min(max(x * picture[0], half_width), picture[0] - half_width)
    centre_y = min(max(y * picture[1], half_height), picture[1] - half_height)
    return (
        max(0.0, centre_x - half_width),
        max(0.0, centre_y - half_height),
        min(float(picture[0]), centre_x + half_width),
        min(float(picture[1]), centre_y + half_height),
    )


def softness(move: str, progress: float) -> float:
    """How much out of focus the picture is, from 0 to 1: where the focus goes elsewhere, in the shot's middle."""
    return _smooth(1 - abs(2 * progress - 1) * 2) if move == "focus" else 0.0


def _place(move: str, progress: float, seconds: float) -> View:
    first, last = COURSES[move]
    at = _smooth((progress - 0.5) / WHIP + 0.5) if move.startswith("whip") else _eased(progress)
    width, x, y = (start + (end - start) * at for start, end in zip(first, last, strict=True))
    if move.startswith("arc"):
        width -= BULGE * sin(pi * at)
    if move in {"handheld", "pov"}:
        return width, x + _sway(seconds, 0.31, 0.0), y + _sway(seconds, 0.43, 1.3)
    return width, x, y


def _eased(progress: float) -> float:
    """Mostly even, with soft ends: a cut in the middle of a move looks better than a stop."""
    return 0.6 * progress + 0.4 * (1 - cos(pi * progress)) / 2


def _smooth(at: float) -> float:
    """From 0 to 1, at rest at both ends and beyond."""
    at = min(1.0, max(0.0, at))
    return at * at * (3 - 2 * at)


def _sway(seconds: float, speed: float, phase: float) -> float:
    """A breathing hand: three slow waves that do not repeat within a shot."""
    turn = 2 * pi * speed * seconds + phase
    return 0.009 * sin(turn) + 0.006 * sin(1.73 * turn + 0.6) + 0.002 * sin(4.1 * turn)
