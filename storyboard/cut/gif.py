"""A cut as a GIF: small, a dozen frames a second, in 256 colours that are chosen from all of them."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.cut.convert import decoded
from storyboard.cut.forms import gif_step
from storyboard.cut.readback import COLOURS_MOST, gif_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from storyboard.cut.convert import Master

CLOCK = Fraction(1, 90_000)  # any: frames are counted
FULL = 2  # range of values
HUNDREDTHS = Fraction(1, 100)  # seconds: a GIF counts in them
PALETTE = "stats_mode=full:reserve_transparent=1"
PAINTED = "dither=bayer:bayer_scale=3:diff_mode=rectangle"  # noise that stands still: it packs well
LOOP = b"!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
PIECE = 1 << 20


def write_gif(
    cut: Master, size: tuple[int, int], part: Path, comment: str, told: Callable[[int], None]
) -> None:
    """Writes `part`; `told` hears how many frames were gone through, half of the work each time over."""
    import av

    step = gif_step(cut.fps)
    palette = _palette(cut, size, step, told)
    ends = round(cut.frames / cut.fps / HUNDREDTHS)
    options = {"loop": "0", "final_delay": str(ends - _time(cut, (cut.frames - 1) // step * step))}
    with av.open(str(part), "w", format="gif", options=options) as film:
        stream = film.add_stream("gif", rate=cut.fps / step)
        stream.width, stream.height = size
        stream.pix_fmt = "pal8"
        stream.codec_context.time_base = HUNDREDTHS
        for number, frame in _painted(cut, size, step, palette):
            frame.pts, frame.time_base = _time(cut, number), HUNDREDTHS
            film.mux(stream.encode(frame))
            told((cut.frames + number) // 2)
        film.mux(stream.encode(None))
    _commented(part, comment)
    told(cut.frames)


def _time(cut: Master, number: int) -> int:
    return round(number / cut.fps / HUNDREDTHS)


def _shown(cut: Master, step: int) -> Iterator[tuple[int, Any]]:
    """Every `step`th frame with its number."""
    yield from itertools.islice(enumerate(decoded(cut.path)), 0, None, step)


def _described(frame: Any) -> str:
    """A frame's form in the words of ffmpeg's buffer filter."""
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base={CLOCK}"
    if frame.format.is_rgb:
        return size
    return (
        f"{size}:colorspace={int(frame.colorspace)}:range={'pc' if int(frame.color_range) == FULL else 'tv'}"
    )


def _palette(cut: Master, size: tuple[int, int], step: int, told: Callable[[int], None]) -> Any:
    """The 256 colours, as a picture of 16 x 16."""
    graph: Any = None
    for number, frame in _shown(cut, step):
        graph = graph or _palette_graph(frame, size)
        graph.push(frame)
        for _ in _pulled(graph):  # nothing before the last frame
            pass
        told(number // 2)
    graph.push(None)
    return next(_pulled(graph))


def _pulled(graph: Any) -> Iterator[Any]:
    """What comes out by now. A graph works when it is asked: one that only is fed keeps every frame."""
    import av

    while True:
        try:
            yield graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return


def _palette_graph(frame: Any, size: tuple[int, int]) -> Any:
    """Takes frames, gives the palette after the last."""
    from av.filter import Graph

    graph = Graph()
    node = graph.add("buffer", _described(frame))
    steps = (_scaled(size), ("format", "rgb24"), ("palettegen", PALETTE), ("buffersink", ""))
    for name, arguments in steps:
        following = graph.add(name, arguments or None)
        node.link_to(following)
        node = following
    graph.configure()
    return graph


def _scaled(size: tuple[int, int]) -> tuple[str, str]:
    return "scale", f"{size[0]}:{size[1]}:flags=lanczos+accurate_rnd+full_chroma_int"


def _painted(cut: Master, size: tuple[int, int], step: int, palette: Any) -> Iterator[tuple[int, Any]]:
    """Each shown frame's number, and it in the palette's colours."""
    painter: _Painter | None = None
    numbers = itertools.count(0, step)
    for _, frame in itertools.chain(_shown(cut, step), ((0, None),)):
        painter = painter or _Painter(frame, size, palette)
        for painted in painter.through(frame):
            yield next(numbers), painted


class _Painter:
    """A graph with two inputs: frames, and the palette, which stays beside them."""

    def __init__(self, frame: Any, size: tuple[int, int], palette: Any) -> None:
        from av.filter import Graph

        self.graph = Graph()
        scale, depth = self.graph.add(*_scaled(size)), self.graph.add("format", "rgb24")
        self.frames = self.graph.add("buffer", _described(frame))
        colours = self.graph.add("buffer", _described(palette))
        paint, sink = self.graph.add("paletteuse", PAINTED), self.graph.add("buffersink")
        self.frames.link_to(scale)
        scale.link_to(depth)
        depth.link_to(paint)
        colours.link_to(paint, 0, 1)
        paint.link_to(sink)
        self.graph.configure()
        palette.pts = 0
        colours.push(palette)
        colours.push(None)
        self.fed = 0

    def through(self, frame: Any) -> Iterator[Any]:
        """What comes out when a frame, or the end, goes in."""
        if frame is not None:
            frame.pts, frame.time_base = self.fed, CLOCK
            self.fed += 1
        self.frames.push(frame)
        yield from _pulled(self.graph)


def _commented(part: Path, comment: str) -> None:
    """A comment behind the application block that says how often it plays (GIF89a, 24); the rest moves down for it."""
    text = comment.encode()
    block = b"!\xfe" + bytes([len(text)]) + text + b"\0"
    with part.open("rb+") as file:
        place = gif_head(file.read(COLOURS_MOST)) + len(LOOP)
        at = file.seek(0, 2)
        while at > place:
            length = min(PIECE, at - place)
            at -= length
            file.seek(at)
            moved = file.read(length)
            file.seek(at + len(block))
            file.write(moved)
        file.seek(place)
        file.write(block)
