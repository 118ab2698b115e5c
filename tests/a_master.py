"""A finished cut for the tests of its forms: colours that are known, a flash beside a beep, every frame numbered."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from made_clips import RATE, beep, drawn

COLOURS = {
    "red": (200, 30, 40),
    "green": (30, 170, 60),
    "blue": (40, 60, 200),
    "skin": (220, 170, 140),
    "white": (240, 240, 240),
    "black": (16, 16, 16),
}
FLASH = 12  # every so many frames: white, with a beep


def coloured(frame: int, size: tuple[int, int]) -> np.ndarray:
    """A row of colours below the frame's number."""
    pixels = drawn(1, frame, size)
    width, height = size
    for place, colour in enumerate(COLOURS.values()):
        left, right = (width * at // len(COLOURS) for at in (place, place + 1))
        pixels[height * 7 // 8 :, left:right] = colour
    return pixels


def colour_of(pixels: np.ndarray, name: str) -> tuple[int, int, int]:
    """The mean around the middle of a colour's field."""
    height, width = pixels.shape[:2]
    x = round(width * (list(COLOURS).index(name) + 0.5) / len(COLOURS))
    y = height * 15 // 16
    red, green, blue = pixels[y - 3 : y + 3, x - 6 : x + 6].reshape(-1, 3).mean(axis=0)
    return round(red), round(green), round(blue)


def flashing(frame: int, size: tuple[int, int]) -> np.ndarray:
    return np.full((size[1], size[0], 3), 235 if frame % FLASH == 0 else 20, np.uint8)


def make_master(
    path: Path,
    *,
    frames: int = 36,
    size: tuple[int, int] = (320, 180),
    fps: Fraction | int = 24,
    sound: bool = True,
    tagged: bool = True,
    picture=coloured,
    codec: str = "libx264",
) -> Path:
    """With B-frames; a beep each half second. `tagged`: BT.709 and said so, else BT.601 and nothing said."""
    fps = Fraction(fps)
    with av.open(str(path), "w", format="mp4") as film:
        options = {"preset": "veryfast", "crf": "12"}
        if codec == "libx265":
            options["x265-params"] = "log-level=none"
        stream = film.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        context = stream.codec_context
        if codec == "libx265":
            context.codec_tag = "hvc1"
        context.time_base = 1 / fps
        if tagged:
            context.colorspace = context.color_primaries = context.color_trc = 1
            context.color_range = 1
        audio = film.add_stream("aac", rate=RATE, layout="stereo") if sound else None
        for at in range(frames):
            frame = av.VideoFrame.from_ndarray(picture(at, size), format="rgb24")
            ready = frame.reformat(format="yuv420p", dst_colorspace=1 if tagged else 5, dst_color_range=1)
            if not tagged:
                ready.colorspace, ready.color_range = 2, 0
            ready.pts, ready.time_base = at, 1 / fps
            film.mux(stream.encode(ready))
        film.mux(stream.encode(None))
        if audio is not None:
            _beeping(film, audio, frames, fps)
    return path


def _beeping(film, audio, frames: int, fps: Fraction) -> None:
    wave = np.zeros(round(frames * RATE / fps), np.float32)
    for at in range(0, frames, FLASH):
        start = round(at * RATE / fps)
        tone = beep(RATE // 10)[: wave.size - start]
        wave[start : start + tone.size] = tone
    for start in range(0, wave.size, 1024):
        part = av.AudioFrame.from_ndarray(
            np.stack([wave[start : start + 1024]] * 2), format="fltp", layout="stereo"
        )
        part.sample_rate, part.time_base, part.pts = RATE, Fraction(1, RATE), start
        film.mux(audio.encode(part))
    film.mux(audio.encode(None))


def shown(path: Path, demuxer: str) -> list[tuple[Fraction, np.ndarray]]:
    """Every frame as a player shows it, with its time."""
    with av.open(str(path), "r", format=demuxer) as film:
        return [
            (frame.pts * frame.time_base, frame.to_ndarray(format="rgb24")) for frame in film.decode(video=0)
        ]


def heard(path: Path, demuxer: str) -> np.ndarray:
    """One channel as a player plays it: every sample at the time that the file gives it."""
    resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
    parts: list[tuple[int, np.ndarray]] = []
    with av.open(str(path), "r", format=demuxer) as film:
        for frame in film.decode(audio=0):
            parts += [
                (round(part.pts * part.time_base * RATE), part.to_ndarray()[0])
                for part in resampler.resample(frame)
            ]
    wave = np.zeros(max(at + part.size for at, part in parts), np.float32)
    for at, part in parts:
        begin = max(0, at)
        wave[begin : at + part.size] = part[begin - at :]
    return wave
