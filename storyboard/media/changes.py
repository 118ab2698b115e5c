"""How much of the picture changes from frame to frame: what a cut inside a clip is seen by."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storyboard.errors import MediaError
from storyboard.media.opening import film_head, opened

WAY = 1  # of measuring: another number when figures come out otherwise
SMALL = (64, 36)  # pixels: a cut changes all of the picture, an eyelid little of it
PART, QUIETEST = 4, 0.6  # pixels of a part's side; the share of the parts that counts
VISIBLE = 4.0  # a smaller change is not looked into
MOVES = [
    (x, y) for x in range(-14, 15, 2) for y in (-4, -2, 0, 2, 4)
]  # of a camera, from one frame to the next


@dataclass(frozen=True, slots=True)
class Changes:
    """How far frames differ wherever one looks, 0 to 255. Of each frame, in `steps` from the one before it; in `across`
    the one after it from the one two before it. A flash is great in the first and small in the second, a cut is in
    both."""

    steps: tuple[float, ...]
    across: tuple[float, ...]


def changes(path: Path) -> Changes:
    """Raises MediaError naming the file when it is damaged or no film."""
    import av

    film_head(path)
    try:
        with opened(path, "mov") as container:
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            return _measured(container.decode(stream))
    except (av.FFmpegError, IndexError) as error:
        raise MediaError(f"{path.name} is damaged ({error}): fetch or make it again.") from None


def _measured(frames: Any) -> Changes:
    steps: list[float] = []
    across: list[float] = []
    last: deque[Any] = deque(maxlen=4)
    for frame in frames:
        last.append(_small(frame))
        steps.append(_apart(last[-2], last[-1]) if len(last) > 1 else 0.0)
        if len(steps) > 1:  # what can be said of the frame before, now that this one is there
            across.append(_apart(last[0], last[-1]) if len(last) == 4 else steps[-2])  # noqa: PLR2004 - n-2 to n+1
    return Changes(tuple(steps), (*across, *steps[-1:]))


def _small(frame: Any) -> Any:
    import numpy as np

    width, height = SMALL
    small = frame.reformat(width, height, "rgb24", interpolation="AREA")
    return small.to_ndarray().astype(np.int16)


def _apart(one: Any, other: Any) -> float:
    """How far two pictures differ; of a camera that moves, once the move is taken back."""
    import numpy as np

    whole = _everywhere(np.abs(one - other))
    if whole < VISIBLE:
        return round(whole, 3)
    green = one[..., 1], other[..., 1]  # enough to see the move by
    x, y = min(MOVES, key=lambda move: float(np.abs(np.subtract(*_moved(*green, *move))).mean()))
    here, there = _moved(one, other, x, y)
    return round(min(whole, _everywhere(np.abs(here - there))), 3)


def _moved(one: Any, other: Any, x: int, y: int) -> tuple[Any, Any]:
    """What both pictures show, when the second was moved by x and y pixels."""
    height, width = one.shape[:2]
    here = one[max(0, y) : height + min(0, y), max(0, x) : width + min(0, x)]
    there = other[max(0, -y) : height + min(0, -y), max(0, -x) : width + min(0, -x)]
    return here, there


def _everywhere(difference: Any) -> float:
    """The mean over those parts of the picture that changed least: a lamp that goes on is no cut."""
    import numpy as np

    height, width = (side // PART * PART for side in difference.shape[:2])
    parts = difference[:height, :width].reshape(height // PART, PART, width // PART, PART, -1).mean((1, 3, 4))
    return float(np.sort(parts, axis=None)[: round(parts.size * QUIETEST)].mean())
