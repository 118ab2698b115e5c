"""A finished cut in another form: MKV by copying its packets, WebM, ProRes and GIF by encoding it once more.

The result is read back and gets its name only when it agrees with the cut.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.cut.clip import frame_numbers
from storyboard.cut.forms import Form, gif_step
from storyboard.cut.progress import Advance
from storyboard.errors import MediaError
from storyboard.media.encode import BT709, FULL, ClipWriter, written_whole
from storyboard.media.entries import UnusualError
from storyboard.media.opening import opened
from storyboard.media.stills import DamagedError
from storyboard.media.tables import Track, tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from storyboard.cut.progress import Tell

UNSAID, BT601 = 2, 6
SD = (1280, 576)  # pixels


class Master(Struct, frozen=True):
    """The finished cut, an mp4: `numbers` is the frame that each packet of the picture shows."""

    path: Path
    fps: Fraction
    video: Track
    sound: Track | None
    numbers: Sequence[int]

    @property
    def frames(self) -> int:
        return len(self.numbers)

    @property
    def size(self) -> tuple[int, int]:
        return (self.video.width, self.video.height)


def converted(master: Path, output: Path, form: Form, fps: Fraction, comment: str, tell: Tell) -> None:
    """Writes the cut in `master` to `output`, marked with `comment`. Raises MediaError; `output` is then as it was."""
    from storyboard.cut.readback import verify

    cut = _read(master, fps)
    what = f"writing {output.name}"

    def told(frames: int) -> None:
        tell(Advance(what, frames, cut.frames))

    with written_whole(output) as part, _explained(output):
        if form.setting is not None:
            _encoded(cut, part, form, comment, told)
        elif form.demuxer == "gif":
            from storyboard.cut.gif import write_gif

            write_gif(cut, form.size(cut.size), part, comment, told)
        else:
            from storyboard.cut.rewrap import write_matroska

            write_matroska(cut, part, comment, told)
        verify(part, output.name, form, _expected(cut, form))


def _read(path: Path, fps: Fraction) -> Master:
    try:
        with path.open("rb") as file:
            found = tables(file, file.seek(0, 2))
    except (DamagedError, UnusualError) as error:
        raise MediaError(f"{path.name} is no finished cut: {error}.") from None
    video = found.track(b"vide")
    numbers = frame_numbers(video, fps) if video else None
    if video is None or numbers is None:
        raise MediaError(f"{path.name} is no finished cut of {float(fps):g} frames a second.")
    return Master(path, fps, video, found.track(b"soun"), numbers)


def _expected(cut: Master, form: Form) -> Any:
    from storyboard.cut.readback import Expected

    seconds = cut.frames / cut.fps
    step = gif_step(cut.fps) if form.demuxer == "gif" else 1
    sound = form.sound and cut.sound is not None
    return Expected(-(-cut.frames // step), cut.fps / step, form.size(cut.size), seconds, sound=sound)


@contextlib.contextmanager
def _explained(output: Path) -> Iterator[None]:
    """What the library says, in our words; what the disk says is told by `written_whole`."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        if isinstance(error, OSError):
            raise
        raise MediaError(
            f"{output.name} could not be written ({error.strerror}); what was there before is untouched."
        ) from error


def _encoded(cut: Master, part: Path, form: Form, comment: str, told: Callable[[int], None]) -> None:
    from storyboard.media.normal import sound

    size, heard_too = form.size(cut.size), cut.sound is not None
    writer = ClipWriter(part, size, cut.fps, audio=heard_too, setting=form.setting or FULL, comment=comment)
    try:
        heard = sound(cut.path) if heard_too else iter(())
        for number, frame in enumerate(decoded(cut.path), 1):
            writer.frame(frame)
            while writer.needs_sound and (stretch := next(heard, None)) is not None:
                writer.sound(stretch)
            told(number)
        writer.close()
    except BaseException:
        writer.abandon()
        raise


def decoded(path: Path) -> Iterator[Any]:
    """Every frame of a finished cut, in order; colours that say nothing go by the size, as players take them."""
    with opened(path, "mov") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            if int(frame.colorspace) == UNSAID:
                small = frame.width < SD[0] and frame.height <= SD[1]
                frame.colorspace = BT601 if small else BT709
            yield frame
