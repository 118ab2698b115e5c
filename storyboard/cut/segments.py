"""Segments: files of the project's one setting, each named by the content that it was made from, made once.

What is found under its name is used; names hold all that the file depends on, and a file has its name only when it
is whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
from collections.abc import Callable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.encode import FULL, clip_writer, samples_of
from storyboard.media.entries import UnusualError
from storyboard.media.normal import frame_count, frames, sound
from storyboard.media.opening import decoding, opened
from storyboard.media.stereo import softened
from storyboard.media.stills import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from storyboard.cut.alike import Target
    from storyboard.cut.clip import Clip
    from storyboard.media.burnt import Burn
    from storyboard.media.encode import ClipWriter, Sound
    from storyboard.media.moving_still import MovingStill
    from storyboard.media.title import Card, Slate

Step = Callable[[int], None]  # hears how many frames were made since the last time


class Segment(Struct, frozen=True):
    """A file to be: its name says all that decides on its content. `frames` is about how many there are to make,
    `what` says in words what is done; `write` makes the file, which appears only when it is whole."""

    path: Path
    frames: int
    what: str
    write: Callable[[Path, Step], None]

    def seen(self, look: Callable[[Path], Clip], step: Step | None = None) -> Clip:
        """The file as `look` finds it, written unless it is there. What was harmed since costs nothing but time: it is
        made again. Raises MediaError."""
        if self.path.exists():
            with contextlib.suppress(OSError, DamagedError, UnusualError, MediaError):
                clip = look(self.path)
                if clip.unusual is None:
                    return clip
            self.path.unlink(missing_ok=True)
        self.write(self.path, step or _unheard)
        try:
            return look(self.path)
        except (DamagedError, UnusualError) as error:
            raise MediaError(
                f"{self.path.name}, just made for the cut, can't be read again ({error}): is the disk failing?"
            ) from None


def _unheard(_: int) -> None:
    """Heard by nobody."""


def segment_name(*parts: object) -> str:
    """A file name from everything that decides on the file's content."""
    text = json.dumps([FULL.name, *map(str, parts)], ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest() + ".mp4"


def normalised(clip: Clip, target: Target, folder: Path, name: str) -> Segment:
    """The clip in the cut's size and rate; with sound as long as its picture when it has any."""

    def write(path: Path, step: Step) -> None:
        form = (target.encoded_size, target.fps)
        with (
            explained(clip),
            clip_writer(path, *form, audio=has_sound(clip), setting=target.setting) as writer,
        ):
            heard: Iterator[Sound] = iter(())
            if writer.audio is not None:
                heard = _heard(clip, frame_count(clip.path, target.fps), target.fps)
            for frame in shown(clip, target):
                writer.frame(frame)
                _keep_up(writer, heard)
                step(1)

    path = folder / segment_name("normalised/2", clip.sha256, *form_of_target(target))
    return Segment(path, frames_about(clip, target.fps), f"encoding {name}", write)


def frames_about(clip: Clip, fps: Fraction) -> int:
    """How many frames a clip becomes; 0 where only decoding would tell."""
    return round(clip.video.seconds * fps) if clip.video else 0


def form_of_target(target: Target) -> tuple[object, ...]:
    """What of a target decides on a segment; a name from before there was a choice stays as it was."""
    fit = [target.fit] if target.fit != "pad" else []
    return (target.encoded_size, target.fps, *fit, *_set(target))


def _set(target: Target) -> list[str]:
    return [] if target.setting is FULL else [target.setting.name]


def shown(clip: Clip, target: Target, first: int = 0, end: int | None = None) -> Iterator[Any]:
    """The clip's frames as the cut has them, `first` to before `end`. A rate that does not divide may leave a clip one
    frame short of what its length promised: its last one stands for it."""
    last = None
    count = 0
    shown = frames(clip.path, target.encoded_size, target.fps, target.fit, first)
    for last in itertools.islice(shown, None if end is None else end - first):
        yield last
        count += 1
    if end is not None and last is not None and count == end - first - 1:
        yield last


def normalised_sound(clip: Clip, length: int, fps: Fraction, folder: Path) -> Segment:
    """The clip's sound alone, in the project's setting, as long as `length` frames."""

    def write(path: Path, _step: Step) -> None:
        with explained(clip), clip_writer(path, None, fps, audio=True) as writer:
            heard = _heard(clip, length, fps)
            for _ in range(length):
                writer.unseen(1)
                _keep_up(writer, heard)

    return Segment(folder / segment_name("sound/2", clip.sha256, length, fps), 0, "encoding the sound", write)


def _heard(clip: Clip, length: int, fps: Fraction) -> Iterator[Sound]:
    """The clip's sound beside so many frames, which joins any other without a click."""
    return softened(sound(clip.path), samples_of(length, fps))


def stretch(
    clip: Clip, first: int, end: int, target: Target, folder: Path, name: str, burn: Burn | None = None
) -> Segment:
    """The clip's frames from `first` to before `end`, without sound, with what is burnt in."""

    def write(path: Path, step: Step) -> None:
        with explained(clip), silent_writer(path, target) as writer:
            for frame in with_words(shown(clip, target, first, end), burn):
                writer.frame(frame)
                step(1)

    path = folder / segment_name(
        "stretch", clip.sha256, first, end, *form_of_target(target), *burn_key_of(burn)
    )
    return Segment(path, end - first, f"encoding {name}", write)


def silent_writer(path: Path, target: Target) -> AbstractContextManager[ClipWriter]:
    return clip_writer(path, target.encoded_size, target.fps, audio=False, setting=target.setting)


def with_words(shown: Iterator[Any], burn: Burn | None) -> Iterator[Any]:
    if burn is None:
        return shown
    from storyboard.media.burnt import burnt

    return burnt(shown, burn)


def burn_key_of(burn: Burn | None) -> list[str]:
    if burn is None:
        return []
    from storyboard.media.burnt import burn_key

    return [burn_key(burn)]


def _keep_up(writer: ClipWriter, heard: Iterator[Sound]) -> None:
    while writer.needs_sound and (stretch := next(heard, None)) is not None:
        writer.sound(stretch)


def has_sound(clip: Clip) -> bool:
    """Is there sound in it? Asked of the file itself where its tables can't be read."""
    if clip.found is not None:
        return clip.sound is not None
    with explained(clip), opened(clip.path, "mov") as container:
        return bool(container.streams.audio)


def explained(clip: Clip) -> AbstractContextManager[None]:
    return decoding(clip.name, "fetch or make it again. The cut was not touched.")


def moving_stills(
    shots: Sequence[MovingStill], target: Target, folder: Path, name: str, *, audio: bool
) -> Segment:
    """Shots drawn from their stills, no extra frame; named by the stills' content: a new still is drawn anew."""
    from storyboard.cut.drawn import stills_key
    from storyboard.media.moving_still import LOOK

    size, fps = target.encoded_size, target.fps

    def write(path: Path, step: Step) -> None:
        from storyboard.media.moving_still import draw_clip

        draw_clip(
            shots,
            path,
            size=size,
            fps=fps,
            audio=audio,
            fit=target.fit,
            extra_frame=False,
            setting=target.setting,
            step=step,
        )

    path = folder / segment_name(LOOK, stills_key(shots), size, fps, target.fit, audio, *_set(target))
    return Segment(path, round(sum(shot.seconds for shot in shots) * fps), f"drawing {name}", write)


def card(drawn: Card | Slate, target: Target, folder: Path, name: str) -> Segment:
    """A title, an end or a slate, silent."""
    from storyboard.media.title import card_key, draw_card

    def write(path: Path, step: Step) -> None:
        draw_card(drawn, path, size=target.encoded_size, fps=target.fps, audio=False, setting=target.setting)
        step(drawn.frames)

    path = folder / segment_name("card", card_key(drawn), target.encoded_size, target.fps, *_set(target))
    return Segment(path, drawn.frames, f"drawing {name}", write)
