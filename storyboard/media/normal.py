"""A clip decoded into what a cut is made of: frames of one size at one constant rate, sound at 48 kHz in stereo."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from storyboard.errors import MediaError
from storyboard.media.colours import colours_of
from storyboard.media.encode import BT709, LIMITED
from storyboard.media.opening import opened
from storyboard.media.stereo import stereo
from storyboard.media.tables import LARGEST

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from storyboard.media.stereo import Sound

VIDEO_CODECS = {"h264", "hevc", "av1", "libdav1d", "vp9", "libvpx-vp9", "mpeg4", "prores", "mjpeg"}
MOST_FRAMES = 2 * 60 * 60 * 60  # two hours at 60 a second
TURNS = {90: "clock", 180: "clock", 270: "cclock"}
MATRICES = {"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc"}  # that the scaler knows
SD = (1280, 576)  # pixels: what says nothing of its colours is BT.601 below this width and up to this height
DEEPEST = 16  # frames that one may be decoded before it is shown
EARLY = Fraction(1, 8)  # of a frame, that one may be shown too soon: writers that count in milliseconds round
LONGEST_HOLD = 60  # seconds that one frame may be shown

# Where shapes differ: all of the picture with black beside it, or the middle of it.
Fit = Literal["pad", "crop"]


def frames(
    path: Path, size: tuple[int, int], fps: Fraction, fit: Fit = "pad", first: int = 0
) -> Iterator[Any]:
    """The clip's frames at a constant rate, from the one numbered `first` on, upright, with square pixels, brought to
    an even `size`. Raises MediaError and av.FFmpegError."""
    with opened(path, "mov") as container:
        if not container.streams.video:
            raise MediaError(f"{path.name} holds no video: it can't be part of a cut.")
        stream = container.streams.video[0]
        allowed(path, stream.codec_context, VIDEO_CODECS)
        stream.codec_context.thread_count = 1  # several segments are made at once, and coders take longer
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
        fits: dict[object, Any] = {}
        decoded, origin = _decoded(container, stream, fps, first)
        for frame in _constant(decoded, fps, path, origin, first):
            kind = (frame.width, frame.height, frame.format.name, frame.rotation, colours_of(frame))
            if kind not in fits:
                fits[kind] = None if _fits(frame, aspect, size) else _fitting(frame, aspect, size, fit, path)
            graph = fits[kind]
            if graph is None:
                frame.colorspace, frame.color_range = BT709, LIMITED
                yield frame
                continue
            graph.push(frame)
            yield graph.pull()


def _decoded(container: Any, stream: Any, fps: Fraction, first: int) -> tuple[Iterator[Any], Fraction | None]:
    """Decoded frames from the key frame before frame `first` on, and when frame 0 is shown; from the clip's beginning,
    and None, where it can't be told."""
    if not first or stream.start_time is None:
        return iter(container.decode(stream)), None
    origin = stream.start_time * Fraction(stream.time_base)
    wanted = origin + first / fps
    for ahead in (0, DEEPEST):
        decoded = _from_key(container, stream, max(origin, wanted - ahead / fps), wanted)
        if decoded is not None:
            return decoded, origin
    container.seek(0)
    return iter(container.decode(stream)), None


def _from_key(container: Any, stream: Any, sought: Fraction, wanted: Fraction) -> Iterator[Any] | None:
    """Frames from the key frame that lies before a time in the file; None where that is shown too late."""
    container.seek(int(sought / stream.time_base), stream=stream, backward=True)
    decoded = iter(container.decode(stream))
    begin = next((frame for frame in decoded if frame.key_frame), None)
    if begin is None or begin.pts is None or begin.pts * begin.time_base > wanted:
        return None
    return itertools.chain((begin,), decoded)


def _fits(frame: Any, aspect: Fraction, size: tuple[int, int]) -> bool:
    """Is a frame as the cut wants it already?"""
    colours = colours_of(frame)
    usual = not colours.matrix and _is_hd(frame)
    return (
        (frame.width, frame.height) == size
        and frame.format.name == "yuv420p"
        and aspect == 1
        and not frame.rotation
        and (colours.matrix == "bt709" or usual)
        and colours.range in {"", "tv"}
    )


def _is_hd(frame: Any) -> bool:
    return bool(frame.width >= SD[0] or frame.height > SD[1])


def allowed(path: Path, context: Any, codecs: set[str]) -> None:
    codec = context.name if context is not None else "something unknown"
    if codec not in codecs:
        raise MediaError(f"{path.name} is coded as {codec}: export it as H.264 with AAC sound.")


def _constant(
    decoded: Iterator[Any], fps: Fraction, path: Path, origin: Fraction | None, at: int
) -> Iterator[Any]:
    """What a player shows at each place of the grid from the one numbered `at` on: frames come again where the clip is
    slower, and are left out where it is faster. The first is always there; it is shown at `origin`, else it is the
    first of `decoded`."""
    first = origin
    last, total = None, 1
    for frame in decoded:
        if frame.pts is None:
            raise MediaError(f"{path.name} has frames without a time: it is damaged.")
        time = frame.pts * frame.time_base
        place = 0 if first is None or time <= first else max(1, math.ceil((time - first) * fps - EARLY))
        first = time if first is None else first
        total = max(1, round((time - first + (frame.duration or 0) * frame.time_base) * fps))
        if place > MOST_FRAMES:
            raise MediaError(f"{path.name} is longer than two hours: it is damaged, or no clip.")
        _moves(place - at, fps, path)
        while last is not None and at < min(place, total):
            yield last
            at += 1
        last = frame
    if last is None:
        raise MediaError(f"{path.name} holds no frame that can be decoded: fetch or make it again.")
    _moves(total - at, fps, path)
    for _ in range(total - at):
        yield last


def _moves(held: int, fps: Fraction, path: Path) -> None:
    if held > LONGEST_HOLD * fps:
        raise MediaError(f"{path.name} stands still for more than {LONGEST_HOLD} s: its times are damaged.")


def _fitting(frame: Any, aspect: Fraction, size: tuple[int, int], fit: Fit, path: Path) -> Any:
    """A filter graph that turns a frame upright, makes its pixels square and brings it to the size."""
    from av.filter import Graph

    graph = Graph()
    node = graph.add("buffer", _described(frame))
    turn = round(-frame.rotation) % 360
    shape = Fraction(frame.width, frame.height) * aspect
    shape = 1 / shape if turn in {90, 270} else shape
    width, height = fitted(shape, size) if fit == "pad" else covering(shape, size)
    if max(width, height) > 2 * LARGEST:
        raise MediaError(f"{path.name} is too long and narrow to be cropped to {size[0]}x{size[1]}: pad it.")
    steps = [("transpose", TURNS[turn])] * (2 if turn == 180 else 1) if turn in TURNS else []  # noqa: PLR2004
    steps += [
        ("scale", f"{width}:{height}:flags=lanczos+accurate_rnd:out_color_matrix=bt709:out_range=tv"),
        ("setsar", "1"),
        ("pad", f"{size[0]}:{size[1]}:-1:-1:black") if fit == "pad" else ("crop", f"{size[0]}:{size[1]}"),
        ("format", "yuv420p"),
        ("buffersink", ""),
    ]
    for name, arguments in steps:
        following = graph.add(name, arguments or None)
        node.link_to(following)
        node = following
    graph.configure()
    return graph


def fitted(shape: Fraction, size: tuple[int, int]) -> tuple[int, int]:
    """The largest even width and height of a shape (width to height) within a size."""
    width = min(Fraction(size[0]), size[1] * shape)
    height = min(Fraction(size[1]), size[0] / shape)
    return max(2, round(width / 2) * 2), max(2, round(height / 2) * 2)


def covering(shape: Fraction, size: tuple[int, int]) -> tuple[int, int]:
    """The smallest even width and height of a shape (width to height) that leave nothing of a size uncovered."""
    width = max(Fraction(size[0]), size[1] * shape)
    height = max(Fraction(size[1]), size[0] / shape)
    return math.ceil(width / 2) * 2, math.ceil(height / 2) * 2


def _described(frame: Any) -> str:
    """A frame's form in the words of ffmpeg's buffer filter; colours that say nothing go by the size."""
    colours = colours_of(frame)
    usual = "bt709" if _is_hd(frame) else "smpte170m"
    return (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/90000"
        f":colorspace={colours.matrix if colours.matrix in MATRICES else usual}:range={colours.range or 'tv'}"
    )


def sound(path: Path, start: int = 0) -> Generator[Sound]:
    """The clip's sound in stereo at 48 kHz from sample `start` after its first frame on, in pieces of shape (2, n);
    gaps within it are silent. Nothing for a clip without sound."""
    with opened(path, "mov") as container:
        if not container.streams.audio:
            return
        video = container.streams.video[0]
        begin = (video.start_time or 0) * Fraction(video.time_base or 0)
        yield from stereo(path, container, container.streams.audio[0], begin, start)


def frame_count(path: Path, fps: Fraction) -> int:
    """How many frames `frames` gives of a clip, by the times of its packets alone."""
    with opened(path, "mov") as container:
        stream = container.streams.video[0]
        times = sorted(
            (packet.pts, packet.duration or 0)
            for packet in container.demux(stream)
            if packet.pts is not None and packet.size
        )
    if not times:
        raise MediaError(f"{path.name} holds no frame that can be decoded: fetch or make it again.")
    base, first, (last, duration) = Fraction(stream.time_base or 0), times[0][0], times[-1]
    return max(1, round((last - first + duration) * base * fps))
