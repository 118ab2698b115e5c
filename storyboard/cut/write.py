"""Writes pieces into one file by copying packets, and proves on the written file that every one arrived."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from storyboard.cut.clip import BLOCK, Clip, frame_numbers
from storyboard.cut.splice import Picture, Sound, delay_of, sound_blocks, video_packets
from storyboard.errors import MediaError
from storyboard.media.encode import written_whole
from storyboard.media.opening import opened
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Tables, Track, UnusualError, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

STRETCH = 12  # frames written before their sound is, so that both lie near each other


def write_cut(
    pictures: Sequence[Picture], sounds: Sequence[Sound], fps: Fraction, output: Path, comment: str
) -> None:
    """One file of pictures and sounds (none: a silent film). It gets its name only after it was read back and
    agrees with them."""
    import av

    with written_whole(output) as part:
        try:
            _mux(pictures, sounds, fps, part, comment, "mov" if output.suffix.lower() == ".mov" else "mp4")
        except av.FFmpegError as error:
            raise MediaError(
                f"{output.name} could not be written ({error.strerror}); it is as it was."
            ) from None
        verify(pictures, sounds, fps, part, output.name)


def _mux(
    pictures: Sequence[Picture], sounds: Sequence[Sound], fps: Fraction, part: Path, comment: str, form: str
) -> None:
    import av

    # Room for the index is kept free at the front: moving it there afterwards writes the whole film twice.
    options = {"fflags": "+bitexact", "moov_size": str(_index_room(pictures, sounds))}
    with av.open(str(part), "w", format=form, options=options) as container:
        container.metadata["comment"] = comment
        video = _stream(container, pictures[0].clip, "video", 1 / fps)
        heard = next((sound.clip for sound in sounds if sound.clip), None)
        if heard is None or heard.sound is None:
            _interleave(container, _video(pictures, fps, video), iter(()), Fraction(1))
            return
        rate = heard.sound.rate
        audio = _stream(container, heard, "audio", Fraction(1, rate))
        _interleave(container, _video(pictures, fps, video), _sound(sounds, fps, rate, audio), rate / fps)


def _index_room(pictures: Sequence[Picture], sounds: Sequence[Sound]) -> int:
    """Bytes that the index takes at most: each table's entry for each packet, and the boxes around them."""
    shown = sum(len(each.numbers) for each in pictures)
    heard = sum(len(each.track.sizes) + 4 for each in sounds if each.track)
    silent = sum(each.end - each.first for each in sounds if not each.track)
    return 16_384 + 40 * shown + 32 * (heard + 4 * silent)


def _stream(container: Any, clip: Clip, kind: str, time_base: Fraction) -> Any:
    """An output stream that says what the clip's own stream says."""
    with opened(clip.path, "mov") as source:
        template = source.streams.video[0] if kind == "video" else source.streams.audio[0]
        stream = container.add_stream_from_template(template, opaque=True)
    stream.time_base = time_base
    stream.metadata.clear()
    return stream


def _interleave(container: Any, pictures: Iterator[Any], blocks: Iterator[Any], samples: Fraction) -> None:
    """Both streams in turns; `samples` sound while one frame is seen."""
    block = next(blocks, None)
    for number, packet in enumerate(pictures):
        container.mux_one(packet)
        if block is not None and number % STRETCH == 0:
            until = (packet.dts + STRETCH) * samples
            while block is not None and block.pts < until:
                container.mux_one(block)
                block = next(blocks, None)
    while block is not None:
        container.mux_one(block)
        block = next(blocks, None)


def _video(pictures: Sequence[Picture], fps: Fraction, stream: Any) -> Iterator[Any]:
    import av

    base, delay = 1 / fps, delay_of(pictures)
    for picture in pictures:
        data = memoryview(_bytes(picture.clip))
        offsets, sizes = picture.video.offsets, picture.video.sizes
        for each in video_packets(picture, delay):
            start = offsets[each.packet]
            packet = av.Packet(data[start : start + sizes[each.packet]])  # type: ignore[arg-type]
            packet.stream, packet.time_base = stream, base
            packet.dts, packet.pts, packet.duration = each.decode, each.shown, 1
            packet.is_keyframe = each.key
            yield packet


def _sound(sounds: Sequence[Sound], fps: Fraction, rate: int, stream: Any) -> Iterator[Any]:
    import av

    base = Fraction(1, rate)
    for sound in sounds:
        track = sound.track
        data = memoryview(_bytes(sound.clip)) if sound.clip else memoryview(b"")
        for block in sound_blocks(sound, fps, rate, last=sound is sounds[-1]):
            if block.packet is None or track is None:
                packet = av.Packet(_silence(rate, int(stream.channels)))
            else:
                start = track.offsets[block.packet]
                packet = av.Packet(data[start : start + track.sizes[block.packet]])  # type: ignore[arg-type]
            packet.stream, packet.time_base = stream, base
            packet.dts = packet.pts = block.time
            packet.duration, packet.is_keyframe = block.length, True
            yield packet


def _bytes(clip: Clip) -> bytes:
    data = clip.path.read_bytes()
    if len(data) != clip.size:
        raise MediaError(f"{clip.name} changed while it was being cut: run the same command again.")
    return data


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
    if list(video.sizes) != [size for each in pictures for size in each.video.sizes]:
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
