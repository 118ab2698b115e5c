"""Where two clips overlap: sounds crossed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.media.encode import samples_of
from storyboard.media.normal import sound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    from storyboard.cut.clip import Clip
    from storyboard.media.encode import Sound


@dataclass(frozen=True, slots=True)
class Stretch:
    """A clip's sound, from its own frame `source` on, at frame `first` of the cut, for so many frames. None is
    silence."""

    clip: Clip | None
    first: int
    frames: int
    source: int = 0


def overlapped(stretches: Sequence[Stretch], fps: Fraction) -> Iterator[Sound]:
    """The sound of the whole cut, a part a clip. What a clip shares with the next one is held back and crossed."""
    import numpy as np

    held = np.zeros((2, 0), np.float32)
    for number, each in enumerate(stretches):
        end = each.first + each.frames
        following = stretches[number + 1].first if number + 1 < len(stretches) else end
        start, stop = samples_of(each.first, fps), samples_of(end, fps)
        own = _whole(each, stop - start, samples_of(each.source, fps))
        shared = held.shape[1]
        rise = np.sin(np.linspace(0, np.pi / 2, shared, dtype=np.float32)) if shared else held[0]
        own[:, :shared] = own[:, :shared] * rise + held * rise[::-1]
        keep = samples_of(min(following, end), fps) - start
        held = own[:, keep:]
        yield own[:, :keep]


def _whole(stretch: Stretch, samples: int, skipped: int) -> Sound:
    import numpy as np

    whole = np.zeros((2, samples), np.float32)
    at = -skipped
    for part in sound(stretch.clip.path) if stretch.clip else ():
        taken = part[:, max(0, -at) : samples - at]
        begin = max(0, at)
        whole[:, begin : begin + taken.shape[1]] = taken
        at += part.shape[1]
        if at >= samples:
            break
    return whole
