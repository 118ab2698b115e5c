"""Stills that move: a slow push, a pan, a hand-held drift, with the words of the shot burnt in.

The animatic and the sandbox show these where there is no real clip. moviepy composes each shot (the move, the
cross to an end still, the burn-in) and puts the shots after each other; PyAV encodes. The frames it passes on are
planes, as the coder wants them, not RGB. Frame n is drawn at n / fps exactly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import Interrupted
from storyboard.media.encode import FULL, RATE, Setting, clip_writer, drawn, samples_of
from storyboard.media.moves import MARGIN, softness, travel
from storyboard.media.planes import Planes, frame_of, lines_of, planes_of

if TYPE_CHECKING:
    from storyboard.media.burn_in import Spoken
    from storyboard.media.normal import Fit
    from storyboard.media.planes import Pixels

LOOK = "moving stills/3"  # goes into the names of what is drawn: change it with how it is drawn
DRAWERS = 2
AHEAD = 8  # frames drawn before the encoder asks for them
ALIKE = 1.03  # times as wide: such shapes are taken for the same


class MovingStill(Struct, frozen=True):
    """One shot: its still (None draws a neutral card), its length, its move and the words on it: what happens, which
    shot it is, what the camera does, a note, what is said when. `first_timecode` is its first frame's number, in the
    shot or in the cut; None shows none. `part` is how much of the still's width a nearer shot of it shows. Only a clip
    that is as long as a film may have a part of a second."""

    still: Path | None
    seconds: float
    move: str
    caption: str
    slate: str
    end_still: Path | None = None
    camera: str = ""
    note: str = ""
    lines: tuple[Spoken, ...] = ()
    first_timecode: int | None = None
    part: float = 1.0
    portraits: tuple[Path, ...] = ()  # seen on its card, where there is no still

    @property
    def words(self) -> tuple[str, ...]:
        """All that is lettered, but for figures."""
        return self.slate, self.caption, self.camera, self.note, *(line.words for line in self.lines)


def draw_clip(
    shots: Sequence[MovingStill],
    path: Path,
    *,
    size: tuple[int, int],
    fps: Fraction | int = 24,
    audio: bool,
    fit: Fit = "crop",
    extra_frame: bool = True,
    stop: Callable[[], bool] | None = None,
    setting: Setting = FULL,
    step: Callable[[int], None] | None = None,
) -> None:
    """Writes one mp4 of the shots with hard cuts: `frames_of` them, one more with `extra_frame`. The size is even;
    a still of another shape fills it, or (`fit` "pad") is seen whole, on black.

    `stop` is asked before each frame; a true answer raises Interrupted and leaves no file. `step` is called with 1
    after each.
    """
    fps = Fraction(fps)
    film = _film(shots, size, fps, fit, extra_frame=extra_frame)
    count = frames_of(shots, fps) + extra_frame
    with clip_writer(path, size, fps, audio=audio, setting=drawn(setting)) as writer:
        if audio:
            _sound(writer, shots, count, fps)
        for pixels in _drawn(film.get_frame, count, fps):
            if stop is not None and stop():
                raise Interrupted("the drawing of a clip was stopped; nothing of it was kept")
            writer.frame(frame_of(pixels))
            if step is not None:
                step(1)


def frames_of(shots: Sequence[MovingStill], fps: Fraction) -> int:
    """How many frames the shots last together."""
    return round(sum(shot.seconds for shot in shots) * fps)


def left_out(shots: Sequence[MovingStill]) -> tuple[str, ...]:
    """The characters of captions and slates that are not drawn, as no font here has them: in order, each once.
    `missing.explained` says why, and the cure."""
    from storyboard.media.missing import undrawable

    return undrawable("\n".join(text for shot in shots for text in shot.words))


def _sound(writer: Any, shots: Sequence[MovingStill], count: int, fps: Fraction) -> None:
    from storyboard.media.sound import room

    starts = [round(sum(shot.seconds for shot in shots[:n]) * RATE) for n in range(len(shots))]
    writer.sound(room(samples_of(count, fps), starts))


def _drawn(draw: Callable[[float], Pixels], count: int, fps: Fraction) -> Iterator[Pixels]:
    """Frames in order, a few drawn ahead: resampling runs beside the encoder."""
    waiting: deque[Future[Pixels]] = deque()
    with ThreadPoolExecutor(DRAWERS) as drawers:
        try:
            for number in range(count):
                waiting.append(drawers.submit(draw, float(number / fps)))
                if len(waiting) == AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            drawers.shutdown(wait=True, cancel_futures=True)


def _film(
    shots: Sequence[MovingStill], size: tuple[int, int], fps: Fraction, fit: Fit, *, extra_frame: bool
) -> Any:
    from moviepy.video.compositing.CompositeVideoClip import concatenate_videoclips

    last = len(shots) - 1
    clips = [
        _shot(shot, size, fps, fit, extra_frame=extra_frame and n == last) for n, shot in enumerate(shots)
    ]
    return concatenate_videoclips(clips, method="chain") if len(clips) > 1 else clips[0]


def _shot(shot: MovingStill, size: tuple[int, int], fps: Fraction, fit: Fit, *, extra_frame: bool) -> Any:
    """The shot as a moviepy clip: the moving picture, then the words over it."""
    from moviepy.video.VideoClip import VideoClip

    from storyboard.media.burn_in import burn_in

    seconds = shot.seconds + (float(1 / fps) if extra_frame else 0)
    last = max(1, ceil(shot.seconds * fps) - 1)
    picture = VideoClip(frame_function=_moving(shot, size, float(last / fps), fit), duration=seconds)
    plates = burn_in(shot, fps, size)

    def lettered(pixels: Pixels, t: float) -> Pixels:
        for plate in plates(round(t * fps)):
            plate.blend_lines(*lines_of(pixels))
        return pixels

    return picture.transform(lambda frame_at, t: lettered(frame_at(t), t))


def _moving(shot: MovingStill, size: tuple[int, int], until: float, fit: Fit) -> Callable[[float], Pixels]:
    """The picture of the shot at a time in seconds; the cross to its end still is done at `until`."""
    inner = _seen_size(shot.still, size) if fit == "pad" else size
    larger = (_even(inner[0] * MARGIN / shot.part), _even(inner[1] * MARGIN / shot.part))
    course = travel(shot.move, shot.seconds, larger, inner, shot.part)
    start = source(shot.still, larger, shot.slate, shot.portraits).seen(*course.first())
    soft = start.blurred() if shot.move == "focus" else start
    end = source(shot.end_still, inner, shot.slate) if shot.end_still else None

    def frame(t: float) -> Pixels:
        share = crossed(t / until) if end is not None else 0.0
        if end is not None and share == 1:
            return end.inside(size).pixels()
        seen = start.seen(course.then(t), inner)
        if (blur := softness(shot.move, t / shot.seconds)) > 0:
            seen = seen.crossed(soft.seen(course.then(t), inner), blur)
        return (seen if end is None else seen.crossed(end, share)).inside(size).pixels()

    return frame


def crossed(progress: float) -> float:
    """How much of the end still shows: none in the first tenth of a shot, all in its last frames."""
    x = min(1.0, max(0.0, (progress - 0.1) / 0.87))
    return x * x * (3 - 2 * x)


def source(still: Path | None, size: tuple[int, int], slate: str, portraits: Sequence[Path] = ()) -> Planes:
    """The still, or a neutral card, cut to the shape of a size and brought to it."""
    import numpy as np

    from storyboard.media.card import card
    from storyboard.media.picture import picture

    pixels = picture(still) if still else np.asarray(card(size, slate, [picture(each) for each in portraits]))
    return planes_of(pixels, _covering((pixels.shape[1], pixels.shape[0]), size), size)


def _seen_size(still: Path | None, size: tuple[int, int]) -> tuple[int, int]:
    """As much of a size as a still's shape takes; all of it where the shapes hardly differ."""
    from storyboard.media.picture import shape_of

    if still is None:
        return size
    width, height = shape_of(still)
    wider = width * size[1] / (height * size[0])
    if ALIKE > wider > 1 / ALIKE:
        return size
    return _even(size[0] * min(1, wider)), _even(size[1] * min(1, 1 / wider))


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _covering(have: tuple[int, int], want: tuple[int, int]) -> tuple[float, float, float, float]:
    """The largest middle part of a picture that has the shape of another."""
    scale = min(have[0] / want[0], have[1] / want[1])
    width, height = want[0] * scale, want[1] * scale
    left, top = (have[0] - width) / 2, (have[1] - height) / 2
    return (left, top, left + width, top + height)
