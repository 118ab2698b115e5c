"""Clips made for tests, by PyAV directly: every frame carries its clip's and its own number, sound begins with a beep.

Nothing of the code under test is used here, so that what it reads and joins was made by somebody else.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

BITS = 8
RATE = 48_000


def drawn(clip: int, frame: int, size: tuple[int, int]) -> np.ndarray:
    """Two rows of black and white blocks: the clip's number above, the frame's below, on a colour of the clip's."""
    width, height = size
    pixels = np.full((height, width, 3), (40 + 37 * clip % 160, 90, 200 - 29 * clip % 160), np.uint8)
    for row, number in enumerate((clip, frame)):
        for bit in range(BITS):
            left = width * (bit + 1) // (BITS + 2)
            top = height * (1 + 4 * row) // 8
            value = 235 if number >> bit & 1 else 20
            pixels[top : top + height // 4, left : left + width // (BITS + 2) - 2] = value
    return pixels


def numbers(pixels: np.ndarray) -> tuple[int, int]:
    """What `drawn` wrote: the clip's number and the frame's."""
    height, width = pixels.shape[:2]
    found = []
    for row in range(2):
        number = 0
        for bit in range(BITS):
            x = width * (bit + 1) // (BITS + 2) + width // (BITS + 2) // 2
            y = height * (1 + 4 * row) // 8 + height // 8
            number |= int(pixels[y - 2 : y + 2, x - 2 : x + 2].mean() > 128) << bit
        found.append(number)
    return found[0], found[1]


def beep(samples: int, rate: int = RATE) -> np.ndarray:
    """A tone of 60 ms at the beginning, then silence; mono."""
    time = np.arange(samples) / rate
    return (0.5 * np.sin(2 * np.pi * 1000 * time) * (time < 0.06)).astype(np.float32)


def make_clip(
    path: Path,
    number: int = 0,
    *,
    frames: int = 49,
    size: tuple[int, int] = (320, 180),
    fps: Fraction | int = 24,
    sound: bool = True,
    rate: int = RATE,
    channels: int = 2,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    times: list[int] | None = None,
    sound_at: Fraction = Fraction(0),
    seconds_of_sound: Fraction | None = None,
    form: str = "mp4",
    movflags: str = "",
    loud: float = 1.0,
) -> Path:
    """One clip. `times` are presentation times in units of 1/600 s for a variable rate."""
    fps = Fraction(fps)
    with av.open(
        str(path), "w", format=form, options={"movflags": movflags} if movflags else {}
    ) as container:
        video = container.add_stream(
            codec, rate=fps, options={"preset": "ultrafast", "bf": "2", **(options or {})}
        )
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        video.codec_context.time_base = Fraction(1, 600) if times else 1 / fps
        audio = (
            container.add_stream("aac", rate=rate, layout="mono" if channels == 1 else "stereo")
            if sound
            else None
        )
        for at in range(frames):
            frame = av.VideoFrame.from_ndarray(drawn(number, at, size), format="rgb24")
            frame.pts = times[at] if times else at
            frame.time_base = video.codec_context.time_base
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        if audio is not None:
            length = round((seconds_of_sound or frames / fps) * rate)
            wave = beep(length, rate) * np.float32(loud)
            for start in range(0, length, 1024):
                block = np.stack([wave[start : start + 1024]] * channels)
                part = av.AudioFrame.from_ndarray(
                    block, format="fltp", layout=audio.codec_context.layout.name
                )
                part.sample_rate, part.time_base = rate, Fraction(1, rate)
                part.pts = start + round(sound_at * rate)
                container.mux(audio.encode(part))
            container.mux(audio.encode(None))
    return path


def pictures(path: Path) -> list[tuple[int, int]]:
    """The numbers on every frame of a film, in the order of being shown; the frames must come at a constant rate."""
    found, times = [], []
    with av.open(str(path), "r", format="mov") as container:
        for frame in container.decode(video=0):
            found.append(numbers(frame.to_ndarray(format="rgb24")))
            times.append(frame.pts * frame.time_base)
    steps = {later - earlier for earlier, later in pairwise(times)}
    assert times[0] == 0
    assert len(steps) <= 1, "frames do not come at a constant rate"
    return found


def wave_of(path: Path) -> np.ndarray:
    """The sound as a player hears it, mono, every sample at the time that the file gives it."""
    parts: list[tuple[int, np.ndarray]] = []
    with av.open(str(path), "r", format="mov") as container:
        rate = container.streams.audio[0].rate
        parts += [
            (round(frame.pts * frame.time_base * rate), frame.to_ndarray()[0])
            for frame in container.decode(audio=0)
        ]
    whole = np.zeros(max(at + part.size for at, part in parts), np.float32)
    for at, part in parts:
        begin = max(0, at)
        whole[begin : at + part.size] = part[begin - at :]
    return whole


def beeps(wave: np.ndarray, rate: int = RATE) -> list[float]:
    """When beeps begin, in seconds: loud after 200 ms without."""
    loud = np.abs(wave) > 0.2
    starts, last = [], -rate
    for at in np.flatnonzero(loud):
        if at - last > rate // 5:
            starts.append(at / rate)
        last = at
    return starts
