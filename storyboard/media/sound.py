"""A quiet sound where there is none yet: a room's low hum, and a tick where a shot begins. Always the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from storyboard.media.encode import RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TICK_SAMPLES = 2_400


def room(samples: int, ticks: Sequence[int]) -> NDArray[np.float32]:
    """Stereo sound of the given length, shape (2, samples); `ticks` are sample positions."""
    import numpy as np

    time = np.arange(samples, dtype=np.float64) / RATE
    swell = 0.75 + 0.25 * np.sin(2 * np.pi * 0.11 * time)
    hum = 0.016 * np.sin(2 * np.pi * 98 * time) + 0.010 * np.sin(2 * np.pi * 147 * time)
    shimmer = 0.004 * np.sin(2 * np.pi * 294 * time + 1.5 * np.sin(2 * np.pi * 0.23 * time))
    left, right = swell * (hum + shimmer), swell * (hum - shimmer)
    air = _air(samples)
    sound = np.stack([left + air, right + air[::-1]])
    for tick in ticks:
        length = min(TICK_SAMPLES, samples - tick)
        sound[:, tick : tick + length] += _tick()[:length]
    return (sound * _fades(samples)).astype(np.float32)


def _air(samples: int) -> NDArray[np.float64]:
    """Noise with its highs taken off, like a room without people."""
    import numpy as np

    noise = np.random.Generator(np.random.PCG64(20)).standard_normal(samples + 64)
    return 0.006 * np.convolve(noise, np.ones(65) / 8, mode="valid")[:samples]


def _tick() -> NDArray[np.float64]:
    import numpy as np

    time = np.arange(TICK_SAMPLES) / RATE
    return 0.10 * np.sin(2 * np.pi * 880 * time) * np.exp(-time * 130) * np.minimum(1, time * 1500)


def _fades(samples: int) -> NDArray[np.float64]:
    """In over 5 ms, out over 80 ms: a cut to the next clip does not click."""
    import numpy as np

    place = np.arange(samples, dtype=np.float64)
    fades: NDArray[np.float64] = np.minimum(1, place / 240) * np.minimum(1, place[::-1] / 3_840)
    return fades
