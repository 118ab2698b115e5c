"""Where two clips overlap: frames blended, sounds crossed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storyboard.media.encode import BT709, LIMITED, samples_of
from storyboard.media.normal import sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from storyboard.cut.clip import Clip
    from storyboard.media.encode import Sound


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clip's sound from frame `first` of the cut on, for so many frames. None is silence."""

    clip: Clip | None
    first: int
    frames: int


def blended(old: Any, new: Any, share: float) -> Any:
    """A frame that is `share` new and the rest old. Both yuv420p of one size."""
    import av
    import numpy as np

    weight = round(share * 256)
    was, comes = (frame.to_ndarray(format="yuv420p").astype(np.uint16) for frame in (old, new))
    mixed = ((was * (256 - weight) + comes * weight + 128) >> 8).astype(np.uint8)
    frame = av.VideoFrame.from_ndarray(mixed, format="yuv420p")
    frame.colorspace, frame.color_range = BT709, LIMITED
    return frame


def overlapped(stretches: Sequence[Stretch], fps: Fraction) -> Iterator[Sound]:
    """The sound of the whole cut, a part a clip. What a clip shares with the next one is held back and crossed."""
    import numpy as np

    held = np.zeros((2, 0), np.float32)
    for number, each in enumerate(stretches):
        end = each.first + each.frames
        following = stretches[number + 1].first if number + 1 < len(stretches) else end
        start, stop = samples_of(each.first, fps), samples_of(end, fps)
        own = _whole(each, stop - start)
        shared = held.shape[1]
        rise = np.sin(np.linspace(0, np.pi / 2, shared, dtype=np.float32)) if shared else held[0]
        own[:, :shared] = own[:, :shared] * rise + held * rise[::-1]
        keep = samples_of(min(following, end), fps) - start
        held = own[:, keep:]
        yield own[:, :keep]


def _whole(stretch: Stretch, samples: int) -> Sound:
    import numpy as np

    whole = np.zeros((2, samples), np.float32)
    at = 0
    for part in sound(stretch.clip.path) if stretch.clip else ():
        taken = part[:, : samples - at]
        whole[:, at : at + taken.shape[1]] = taken
        at += taken.shape[1]
        if at == samples:
            break
    return whole
