"""Writes pieces into one file by copying packets, and proves on the written file that every one arrived."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from storyboard.cut.clip import BLOCK, Clip, frame_numbers
from storyboard.cut.splice import Piece, delay_of, sound_blocks, video_packets
from storyboard.errors import MediaError
from storyboard.media.encode import written_whole
from storyboard.media.opening import opened
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Tables, Track, UnusualError, tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

STRETCH = 12  # frames written before their sound is, so that both lie near each other


def write_cut(pieces: Sequence[Piece], fps: Fraction, output: Path, comment: str) -> None:
    """One file of the pieces. It gets its name only after it was read back and agrees with them."""
    import av

    with written_whole(output) as part:
        try:
            _mux(pieces, fps, part, comment, "mov" if output.suffix.lower() == ".mov" else "mp4")
        except av.FFmpegError as error:
            raise MediaError(
                f"{output.name} could not be written ({error.strerror}); nothing was changed."
            ) from None
        verify(pieces, fps, part, output.name)


def _mux(pieces: Sequence[Piece], fps: Fraction, part: Path, comment: str, form: str) -> None:
    import av

    sound = next((piece.sound_from for piece in pieces if piece.sound_from), None)
    delay = delay_of(pieces)
    # Room for the index is kept free at the front: moving it there afterwards writes the whole film twice.
    options = {"fflags": "+bitexact", "moov_size": str(_index_room(pieces))}
    with av.open(str(part), "w", format=form, options=options) as container:
        container.metadata["comment"] = comment
        video = _stream(container, pieces[0].picture, "video", 1 / fps)
        rate = sound.sound.rate if sound and sound.sound else 0
        audio = _stream(container, sound, "audio", Fraction(1, rate)) if sound else None
        for piece in pieces:
            blocks = iter(())
            if audio is not None:
                blocks = _sound(piece, fps, rate, audio, last=piece is pieces[-1])
            _interleave(container, _video(piece, delay, fps, video), blocks, rate / fps)


def _index_room(pieces: Sequence[Piece]) -> int:
    """Bytes that the index takes at most: each table's entry for each packet, and the boxes around them."""
    pictures = sum(len(piece.numbers) for piece in pieces)
    blocks = sum(
        len(piece.sound_from.sound.sizes) for piece in pieces if piece.sound_from and piece.sound_from.sound
    )
    return 16_384 + 40 * pictures + 32 * (blocks + 2 * len(pieces))


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


def _video(piece: Piece, delay: int, fps: Fraction, stream: Any) -> Iterator[Any]:
    import av

    base = 1 / fps
    data = memoryview(_bytes(piece.picture))
    offsets, sizes = piece.video.offsets, piece.video.sizes
    for each in video_packets(piece, delay):
        start = offsets[each.packet]
        packet = av.Packet(data[start : start + sizes[each.packet]])  # type: ignore[arg-type]
        packet.stream, packet.time_base = stream, base
        packet.dts, packet.pts, packet.duration, packet.is_keyframe = each.decode, each.shown, 1, each.key
        yield packet


def _sound(piece: Piece, fps: Fraction, rate: int, stream: Any, *, last: bool) -> Iterator[Any]:
    import av

    base = Fraction(1, rate)
    source = piece.sound_from
    data = memoryview(_bytes(source)) if source else memoryview(b"")
    sound = source.sound if source else None
    for block in sound_blocks(piece, fps, rate, last=last):
        if block.packet is None or sound is None:
            packet = av.Packet(_silence(rate, channels_of(stream)))
        else:
            start = sound.offsets[block.packet]
            packet = av.Packet(data[start : start + sound.sizes[block.packet]])  # type: ignore[arg-type]
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


def channels_of(stream: Any) -> int:
    """Channels of an output stream that was made from a clip's."""
    return int(stream.channels)


def verify(pieces: Sequence[Piece], fps: Fraction, path: Path, name: str) -> None:
    """Raises MediaError unless the file holds every frame of the pieces at its time, and sound as long as the film."""
    try:
        with path.open("rb") as file:
            found = tables(file, file.seek(0, 2))
        wrong = _differences(pieces, fps, found)
    except (DamagedError, UnusualError) as error:
        wrong = str(error)
    if wrong:
        raise MediaError(
            f"{name} was not written as it was cut: {wrong}. What was there before is untouched."
        )


def _differences(pieces: Sequence[Piece], fps: Fraction, found: Tables) -> str | None:
    video, sound = found.track(b"vide"), found.track(b"soun")
    heard = any(piece.sound_from for piece in pieces)
    if video is None or len(found.tracks) != 1 + heard or heard != (sound is not None):
        return f"it has {len(found.tracks)} streams"
    expected = [piece.first + number for piece in pieces for number in piece.numbers]
    numbers = frame_numbers(video, fps)
    if numbers is None or list(numbers) != expected:
        return f"its frames are not the {len(expected)} frames of the cut in their order"
    sizes = [size for piece in pieces for size in piece.video.sizes]
    if list(video.sizes) != sizes:
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
