"""Judges a film of several clips by decoding it, without a line of the code under test: is every frame of every clip
in its place, does sound stay with its picture?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
from clip_kinds import Made
from made_clips import drawn, numbers, wave_of

LOUD, BEEP = 0.08, 0.06  # of 1; seconds
BLOCK = 1_024  # samples that a coder gives at once
NEAR = 6  # steps of 255 that a colour may be off after two encodings and two conversions


@dataclass(frozen=True)
class Film:
    """What was decoded. `times` in seconds, `pixels` RGB; `wave` is None when there is no sound."""

    size: tuple[int, int]
    times: list[Fraction]
    pixels: list[np.ndarray]
    fps: Fraction
    wave: np.ndarray | None
    rate: int
    sounds: float  # seconds until which there is sound, by its packets
    forms: frozenset[str]  # sizes and pixel formats of frames


def decoded(path: Path) -> Film:
    times, pixels, forms, rate = [], [], set(), 0
    with av.open(str(path), "r", format="mov", options={"err_detect": "explode"}) as container:
        stream = container.streams.video[0]
        size = (stream.width, stream.height)
        if container.streams.audio:
            rate = container.streams.audio[0].rate
        for frame in container.decode(stream):
            times.append(frame.pts * frame.time_base)
            pixels.append(rgb(frame))
            forms.add(f"{frame.width}x{frame.height} {frame.format.name}")
        fps = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else stream.average_rate
    return Film(
        size, times, pixels, fps, wave_of(path) if rate else None, rate, _sounds(path), frozenset(forms)
    )


def _sounds(path: Path) -> float:
    with av.open(str(path), "r", format="mov") as container:
        if not container.streams.audio:
            return 0.0
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        return float(max((packet.pts + packet.duration) * packet.time_base for packet in packets))


def rgb(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="rgb24")


def faults(path: Path, clips: Sequence[Made]) -> Iterator[str]:
    """All that is wrong with a film of these clips; nothing when it is right."""
    try:
        film = decoded(path)
    except (av.FFmpegError, ValueError) as error:
        yield f"it can't be decoded: {error}"
        return
    steps = {later - earlier for earlier, later in pairwise(film.times)}
    if not 0 <= film.times[0] <= 1 / film.fps or len(steps) > 1:
        yield f"its frames do not come at a constant rate from 0 on: {film.times[0]}, {sorted(map(str, steps))}"
        return
    if len(film.forms) > 1:
        yield f"its frames change their form: {', '.join(sorted(film.forms))}"
    counts = [max(1, round(each.kind.end * film.fps)) for each in clips]
    if len(film.pixels) != sum(counts):
        yield f"it has {len(film.pixels)} frames, the clips give {' + '.join(map(str, counts))}"
        return
    at = 0
    for each, count in zip(clips, counts, strict=True):
        yield from _wrong_frames(film, each, at, count)
        at += count
    yield from _wrong_sound(film, clips, counts)


def _wrong_frames(film: Film, clip: Made, first: int, count: int) -> Iterator[str]:
    """Each frame is the one that its clip shows then, half a frame of the film sooner or later."""
    slack = 1 / (2 * film.fps)
    ends = [*clip.kind.times[1:], clip.kind.end]
    for at in range(count):
        number, frame = numbers(_inside(film.pixels[first + at], clip))
        if number != clip.number or frame not in clip.kind.frames:
            yield f"its frame {first + at} shows frame {frame} of clip {number}, not one of {clip.name}"
            return
        place = list(clip.kind.frames).index(frame)
        if at == 0 and place != 0:
            yield f"{clip.name} begins with its frame {frame}"
        if not clip.kind.times[place] - slack <= at / film.fps <= ends[place] + slack:
            yield f"its frame {first + at} shows frame {frame} of {clip.name} at {float(at / film.fps):.3f} s"
    yield from _wrong_colours(film, clip, first)


def _wrong_colours(film: Film, clip: Made, first: int) -> Iterator[str]:
    wanted = drawn(clip.number, 0, (40, 40))[20, 20]
    inside = _inside(film.pixels[first], clip)
    height, width = inside.shape[:2]
    patch = inside[height * 7 // 16 : height * 9 // 16, width // 4 : width * 3 // 4].mean((0, 1))
    if np.abs(patch - wanted).max() > NEAR:
        yield f"{clip.name} is {patch.round().tolist()} instead of {wanted.tolist()}"


def _inside(pixels: np.ndarray, clip: Made) -> np.ndarray:
    """Where the clip's picture lies in the film's, whole and in its shape."""
    height, width = pixels.shape[:2]
    shape = Fraction(*clip.kind.size)
    across, down = min(Fraction(width), height * shape), min(Fraction(height), width / shape)
    left, top = round((width - across) / 2), round((height - down) / 2)
    return pixels[top : height - top, left : width - left]


def _wrong_sound(film: Film, clips: Sequence[Made], counts: Sequence[int]) -> Iterator[str]:
    if film.wave is None:
        if any(each.kind.beep_at is not None for each in clips):
            yield "it has no sound"
        return
    begin, frame = float(film.times[0]), float(1 / film.fps)
    seconds = begin + float(sum(counts) / film.fps)
    if abs(film.sounds - seconds) > frame or film.wave.size / film.rate > seconds + frame + BLOCK / film.rate:
        yield f"its sound lasts {film.sounds:.3f} s, its picture {seconds:.3f} s"
    loud = np.flatnonzero(np.abs(film.wave) > LOUD) / film.rate
    at = 0
    for each, count in zip(clips, counts, strict=True):
        start, end = begin + float(at / film.fps), begin + float((at + count) / film.fps)
        yield from _wrong_beep(each, loud, start, end, frame)
        at += count


def _wrong_beep(clip: Made, loud: np.ndarray, start: float, end: float, frame: float) -> Iterator[str]:
    """Loud when its beep is, else quiet. Within a frame of its ends the clips beside it may be heard."""
    quiet = (loud > start + frame) & (loud < end - frame)
    if clip.kind.beep_at is not None:
        begin = start + float(clip.kind.beep_at)
        near = loud[(loud >= begin - frame) & (loud < min(begin + BEEP, end + frame))]
        if not near.size or near[0] > begin + frame:
            yield f"{clip.name}: no beep at {begin:.3f} s"
        quiet &= (loud < begin - frame) | (loud > begin + BEEP + frame)
    if quiet.any():
        yield f"{clip.name} sounds {loud[quiet][0] - start:.3f} s after its beginning"
