"""Segments: files of the project's one setting, each named by the content that it was made from, made once.

What is found under its name is used; names hold all that the file depends on, and a file has its name only when it
is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
from typing import TYPE_CHECKING

from storyboard.cut.blend import blended, overlapped
from storyboard.errors import MediaError
from storyboard.media.encode import SETTING, clip_writer
from storyboard.media.normal import frames, sound
from storyboard.media.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from storyboard.cut.blend import Stretch
    from storyboard.cut.clip import Clip
    from storyboard.media.encode import ClipWriter, Sound
    from storyboard.media.moving_still import MovingStill

    Tell = Callable[[], None]  # called when a segment is not there yet and is about to be made


def quietly() -> None:
    """Told to nobody."""


def segment_name(*parts: object) -> str:
    """A file name from everything that decides on the file's content."""
    text = json.dumps([SETTING, *map(str, parts)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest() + ".mp4"


def normalised(clip: Clip, size: tuple[int, int], fps: Fraction, folder: Path, tell: Tell = quietly) -> Path:
    """The clip in the cut's size and rate; with sound as long as its picture when it has any."""
    path = folder / segment_name("normalised", clip.sha256, size, fps)
    if not path.exists():
        tell()
        with _explained(clip), clip_writer(path, size, fps, audio=has_sound(clip)) as writer:
            heard = sound(clip.path) if writer.audio is not None else iter(())
            for frame in frames(clip.path, size, fps):
                writer.frame(frame)
                _keep_up(writer, heard)
    return path


def normalised_sound(clip: Clip, length: int, fps: Fraction, folder: Path) -> Path:
    """The clip's sound alone, in the project's setting, as long as `length` frames."""
    path = folder / segment_name("sound", clip.sha256, length, fps)
    if not path.exists():
        with _explained(clip), clip_writer(path, None, fps, audio=True) as writer:
            heard = sound(clip.path)
            for _ in range(length):
                writer.unseen(1)
                _keep_up(writer, heard)
    return path


def stretch(clip: Clip, first: int, end: int, size: tuple[int, int], fps: Fraction, folder: Path) -> Path:
    """The clip's frames from `first` to before `end`, without sound."""
    path = folder / segment_name("stretch", clip.sha256, first, end, size, fps)
    if not path.exists():
        with _explained(clip), clip_writer(path, size, fps, audio=False) as writer:
            for frame in itertools.islice(frames(clip.path, size, fps), first, end):
                writer.frame(frame)
    return path


def dissolve(
    before: Clip, after: Clip, start: int, length: int, size: tuple[int, int], fps: Fraction, folder: Path
) -> Path:
    """`length` frames in which `before`, from its frame `start` on, gives way to the beginning of `after`."""
    path = folder / segment_name("dissolve", before.sha256, after.sha256, start, length, size, fps)
    if not path.exists():
        with _explained(before), _explained(after), clip_writer(path, size, fps, audio=False) as writer:
            going = itertools.islice(frames(before.path, size, fps), start, start + length)
            coming = itertools.islice(frames(after.path, size, fps), length)
            for number, (old, new) in enumerate(zip(going, coming, strict=True), 1):
                writer.frame(blended(old, new, number / (length + 1)))
    return path


def mixed(tracks: Sequence[Stretch], fps: Fraction, folder: Path) -> Path:
    """One sound for the whole cut: neighbours that overlap give way to each other at equal power."""
    names = [(each.clip.sha256 if each.clip else "", each.first, each.frames) for each in tracks]
    path = folder / segment_name("mixed", names, fps)
    if not path.exists():
        with clip_writer(path, None, fps, audio=True) as writer:
            writer.unseen(tracks[-1].first + tracks[-1].frames)
            for part in overlapped(tracks, fps):
                writer.sound(part)
    return path


def _keep_up(writer: ClipWriter, heard: Iterator[Sound]) -> None:
    while writer.needs_sound and (stretch := next(heard, None)) is not None:
        writer.sound(stretch)


def has_sound(clip: Clip) -> bool:
    """Is there sound in it? Asked of the file itself where its tables can't be read."""
    if clip.found is not None:
        return clip.sound is not None
    with _explained(clip), opened(clip.path, "mov") as container:
        return bool(container.streams.audio)


@contextlib.contextmanager
def _explained(clip: Clip) -> Iterator[None]:
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise MediaError(
            f"{clip.name} can't be decoded ({error.strerror}): fetch or make it again. The cut was not touched."
        ) from None


def moving_stills(
    shots: Sequence[MovingStill],
    size: tuple[int, int],
    fps: Fraction,
    folder: Path,
    *,
    audio: bool,
    tell: Tell = quietly,
) -> Path:
    """Shots drawn from their stills, no extra frame; named by the stills' content: a new still is drawn anew."""
    path = folder / segment_name("moving stills", stills_key(shots), size, fps, audio)
    if not path.exists():
        tell()
        from storyboard.media.moving_still import draw_clip

        draw_clip(shots, path, size=size, fps=int(fps), audio=audio, extra_frame=False)
    return path


def stills_key(shots: Sequence[MovingStill]) -> str:
    """All that decides on what is drawn, as text."""
    return json.dumps(
        [
            [
                _content(shot.still),
                _content(shot.end_still),
                shot.seconds,
                shot.move,
                shot.caption,
                shot.slate,
            ]
            for shot in shots
        ]
    )


def _content(still: Path | None) -> str:
    if still is None:
        return ""
    try:
        with still.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(f"{still.name} can't be read ({error.strerror}).") from None
