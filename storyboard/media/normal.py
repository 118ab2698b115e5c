"""A clip decoded into what a cut is made of: frames of one size at one constant rate, sound at 48 kHz in stereo."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.opening import opened
from storyboard.media.stereo import stereo

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from storyboard.media.stereo import Sound

VIDEO_CODECS = {"h264", "hevc", "av1", "libdav1d", "vp9", "libvpx-vp9", "mpeg4", "prores", "mjpeg"}
MOST_FRAMES = 2 * 60 * 60 * 60  # two hours at 60 a second
TURNS = {90: "clock", 180: "clock", 270: "cclock"}
MATRICES = {1: "bt709", 5: "bt470bg", 6: "smpte170m", 9: "bt2020nc"}
FULL = 2  # range of values
LONGEST_HOLD = 60  # seconds that one frame may be shown


def frames(path: Path, size: tuple[int, int], fps: Fraction) -> Iterator[Any]:
    """The clip's frames at a constant rate, upright, fitted into `size` with black where the shape differs."""
    with opened(path, "mov") as container:
        if not container.streams.video:
            raise MediaError(f"{path.name} holds no video: it can't be part of a cut.")
        stream = container.streams.video[0]
        _allowed(path, stream.codec_context, VIDEO_CODECS)
        stream.thread_type = "AUTO"
        aspect = Fraction(stream.sample_aspect_ratio or 1) or Fraction(1)
        fits: dict[object, Any] = {}
        for frame in _constant(container.decode(stream), fps, path):
            kind = (frame.width, frame.height, frame.format.name, frame.rotation, frame.colorspace)
            if kind not in fits:
                fits[kind] = _fitting(frame, aspect, size)
            fits[kind].push(frame)
            yield fits[kind].pull()


def _allowed(path: Path, context: Any, codecs: set[str]) -> None:
    codec = context.name if context is not None else "something unknown"
    if codec not in codecs:
        raise MediaError(f"{path.name} is coded as {codec}: export it as H.264 with AAC sound.")


def _constant(decoded: Iterator[Any], fps: Fraction, path: Path) -> Iterator[Any]:
    """Each frame at its place on the grid: shown again where the clip is slower, left out where it is faster."""
    first: Fraction | None = None
    at, last, end = 0, None, Fraction(0)
    for frame in decoded:
        if frame.pts is None:
            raise MediaError(f"{path.name} has frames without a time: it is damaged.")
        time = frame.pts * frame.time_base
        first = time if first is None else first
        place = round((time - first) * fps)
        if place > MOST_FRAMES:
            raise MediaError(f"{path.name} is longer than two hours: it is damaged, or no clip.")
        if place - at > LONGEST_HOLD * fps:
            raise MediaError(
                f"{path.name} stands still for more than {LONGEST_HOLD} s: its times are damaged."
            )
        while last is not None and at < place:
            yield last
            at += 1
        last, end = frame, time - first + (frame.duration or 0) * frame.time_base
    if last is None:
        raise MediaError(f"{path.name} holds no frame that can be decoded: fetch or make it again.")
    for _ in range(min(max(1, round(end * fps) - at), round(LONGEST_HOLD * fps))):
        yield last


def _fitting(frame: Any, aspect: Fraction, size: tuple[int, int]) -> Any:
    """A filter graph that turns a frame upright, makes its pixels square and fits it into the size."""
    from av.filter import Graph

    graph = Graph()
    node = graph.add("buffer", _described(frame))
    turn = round(-frame.rotation) % 360
    shape = Fraction(frame.width, frame.height) * aspect
    width, height = fitted(1 / shape if turn in {90, 270} else shape, size)
    steps = [("transpose", TURNS[turn])] * (2 if turn == 180 else 1) if turn in TURNS else []  # noqa: PLR2004
    steps += [
        ("scale", f"{width}:{height}:flags=lanczos+accurate_rnd:out_color_matrix=bt709:out_range=tv"),
        ("setsar", "1"),
        ("pad", f"{size[0]}:{size[1]}:-1:-1:black"),
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


def _described(frame: Any) -> str:
    """A frame's form in the words of ffmpeg's buffer filter; colours that say nothing go by the height."""
    matrix = MATRICES.get(int(frame.colorspace), "bt709" if frame.height >= 720 else "smpte170m")  # noqa: PLR2004
    return (
        f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/90000"
        f":colorspace={matrix}:range={'pc' if int(frame.color_range) == FULL else 'tv'}"
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
