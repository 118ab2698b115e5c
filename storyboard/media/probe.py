"""What is in a clip, by opening it and counting its packets. The demuxer is pinned: only MP4 and MOV open.

Two readers that know nothing of each other have to find it whole: ours of the index, and PyAV's of the packets.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.colours import Colours, colours_of
from storyboard.media.entries import UnusualError
from storyboard.media.opening import file_opened, film_head, opened, unreadable
from storyboard.media.stills import DamagedError
from storyboard.media.tables import LARGEST, Tables, tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


KINDS = {"video", "audio"}


class VideoFacts(Struct, frozen=True):
    """The first video stream, as it is shown: what an edit list hides is only counted. Times in seconds from the
    beginning of the presentation; `aspect` is a pixel's; `rotation` in degrees clockwise."""

    codec: str
    profile: str
    width: int
    height: int
    aspect: Fraction
    rotation: int
    pixel_format: str  # with the bit depth in it: yuv420p10le
    colours: Colours
    frame_rate: Fraction  # mean, counted
    constant: bool  # counted: every frame stands where this rate puts it
    frames: int
    hidden: int  # frames that are there and not shown
    time_base: Fraction
    start: Fraction
    seconds: Fraction


class AudioFacts(Struct, frozen=True):
    """The first audio stream. Times in seconds, a coder's warm-up before 0 left out."""

    codec: str
    profile: str
    rate: int
    channels: int
    layout: str  # mono, stereo, 5.1
    packets: int
    start: Fraction
    seconds: Fraction


class Packet(Struct, frozen=True):
    """When a packet is shown and how long, in ticks of its stream; not at all when an edit list hides it."""

    time: int
    length: int
    hidden: bool


class ClipFacts(Struct, frozen=True):
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
    index = _index(path)
    try:
        with opened(path, "mov") as container:
            if not container.streams.video:
                raise MediaError(f"{path.name} holds no video.")
            _described(container.streams, path)
            packets = _packets(container, path)
            _as_many(container.streams.video[0], packets, index, path)
            video = _video(container.streams.video[0], packets, path)
            audio = _audio(container.streams.audio[0], packets) if container.streams.audio else None
    except av.FFmpegError as error:
        raise MediaError(f"{path.name} is damaged ({error.strerror}): fetch or make it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None
    return ClipFacts(path, size, video.seconds, video, audio)


def _index(path: Path) -> Tables | None:
    """What our own reader finds; None for what may well play, though it is built in an unusual way."""
    try:
        with file_opened(path) as file:
            return tables(file, file.seek(0, 2))
    except UnusualError:
        return None
    except DamagedError as error:
        raise MediaError(f"{path.name} is damaged: {error}. Fetch or make it again.") from None
    except OSError as error:
        raise unreadable(path, error) from None


def _described(streams: Any, path: Path) -> None:
    if any(stream.codec_context is None for stream in streams if stream.type in KINDS):
        raise MediaError(f"{path.name} is coded in a way that is not known here.")
    width, height = streams.video[0].width, streams.video[0].height
    if not 0 < min(width, height) <= max(width, height) <= LARGEST:
        raise MediaError(f"{path.name} claims to be {width}x{height} pixels: it is damaged.")


def _packets(container: Any, path: Path) -> dict[int, list[Packet]]:
    """The packets of each stream by its number."""
    packets: dict[int, list[Packet]] = {}
    for packet in container.demux():
        if packet.is_corrupt:
            raise MediaError(f"{path.name} ends within a frame: fetch or make it again.")
        if packet.pts is not None and packet.size:
            found = Packet(packet.pts, packet.duration or 0, packet.is_discard)
            packets.setdefault(packet.stream.index, []).append(found)
    return packets


def _as_many(stream: Any, packets: dict[int, list[Packet]], index: Tables | None, path: Path) -> None:
    """Both readers count as many frames, unless an edit list hides some."""
    track = index.track(b"vide") if index else None
    count = len(packets.get(stream.index, ()))
    if track is not None and not track.edited and count < len(track.sizes):
        raise MediaError(
            f"{path.name} is damaged: {count} of its {len(track.sizes)} frames can be read. Fetch or make it again."
        )


def _video(stream: Any, packets: dict[int, list[Packet]], path: Path) -> VideoFacts:
    every = packets.get(stream.index, ())
    shown = sorted((packet for packet in every if not packet.hidden), key=lambda packet: packet.time)
    if not shown:
        raise MediaError(f"{path.name} holds no frame that could be read: fetch or make it again.")
    context, base = stream.codec_context, stream.time_base
    rate, constant = _rate([packet.time for packet in shown], shown[-1].length, base)
    first = _first_frame(path)
    return VideoFacts(
        codec=context.codec.canonical_name,
        profile=context.profile or "",
        width=stream.width,
        height=stream.height,
        aspect=Fraction(stream.sample_aspect_ratio or 1) or Fraction(1),
        rotation=int(-first.rotation) % 360,
        pixel_format=context.pix_fmt or first.format.name,
        colours=colours_of(first),
        frame_rate=rate,
        constant=constant,
        frames=len(shown),
        hidden=max(len(every), stream.frames) - len(shown),
        time_base=base,
        start=shown[0].time * base,
        seconds=(shown[-1].time + shown[-1].length - shown[0].time) * base,
    )


def _rate(times: Sequence[int], last: int, base: Fraction) -> tuple[Fraction, bool]:
    """Frames a second, and whether every frame stands where this rate puts it (an eighth of a frame off)."""
    if len(times) == 1:
        return (1 / (last * base) if last else Fraction(24)), True
    step = Fraction(times[-1] - times[0], len(times) - 1)
    constant = all(abs(times[0] + n * step - time) * 8 <= step for n, time in enumerate(times))
    return (1 / (step * base)).limit_denominator(1001) if step else Fraction(0), constant


def _first_frame(path: Path) -> Any:
    with opened(path, "mov") as container:
        for frame in container.decode(video=0):
            return frame
    raise MediaError(f"{path.name} holds no frame that can be decoded: fetch or make it again.")


def _audio(stream: Any, packets: dict[int, list[Packet]]) -> AudioFacts:
    found = packets.get(stream.index, [])
    context, base = stream.codec_context, stream.time_base
    start = max(Fraction(0), found[0].time * base) if found else Fraction(0)
    return AudioFacts(
        codec=context.codec.canonical_name,
        profile=context.profile or "",
        rate=context.sample_rate,
        channels=context.layout.nb_channels,
        layout=context.layout.name,
        packets=len(found),
        start=start,
        seconds=(found[-1].time + found[-1].length) * base - start if found else Fraction(0),
    )
