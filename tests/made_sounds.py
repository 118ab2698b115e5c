"""Sounds made for tests, by PyAV and the standard library directly: what is heard in a film and what lies in a file.

Waves are mono, or stereo of shape (2, n), float.
"""

from __future__ import annotations

import wave as waves
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000


def tone(seconds: float, pitch: float, loud: float = 0.25, rate: int = RATE) -> np.ndarray:
    return (loud * np.sin(2 * np.pi * pitch * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float, seed: int, loud: float = 0.1) -> np.ndarray:
    return (loud * np.random.default_rng(seed).standard_normal(round(seconds * RATE))).astype(np.float32)


def click(seconds: float, *times: float, rate: int = RATE) -> np.ndarray:
    """Silence, but for a peak of 2 ms at each time."""
    wave = np.zeros(round(seconds * rate), np.float32)
    shape = np.hanning(round(0.002 * rate) | 1)
    for time in times:
        begin = round(time * rate) - shape.size // 2
        wave[begin : begin + shape.size] = 0.8 * shape
    return wave


def plucked(seconds: float, seed: int) -> np.ndarray:
    """Something like music: notes that die away, three a second, without noise. At most 0.8."""
    dice = np.random.default_rng(seed)
    whole = np.zeros(round(seconds * RATE) + 2 * RATE)
    time = np.arange(2 * RATE) / RATE
    for number in range(round(seconds * 3)):
        pitch = 110 * 2 ** (dice.integers(0, 36) / 12)
        note = sum(np.sin(2 * np.pi * pitch * step * time) / step for step in (1, 2, 3))
        begin = number * RATE // 3
        whole[begin : begin + time.size] += note * np.exp(-time * 3) * np.minimum(1, time * 200)
    return (0.8 * whole[: round(seconds * RATE)] / np.abs(whole).max()).astype(np.float32)


def sounding(path: Path, wave: np.ndarray, *, fps: Fraction | int = 24, rate: int = RATE) -> Path:
    """A small clip that sounds like this, as many frames as it lasts."""
    wave = np.atleast_2d(wave)
    layout = "mono" if wave.shape[0] == 1 else "stereo"
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.time_base = 1 / Fraction(fps)
        audio = container.add_stream("aac", rate=rate, layout=layout)
        audio.bit_rate = 192_000
        for number in range(round(wave.shape[1] / rate * fps)):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, 1 / Fraction(fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        _encode(container, audio, wave, rate, layout)
    return path


def sound_file(path: Path, wave: np.ndarray, form: str, codec: str, rate: int = RATE) -> Path:
    """A sound file of any form that PyAV writes."""
    wave = np.atleast_2d(wave)
    layout = "mono" if wave.shape[0] == 1 else "stereo"
    with av.open(str(path), "w", format=form) as container:
        audio = container.add_stream(codec, rate=rate, layout=layout)
        _encode(container, audio, wave, rate, layout)
    return path


def _encode(container, audio, wave: np.ndarray, rate: int, layout: str) -> None:
    plain = av.AudioResampler(format=audio.codec_context.format.name, layout=layout, rate=rate)
    for at in range(0, wave.shape[1], 1024):
        block = np.ascontiguousarray(wave[:, at : at + 1024], np.float32)
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        for part in plain.resample(frame):
            container.mux(audio.encode(part))
    container.mux(audio.encode(None))


def wav(path: Path, wave: np.ndarray, rate: int = RATE) -> Path:
    """16 bits, as every recorder writes it."""
    wave = np.atleast_2d(wave)
    with waves.open(str(path), "wb") as file:
        file.setnchannels(wave.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(wave.T * 32_767).astype("<i2").tobytes())
    return path


def stereo_of(path: Path) -> np.ndarray:
    """The sound of a film as a player hears it, shape (2, n), every sample at the time that the file gives it."""
    with av.open(str(path), "r", format="mov") as container:
        parts = [
            (round(frame.pts * frame.time_base * RATE), frame.to_ndarray())
            for frame in container.decode(audio=0)
        ]
    whole = np.zeros((2, max(at + part.shape[1] for at, part in parts)), np.float32)
    for at, part in parts:
        begin = max(0, at)
        whole[:, begin : at + part.shape[1]] = part[:, begin - at :]
    return whole


def peaks_at(wave: np.ndarray, rate: int = RATE) -> list[float]:
    """When clicks are heard, in seconds: the highest sample of each."""
    loud = np.flatnonzero(np.abs(wave) > 0.3)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > rate // 20) + 1)
    return [
        (each[0] + int(np.abs(wave[each[0] : each[-1] + 1]).argmax())) / rate for each in groups if each.size
    ]


def decibels(part: np.ndarray) -> float:
    """The power of a stretch, in dB of full scale."""
    return float(10 * np.log10(np.mean(np.square(part, dtype=np.float64)) + 1e-20))
