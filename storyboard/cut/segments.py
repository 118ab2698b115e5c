"""Segments: files of the project's one setting, each named by the content that it was made from, made once.

What is found under its name is used; names hold all that the file depends on, and a file has its name only when it
is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.cut.blend import overlapped
from storyboard.errors import MediaError
from storyboard.media.encode import SETTING, clip_writer
from storyboard.media.mingle import faded, mingled
from storyboard.media.normal import frames, sound
from storyboard.media.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from storyboard.cut.alike import Target
    from storyboard.cut.blend import Stretch
    from storyboard.cut.clip import Clip
    from storyboard.cut.transition import Transition
    from storyboard.media.encode import ClipWriter, Sound
    from storyboard.media.moving_still import MovingStill

    Tell = Callable[[], None]  # called when a segment is not there yet and is about to be made


def quietly() -> None:
    """Told to nobody."""


def segment_name(*parts: object) -> str:
    """A file name from everything that decides on the file's content."""
    text = json.dumps([SETTING, *map(str, parts)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest() + ".mp4"


def normalised(clip: Clip, target: Target, folder: Path, tell: Tell = quietly) -> Path:
    """The clip in the cut's size and rate; with sound as long as its picture when it has any."""
    path = folder / segment_name("normalised", clip.sha256, *_form(target))
    if not path.exists():
        tell()
        size, fps = target.encoded_size, target.fps
        with _explained(clip), clip_writer(path, size, fps, audio=has_sound(clip)) as writer:
            heard = sound(clip.path) if writer.audio is not None else iter(())
            for frame in _frames(clip, target):
                writer.frame(frame)
                _keep_up(writer, heard)
    return path


def _form(target: Target) -> tuple[object, ...]:
    """What of a target decides on a segment; a name from before there was a choice stays as it was."""
    return (target.encoded_size, target.fps, *([target.fit] if target.fit != "pad" else []))


def _frames(clip: Clip, target: Target, first: int = 0, end: int | None = None) -> Iterator[Any]:
    """The clip's frames as the cut has them, `first` to before `end`. A rate that does not divide may leave a clip one
    frame short of what its length promised: its last one stands for it."""
    last = None
    count = 0
    for last in itertools.islice(frames(clip.path, target.encoded_size, target.fps), first, end):
        yield last
        count += 1
    if end is not None and last is not None and count == end - first - 1:
        yield last


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


def stretch(clip: Clip, first: int, end: int, target: Target, folder: Path, tell: Tell = quietly) -> Path:
    """The clip's frames from `first` to before `end`, without sound."""
    path = folder / segment_name("stretch", clip.sha256, first, end, *_form(target))
    if not path.exists():
        tell()
        with _explained(clip), clip_writer(path, target.encoded_size, target.fps, audio=False) as writer:
            for frame in _frames(clip, target, first, end):
                writer.frame(frame)
    return path


def transition(
    made: Transition, before: Clip, start: int, after: Clip, source: int, target: Target, folder: Path
) -> Path:
    """The frames in which `before`, from its frame `start` on, gives way to `after` from its frame `source` on."""
    how = (made.kind, *([made.direction] if made.kind == "wipe" else []), made.frames)
    names = (before.sha256, start, after.sha256, source)
    path = folder / segment_name("transition", *how, *names, *_form(target))
    if not path.exists():
        with (
            _explained(before),
            _explained(after),
            clip_writer(path, target.encoded_size, target.fps, audio=False) as writer,
        ):
            going = _frames(before, target, start, start + made.tail)
            coming = _frames(after, target, source, source + made.head)
            for frame in _mingled(made, going, coming):
                writer.frame(frame)
    return path


def _mingled(made: Transition, going: Iterator[Any], coming: Iterator[Any]) -> Iterator[Any]:
    if made.shared:
        for number, (old, new) in enumerate(zip(going, coming, strict=False), 1):
            yield mingled(made.kind, made.direction, old, new, Fraction(number, made.shared + 1))
        return
    for number, old in enumerate(going, 1):
        yield faded(made.kind, old, Fraction(number, made.tail))
    for number, new in enumerate(coming, 1):
        yield faded(made.kind, new, 1 - Fraction(number, made.head + 1))


def mixed(tracks: Sequence[Stretch], fps: Fraction, folder: Path) -> Path:
    """One sound for the whole cut: neighbours that overlap give way to each other at equal power."""
    names = [(each.clip.sha256 if each.clip else "", each.first, each.frames, each.source) for each in tracks]
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
    shots: Sequence[MovingStill], target: Target, folder: Path, *, audio: bool, tell: Tell = quietly
) -> Path:
    """Shots drawn from their stills, no extra frame; named by the stills' content: a new still is drawn anew."""
    size, fps = target.encoded_size, target.fps
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
