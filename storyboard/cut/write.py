"""Writes pictures and sounds into one file by copying packets, and proves on the file that every one arrived."""

from __future__ import annotations

from array import array
from fractions import Fraction
from functools import lru_cache
from io import RawIOBase
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING

from storyboard.cut.clip import Clip, frame_numbers, silence
from storyboard.cut.splice import Picture, Sound, SoundBlock, delay_of, description_of, sound_blocks
from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK, written_whole
from storyboard.media.entries import UnusualError
from storyboard.media.film import TrackOut, header
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Tables, Track, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

STRETCH = 12  # frames that lie together in the file, before the sound that belongs to them
WINDOW = 4 << 20  # bytes
FINEST = 10_000  # ticks a second, at least

Packet = tuple[Clip | None, int, int]  # file (None: silence), place, length


def write_cut(
    pictures: Sequence[Picture],
    sounds: Sequence[Sound],
    fps: Fraction,
    output: Path,
    comment: str,
    judge: Callable[[Path], str] | None = None,
) -> None:
    """One file of pictures and sounds (none: a silent film). It gets its name only after it was read back and
    agrees with them, and `judge` has nothing to say against it."""
    with written_whole(output) as part:
        _write(pictures, sounds, fps, part, comment, quicktime=output.suffix.lower() == ".mov")
        verify(pictures, sounds, fps, part, output.name)
        if judge is not None and (wrong := judge(part)):
            raise MediaError(f"{output.name} does not decode as it should ({wrong.splitlines()[-1]}).")


def _write(
    pictures: Sequence[Picture],
    sounds: Sequence[Sound],
    fps: Fraction,
    part: Path,
    comment: str,
    *,
    quicktime: bool,
) -> None:
    sound = next((sound.track for sound in sounds if sound.track), None)
    rate = sound.rate if sound else 1
    times = array("q", (block.time for _, block in _blocks(sounds, fps, rate)) if sound else ())
    rows = _rows(sum(len(picture.numbers) for picture in pictures), times, rate / fps)
    tracks = [_video_track(pictures, fps, [end - start for number, start, end in rows if number == 0])]
    if sound is not None:
        chunks = [end - start for number, start, end in rows if number == 1]
        tracks.append(_sound_track(sound, sounds, fps, chunks))
    packets = _shown(pictures), _heard(sounds, fps, sound)
    with part.open("wb", buffering=0) as file:
        _written(file, header(tracks, [number for number, _, _ in rows], comment, quicktime=quicktime))
        for number, start, end in rows:
            stretch = islice(packets[number], end - start)
            _written(file, b"".join(part for packet in stretch for part in _data(packet, sound)))
    _window.cache_clear()


def _written(file: RawIOBase, data: bytes) -> None:
    """All of it: a raw file may take less than it is given."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _shown(pictures: Sequence[Picture]) -> Iterator[Packet]:
    for each in pictures:
        yield from zip(repeat(each.clip), each.offsets, each.sizes, strict=False)


def _blocks(sounds: Sequence[Sound], fps: Fraction, rate: int) -> Iterator[tuple[Sound, SoundBlock]]:
    for each in sounds:
        yield from zip(repeat(each), sound_blocks(each, fps, rate, last=each is sounds[-1]), strict=False)


def _heard(sounds: Sequence[Sound], fps: Fraction, first: Track | None) -> Iterator[Packet]:
    if first is None:
        return
    for sound, block in _blocks(sounds, fps, first.rate):
        if sound.track is None or block.packet is None:
            yield None, 0, len(silence(first))
        else:
            yield sound.clip, sound.track.offsets[block.packet], sound.track.sizes[block.packet]


def _rows(frames: int, times: Sequence[int], samples: Fraction) -> list[tuple[int, int, int]]:
    """Chunks in file order: track, first packet, end. Sound lies behind the frames that it is heard with."""
    rows: list[tuple[int, int, int]] = []
    at = 0
    for start in range(0, frames, STRETCH):
        end = min(frames, start + STRETCH)
        rows.append((0, start, end))
        until = len(times) if end == frames else at
        while until < len(times) and times[until] < end * samples:
            until += 1
        if until > at:
            rows.append((1, at, until))
            at = until
    return rows


def _video_track(pictures: Sequence[Picture], fps: Fraction, chunks: Sequence[int]) -> TrackOut:
    scale = fps.numerator
    while scale < FINEST:
        scale *= 2
    tick = scale * fps.denominator // fps.numerator
    delay = delay_of(pictures)
    video = pictures[0].video
    return TrackOut(
        kind=b"vide",
        description=description_of(pictures),
        scale=scale,
        durations=array("q", [tick]) * sum(chunks),
        delays=array(
            "q", ((n - at + delay) * tick for each in pictures for at, n in enumerate(each.numbers))
        ),
        keys=[each.first + key for each in pictures for key in each.keys],
        sizes=array("I", (size for _, _, size in _shown(pictures))),
        hidden=delay * tick,
        chunks=chunks,
        width=video.width,
        height=video.height,
    )


def _sound_track(sound: Track, sounds: Sequence[Sound], fps: Fraction, chunks: Sequence[int]) -> TrackOut:
    return TrackOut(
        kind=b"soun",
        description=sound.description,
        scale=sound.rate,
        durations=array("q", (block.length for _, block in _blocks(sounds, fps, sound.rate))),
        delays=(),
        keys=None,
        sizes=array("I", (size for _, _, size in _heard(sounds, fps, sound))),
        hidden=BLOCK,
        chunks=chunks,
    )


def _data(packet: Packet, sound: Track | None) -> Iterator[memoryview]:
    """A packet's bytes, in as many parts as there are windows that it lies in."""
    clip, start, length = packet
    if clip is None:
        yield memoryview(silence(sound) if sound else b"")
        return
    while length:
        number, at = divmod(start, WINDOW)
        part = _window(clip.path, clip.size, number)[at : at + length]
        yield part
        start, length = start + len(part), length - len(part)


@lru_cache(4)  # pictures and the sound behind them, of one file or two
def _window(path: Path, size: int, number: int) -> memoryview:
    """A stretch of a file that has so many bytes: long clips are not held whole."""
    with path.open("rb") as file:
        found = file.seek(0, 2)
        file.seek(number * WINDOW)
        data = file.read(WINDOW)
    if found != size or len(data) != min(WINDOW, size - number * WINDOW):
        raise MediaError(f"{path.name} changed while it was being cut: run the same command again.")
    return memoryview(data)


def verify(
    pictures: Sequence[Picture], sounds: Sequence[Sound], fps: Fraction, path: Path, name: str
) -> None:
    """Raises MediaError unless the file holds every frame at its time, and sound as long as the film."""
    try:
        with path.open("rb") as file:
            found = tables(file, file.seek(0, 2))
        wrong = _differences(pictures, any(sound.clip for sound in sounds), fps, found)
    except (DamagedError, UnusualError) as error:
        wrong = str(error)
    if wrong:
        raise MediaError(
            f"{name} was not written as it was cut: {wrong}. What was there before is untouched."
        )


def _differences(pictures: Sequence[Picture], heard: bool, fps: Fraction, found: Tables) -> str | None:
    video, sound = found.track(b"vide"), found.track(b"soun")
    if video is None or len(found.tracks) != 1 + heard or heard != (sound is not None):
        return f"it has {len(found.tracks)} streams"
    expected = array("q", (each.first + number for each in pictures for number in each.numbers))
    numbers = frame_numbers(video, fps)
    if numbers is None or numbers != expected:
        return f"its frames are not the {len(expected)} frames of the cut in their order"
    if video.sizes != array("I", chain.from_iterable(each.sizes for each in pictures)):
        return "its packets are not those of the clips"
    if video.edited or video.start + Fraction(min(video.shown), video.scale) != 0:
        return "its picture does not begin at 0"
    if abs(video.seconds * fps - len(expected)) > Fraction(1, 2):
        return f"it lasts {float(video.seconds):.3f} s, not {float(len(expected) / fps):.3f} s"
    return _sound_differences(sound, len(expected), fps) if sound else None


def _sound_differences(sound: Track, frames: int, fps: Fraction) -> str | None:
    ends = sound.start + Fraction(sound.shown[0] + sound.length, sound.scale)
    if abs(ends - frames / fps) > 1 / fps:
        return f"its sound ends at {float(ends):.3f} s, its picture at {float(frames / fps):.3f} s"
    return None
