"""Camera moves over a still: which part of it is seen at a moment, in fractions of a pixel: nothing jitters."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import cos, pi, sin

from msgspec import Struct

Box = tuple[float, float, float, float]  # left, top, right, bottom

MARGIN = 1.12  # how much larger than the frame a moving still is kept
MOVES = ("push", "pull", "pan-left", "pan-right", "tilt-up", "tilt-down", "static", "handheld")
CLOSE = 0.87  # of the picture's width at the near end of a push
TRAVELLING = 0.88  # of the picture's width during a pan or tilt
LOOKS = 16  # at a move, to see in which direction it does nothing: moves are smooth

# Words of a camera direction. The one that comes first in the text is believed; of two there, the longer.
WORDS = (
    ("handheld", ("handheld", "hand-held", "hand held", "shaky", "documentary")),
    ("pull", ("pull", "dolly out", "dolly back", "zoom out", "zooms out", "track back", "widen", "拉")),
    ("push", ("push", "dolly in", "zoom in", "zooms in", "track in", "close in", "move in", "creep", "推")),
    ("pan-left", ("pan left", "pans left", "pan to the left", "track left", "truck left", "左摇", "左移")),
    ("pan-right", ("pan", "truck", "track", "slide", "arc", "orbit", "摇", "移")),
    ("tilt-down", ("tilt down", "tilts down", "crane down", "pedestal down", "下摇")),
    ("tilt-up", ("tilt", "crane", "pedestal", "rise", "rising", "boom", "上摇")),
    ("static", ("static", "locked", "lock-off", "tripod", "fixed", "still", "steady", "固定")),
)  # fmt: skip


def move_of(camera: str) -> str:
    """The move that a camera direction asks for; a slow push where it asks for none."""
    return first_named(camera, [(sign, move) for move, signs in WORDS for sign in signs]) or "push"


def first_named(text: str, signs: Iterable[tuple[str, str]]) -> str | None:
    """The move whose sign comes first in the text, as words of their own: a pullover is no pull."""
    found = [(at, -len(sign), move) for sign, move in signs if (at := _where(sign, text.casefold())) >= 0]
    return min(found)[2] if found else None


def _where(sign: str, text: str) -> int:
    if not sign.isascii():
        return text.find(sign)
    match = re.search(rf"(?<![a-z]){re.escape(sign)}(?:e?s|[np]?ed|[np]?ing)?(?![a-z])", text)
    return match.start() if match else -1


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
        return framing(self.move, min(1.0, t / self.seconds), t, self.picture)


def travel(move: str, seconds: float, picture: tuple[int, int], size: tuple[int, int]) -> Travel:
    """The move over a picture."""
    moments = [framing(move, n / LOOKS, seconds * n / LOOKS, picture) for n in range(LOOKS + 1)]
    across = len({(left, right) for left, _, right, _ in moments}) == 1
    down = len({(top, bottom) for _, top, _, bottom in moments}) == 1
    return Travel(move, seconds, picture, size, (across, down))


def framing(move: str, progress: float, seconds: float, picture: tuple[int, int]) -> Box:
    """Left, top, right, bottom of what is seen, in the picture's pixels. `progress` runs from 0 to 1."""
    width, x, y = _place(move, _eased(progress), seconds)
    half_width, half_height = width * picture[0] / 2, width * picture[1] / 2
    centre_x = min(max(x * picture[0], half_width), picture[0] - half_width)
    centre_y = min(max(y * picture[1], half_height), picture[1] - half_height)
    return (
        max(0.0, centre_x - half_width),
        max(0.0, centre_y - half_height),
        min(float(picture[0]), centre_x + half_width),
        min(float(picture[1]), centre_y + half_height),
    )


def _eased(progress: float) -> float:
    """Mostly even, with soft ends: a cut in the middle of a move looks better than a stop."""
    return 0.6 * progress + 0.4 * (1 - cos(pi * progress)) / 2


def _place(move: str, at: float, seconds: float) -> tuple[float, float, float]:
    """Width of the view and its centre, all as parts of the picture."""
    half = TRAVELLING / 2
    far, near = 1 - half, half
    if move == "push":
        return (1 + (CLOSE - 1) * at, 0.5, 0.5 - 0.02 * at)
    if move == "pull":
        return (CLOSE + (1 - CLOSE) * at, 0.5, 0.48 + 0.02 * at)
    if move == "pan-left":
        return (TRAVELLING, far + (near - far) * at, 0.5)
    if move == "pan-right":
        return (TRAVELLING, near + (far - near) * at, 0.5)
    if move == "tilt-up":
        return (TRAVELLING, 0.5, far + (near - far) * at)
    if move == "tilt-down":
        return (TRAVELLING, 0.5, near + (far - near) * at)
    if move == "handheld":
        return (0.94, 0.5 + _sway(seconds, 0.31, 0.0), 0.5 + _sway(seconds, 0.43, 1.3))
    return (1.0, 0.5, 0.5)


def _sway(seconds: float, speed: float, phase: float) -> float:
    """A breathing hand: three slow waves that do not repeat within a shot."""
    turn = 2 * pi * speed * seconds + phase
    return 0.009 * sin(turn) + 0.006 * sin(1.73 * turn + 0.6) + 0.002 * sin(4.1 * turn)
