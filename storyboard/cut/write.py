"""Writes pictures and sounds into one file by copying packets, and proves on the file that every one arrived."""

from __future__ import annotations

from fractions import Fraction
from functools import cache, lru_cache
from io import RawIOBase
from typing import TYPE_CHECKING, Any

from storyboard.cut.clip import BLOCK, Clip, frame_numbers
from storyboard.cut.splice import Picture, Sound, SoundBlock, delay_of, description_of, sound_blocks
from storyboard.errors import MediaError
from storyboard.media.encode import written_whole
from storyboard.media.entries import UnusualError
from storyboard.media.film import TrackOut, header
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Tables, Track, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

STRETCH = 12  # frames that lie together in the file, before the sound that belongs to them
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
    shown = [packet for picture in pictures for packet in _shown(picture)]
    sound = next((sound.track for sound in sounds if sound.track), None)
    rate = sound.rate if sound else 1
    blocks = [] if sound is None else _blocks(sounds, fps, rate)
    heard = [_heard(each, block, sound) for each, block in blocks] if sound else []
    rows = _rows(len(shown), [block.time for _, block in blocks], rate / fps)
    tracks = [_video_track(pictures, shown, fps, [end - start for number, start, end in rows if number == 0])]
    if sound is not None:
        chunks = [end - start for number, start, end in rows if number == 1]
        tracks.append(_sound_track(sound, blocks, heard, chunks))
    with part.open("wb", buffering=0) as file:
        _written(file, header(tracks, [number for number, _, _ in rows], comment, quicktime=quicktime))
        for number, start, end in rows:
            _written(file, b"".join(_data(packet, sound) for packet in (shown, heard)[number][start:end]))
    _bytes.cache_clear()


def _written(file: RawIOBase, data: bytes) -> None:
    """All of it: a raw file may take less than it is given."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def _shown(picture: Picture) -> Iterator[Packet]:
    return zip([picture.clip] * len(picture.numbers), picture.offsets, picture.sizes, strict=True)


def _blocks(sounds: Sequence[Sound], fps: Fraction, rate: int) -> list[tuple[Sound, SoundBlock]]:
    return [
        (each, block) for each in sounds for block in sound_blocks(each, fps, rate, last=each is sounds[-1])
    ]


def _heard(sound: Sound, block: SoundBlock, first: Track) -> Packet:
    if sound.track is None or block.packet is None:
        return (None, 0, len(_silence(first.rate, first.channels)))
    return (sound.clip, sound.track.offsets[block.packet], sound.track.sizes[block.packet])


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


def _video_track(
    pictures: Sequence[Picture], shown: Sequence[Packet], fps: Fraction, chunks: Sequence[int]
) -> TrackOut:
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
        durations=[tick] * len(shown),
        delays=[(n - at + delay) * tick for each in pictures for at, n in enumerate(each.numbers)],
        keys=[each.first + key for each in pictures for key in each.keys],
        sizes=[size for _, _, size in shown],
        hidden=delay * tick,
        chunks=chunks,
        width=video.width,
        height=video.height,
    )


def _sound_track(
    sound: Track, blocks: Sequence[tuple[Sound, SoundBlock]], heard: Sequence[Packet], chunks: Sequence[int]
) -> TrackOut:
    return TrackOut(
        kind=b"soun",
        description=sound.description,
        scale=sound.rate,
        durations=[block.length for _, block in blocks],
        delays=(),
        keys=None,
        sizes=[size for _, _, size in heard],
        hidden=BLOCK,
        chunks=chunks,
    )


def _data(packet: Packet, sound: Track | None) -> memoryview:
    clip, start, length = packet
    if clip is None:
        return memoryview(_silence(sound.rate, sound.channels) if sound else b"")
    return _bytes(clip.path, clip.size)[start : start + length]


@lru_cache(2)  # picture and sound of one place: one file, or two
def _bytes(path: Path, size: int) -> memoryview:
    data = path.read_bytes()
    if len(data) != size:
        raise MediaError(f"{path.name} changed while it was being cut: run the same command again.")
    return memoryview(data)


@cache
def _silence(rate: int, channels: int) -> bytes:
    """One block of silence, as any AAC-LC decoder of this rate and these channels takes it."""
    import av

    layout = {1: "mono", 2: "stereo", 6: "5.1"}.get(channels, f"{channels} channels")
    context: Any = av.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = rate, layout, "fltp"
    context.time_base = Fraction(1, rate)
    packets: list[bytes] = []
    for number in range(4):
        frame = av.AudioFrame(format="fltp", layout=layout, samples=BLOCK)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = rate, number * BLOCK, Fraction(1, rate)
        packets += [bytes(packet) for packet in context.encode(frame)]
    return packets[-1]


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
    expected = [each.first + number for each in pictures for number in each.numbers]
    numbers = frame_numbers(video, fps)
    if numbers is None or list(numbers) != expected:
        return f"its frames are not the {len(expected)} frames of the cut in their order"
    if list(video.sizes) != [size for each in pictures for size in each.sizes]:
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
