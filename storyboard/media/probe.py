"""What is in a clip, by opening it and counting its packets. The demuxer is pinned: only MP4 and MOV open."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.opening import film_head, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


KINDS = {"video", "audio"}


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The first video stream. Times in seconds; `aspect` is a pixel's; `rotation` in degrees clockwise."""

    codec: str
    profile: str
    width: int
    height: int
    aspect: Fraction
    rotation: int
    pixel_format: str
    frame_rate: Fraction  # mean, counted
    constant: bool
    frames: int  # packets
    time_base: Fraction
    start: Fraction
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """The first audio stream. Times in seconds, a coder's warm-up before 0 left out."""

    codec: str
    profile: str
    rate: int
    channels: int
    packets: int
    start: Fraction
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """One clip. `audio` is None when it is silent by construction."""

    path: Path
    size: int  # bytes
    seconds: Fraction  # of the video
    video: VideoFacts
    audio: AudioFacts | None


def probe(path: Path) -> ClipFacts:
    """The facts of a clip. Raises MediaError naming the file when it is missing, damaged or no film."""
    import av

    size = film_head(path)
    try:
        with opened(path, "mov") as container:
            if not container.streams.video:
                raise MediaError(f"{path.name} holds no video.")
            packets: dict[int, list[Any]] = {}
            for packet in container.demux():
                if packet.is_corrupt:
                    raise MediaError(f"{path.name} ends within a frame: fetch or make it again.")
                if packet.pts is not None and packet.size:
                    packets.setdefault(packet.stream.index, []).append((packet.pts, packet.duration or 0))
            if any(stream.codec_context is None for stream in container.streams if stream.type in KINDS):
                raise MediaError(f"{path.name} is coded in a way that is not known here.")
            video = _video(container.streams.video[0], packets, path)
            audio = _audio(container.streams.audio[0], packets, path) if container.streams.audio else None
    except av.FFmpegError as error:
        raise MediaError(f"{path.name} is damaged ({error.strerror}): fetch or make it again.") from None
    return ClipFacts(path, size, video.seconds, video, audio)


def _video(stream: Any, packets: dict[int, list[Any]], path: Path) -> VideoFacts:
    times = sorted(packets.get(stream.index, ()))
    if not times:
        raise MediaError(f"{path.name} holds no frame that could be read: fetch or make it again.")
    if stream.frames and len(times) < stream.frames:
        raise MediaError(
            f"{path.name} ends after {len(times)} of its {stream.frames} frames: fetch or make it again."
        )
    context = stream.codec_context
    rate, constant = _rate([time for time, _ in times], times[-1][1], stream.time_base)
    return VideoFacts(
        codec=context.name,
        profile=context.profile or "",
        width=stream.width,
        height=stream.height,
        aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
        rotation=_rotation(path),
        pixel_format=context.pix_fmt or "",
        frame_rate=rate,
        constant=constant,
        frames=len(times),
        time_base=stream.time_base,
        start=times[0][0] * stream.time_base,
        seconds=(times[-1][0] + times[-1][1] - times[0][0]) * stream.time_base,
    )


def _rate(times: Sequence[int], last: int, base: Fraction) -> tuple[Fraction, bool]:
    """Frames a second, and whether every frame stands where this rate puts it (an eighth of a frame off)."""
    if len(times) == 1:
        return (1 / (last * base) if last else Fraction(24)), True
    step = Fraction(times[-1] - times[0], len(times) - 1)
    constant = all(abs(times[0] + n * step - time) * 8 <= step for n, time in enumerate(times))
    return (1 / (step * base)).limit_denominator(1001) if step else Fraction(0), constant


def _rotation(path: Path) -> int:
    """Degrees clockwise that a player turns the picture by, from the first decoded frame."""
    with opened(path, "mov") as container:
        for frame in container.decode(video=0):
            return int(-frame.rotation) % 360
    return 0


def _audio(stream: Any, packets: dict[int, list[Any]], path: Path) -> AudioFacts:
    times = packets.get(stream.index, [])
    if stream.frames and len(times) < stream.frames:
        raise MediaError(f"{path.name} ends before its sound does: fetch or make it again.")
    context, base = stream.codec_context, stream.time_base
    start = max(Fraction(0), times[0][0] * base) if times else Fraction(0)
    return AudioFacts(
        codec=context.name,
        profile=context.profile or "",
        rate=context.sample_rate,
        channels=context.layout.nb_channels,
        packets=len(times),
        start=start,
        seconds=(times[-1][0] + times[-1][1]) * base - start if times else Fraction(0),
    )
