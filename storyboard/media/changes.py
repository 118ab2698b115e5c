"""What can be said of a clip frame by frame, in one decoding: where it cuts, is black, or stands still."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.normal import VIDEO_CODECS, allowed, sound
from storyboard.media.opening import film_head, opened
from storyboard.media.pattern import HEIGHT, WIDTH, Pattern, apart

WAY = 3  # of measuring: another number when figures come out otherwise
GRID = 8  # samples of the picture to a side of each point of its pattern: grain is to be seen
PART = 16  # samples of a side, in which something stirs
TINY = 16, 9  # points, of which the median colour is taken
NO_COLOUR = 128
STIR = 1.5  # of 255, the mean of a part: what coding leaves of a picture at rest is less, grain that is seen is more
NEARLY_ALL = 98  # of 100 points
VISIBLE = 0.15  # a smaller step is not looked into
BEFORE, AFTER = 2, 8  # frames: what a cut parts; a flash or a passer-by is shorter
FARTHER = (
    3,
    6,
)  # frames within one shot, for comparison: of a film on threes two in three stand still, one may flash


class Changes(Struct, frozen=True):
    """A row a frame. `steps` is how far its pattern is from that of the frame before, 0 to 1. Where that is visible,
    `across` is how near any frame soon after comes to any just before, and `within` how far a few frames take the
    shots on both sides: a flash is small in `across`, a whip pan great in `within`, a cut neither. `bright` is the luma
    that nearly all of the picture is under, 0 to 255. `rests` counts the frames for which no part of the picture has
    stirred, from 0. `blue` and `red` are the picture's median colour differences, -128 to 127. `peak` is of the whole
    sound, 0 to 1; None where there is none."""

    steps: tuple[float, ...]
    across: tuple[float, ...]
    within: tuple[float, ...]
    bright: tuple[float, ...]
    rests: tuple[int, ...]
    blue: tuple[float, ...]
    red: tuple[float, ...]
    peak: float | None

    @property
    def frames(self) -> int:
        return len(self.steps)


def changes(path: Path) -> Changes:
    """Raises MediaError naming the file when it is damaged or no film."""
    import av

    film_head(path)
    try:
        with opened(path, "mov") as container:
            stream = container.streams.video[0]
            allowed(path, stream.codec_context, VIDEO_CODECS)
            stream.thread_type = "AUTO"
            heard = bool(container.streams.audio)
            rows = list(_rows(_samples(container.decode(stream))))
        peak = _peak(path) if heard else None
    except (av.FFmpegError, IndexError) as error:
        raise MediaError(f"{path.name} is damaged ({error}): fetch or make it again.") from None
    if not rows:
        raise MediaError(f"{path.name} holds no frame that can be decoded: fetch or make it again.")
    steps, across, within, bright, rests, blue, red = zip(*rows, strict=True)
    return Changes(steps, across, within, bright, tuple(map(int, rests)), blue, red, peak)


def _peak(path: Path) -> float:
    import numpy as np

    return round(max((float(np.abs(part).max(initial=0)) for part in sound(path)), default=0.0), 6)


def _samples(frames: Iterable[Any]) -> Iterator[Any]:
    """The luma of each frame, a grid of points of the picture, not their means: full range, whatever the clip's is; and
    the median of its colours."""
    from av.video.reformatter import VideoReformatter

    convert, small_of = (
        VideoReformatter(),
        VideoReformatter(),
    )  # one for all: a frame's own would be set up for every frame
    for frame in frames:
        small = convert.reformat(frame, WIDTH * GRID, HEIGHT * GRID, "gray", interpolation="POINT")
        yield small.to_ndarray(), _tint(small_of.reformat(frame, *TINY, "yuv444p", interpolation="AREA"))


def _rows(pictures: Iterable[Any]) -> Iterator[tuple[float, ...]]:
    """`bright` and `rests` are known at once, the others a few frames later."""
    known: deque[tuple[float, int, float, float]] = deque()

    def patterns() -> Iterator[Pattern]:
        rested, rest = None, 0
        for picture, tint in pictures:
            rest += 1
            if rested is None or _stir(rested, picture) > STIR:
                rested, rest = picture, 0
            light = _means(picture, GRID)
            known.append((_bright(light), rest, *tint))
            yield Pattern(light)

    for row in _seen(patterns()):
        yield tuple(round(value, 3) for value in (*row, *known.popleft()))


def _tint(small: Any) -> tuple[float, float]:
    """The colour differences that half of the picture is under: a corner says nothing."""
    import numpy as np

    blue, red = np.median(small.to_ndarray()[1:], axis=(1, 2)) - NO_COLOUR
    return float(blue), float(red)


def _means(picture: Any, side: int) -> Any:
    import numpy as np

    height, width = picture.shape
    return picture.reshape(height // side, side, width // side, side).mean((1, 3), dtype=np.float32)


def _bright(light: Any) -> float:
    import numpy as np

    return float(np.percentile(light, NEARLY_ALL))


def _stir(one: Any, other: Any) -> float:
    import numpy as np

    differs = np.maximum(one, other) - np.minimum(one, other)
    return float(_means(differs, PART).max())


def _seen(patterns: Iterable[Pattern]) -> Iterator[tuple[float, float, float]]:
    """Step, across and within of each frame, as soon as the frames after it are there."""
    near: list[Pattern] = []
    at = 0
    for pattern in patterns:
        near.append(pattern)
        if len(near) - at == AFTER:
            yield _of(near, at)
            at += 1
            if at > max(FARTHER) + 1:
                del near[0]
                at -= 1
    yield from (_of(near, number) for number in range(at, len(near)))


def _of(near: Sequence[Pattern], at: int) -> tuple[float, float, float]:
    step = apart(near[at - 1], near[at]) if at else 0.0
    if step < VISIBLE:
        return step, step, 0.0
    before, after = near[max(0, at - BEFORE) : at], near[at : at + AFTER]
    across = min(apart(one, other) for one in before for other in after)
    last = len(near) - 1
    earlier = min(apart(near[max(0, at - 1 - way)], near[at - 1]) for way in FARTHER)
    later = min(apart(near[at], near[min(last, at + way)]) for way in FARTHER)
    return step, across, max(earlier, later)
