"""Segments: files of the project's one setting, each named by the content that it was made from, made once."""

from __future__ import annotations

import itertools
import platform
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

from storyboard.cut.clip import Clip, look, look_at_sound
from storyboard.cut.kept import Kept, kept_name
from storyboard.errors import MediaError
from storyboard.media.encode import FULL, clip_writer, samples_of
from storyboard.media.entries import UnusualError
from storyboard.media.normal import frame_count, frames, sound
from storyboard.media.opening import decoding, opened
from storyboard.media.stereo import softened

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from storyboard.cut.alike import Target
    from storyboard.cut.workers import Step
    from storyboard.media.burnt import Burn
    from storyboard.media.encode import ClipWriter, Sound
    from storyboard.media.moving_still import MovingStill
    from storyboard.media.title import Card, Slate

Segment = Kept[Clip]


def look_at_segment(path: Path) -> Clip:
    """A segment with pictures. Raises UnusualError for one that was not made here, and what `look` raises."""
    clip = look(path)
    if clip.unusual is not None:
        raise UnusualError(clip.unusual)
    return clip


def normalised(clip: Clip, target: Target, folder: Path, name: str) -> Segment:
    """The clip in the cut's size and rate; with sound as long as its picture when it has any."""
    path = folder / kept_name("normalised/2", clip.sha256, *form_of_target(target))
    write = partial(_write_normalised, clip.path, target, has_sound(clip))
    return Segment(path, write, look_at_segment, f"encoding {name}", frames_about(clip, target.fps))


def _write_normalised(clip: Path, target: Target, audio: bool, path: Path, step: Step) -> None:
    form = (target.encoded_size, target.fps)
    with explained(clip), clip_writer(path, *form, audio=audio, setting=target.setting) as writer:
        heard: Iterator[Sound] = iter(())
        if writer.audio is not None:
            heard = _heard(clip, frame_count(clip, target.fps), target.fps)
        for frame in shown(clip, target):
            writer.frame(frame)
            _keep_up(writer, heard)
            step(1)


def frames_about(clip: Clip, fps: Fraction) -> int:
    """How many frames a clip becomes; 0 where only decoding would tell."""
    return round(clip.video.seconds * fps) if clip.video else 0


def form_of_target(target: Target) -> tuple[object, ...]:
    """What of a target decides on a segment; a name from before there was a choice stays as it was."""
    fit = [target.fit] if target.fit != "pad" else []
    return (target.encoded_size, target.fps, *fit, *_set(target))


def _set(target: Target) -> list[str]:
    return [] if target.setting == FULL else [target.setting.name]


def shown(clip: Path, target: Target, first: int = 0, end: int | None = None) -> Iterator[Any]:
    """The clip's frames as the cut has them, `first` to before `end`. A rate that does not divide may leave a clip one
    frame short of what its length promised: its last one stands for it."""
    last = None
    count = 0
    shown = frames(clip, target.encoded_size, target.fps, target.fit, first)
    for last in itertools.islice(shown, None if end is None else end - first):
        yield last
        count += 1
    if end is not None and last is not None and count == end - first - 1:
        yield last


def normalised_sound(clip: Clip, length: int, fps: Fraction, folder: Path) -> Segment:
    """The clip's sound alone, in the project's setting, as long as `length` frames."""
    path = folder / kept_name("sound/2", clip.sha256, length, fps)
    write = partial(_write_sound, clip.path, length, fps)
    return Segment(path, write, look_at_sound, "encoding the sound")


def _write_sound(clip: Path, length: int, fps: Fraction, path: Path, _step: Step) -> None:
    with explained(clip), clip_writer(path, None, fps, audio=True) as writer:
        heard = _heard(clip, length, fps)
        for _ in range(length):
            writer.unseen(1)
            _keep_up(writer, heard)


def _heard(clip: Path, length: int, fps: Fraction) -> Iterator[Sound]:
    """The clip's sound beside so many frames, which joins any other without a click."""
    return softened(sound(clip), samples_of(length, fps))


def stretch(
    clip: Clip, first: int, end: int, target: Target, folder: Path, name: str, burn: Burn | None = None
) -> Segment:
    """The clip's frames from `first` to before `end`, without sound, with what is burnt in."""
    named = (clip.sha256, first, end, *form_of_target(target), *burn_key_of(burn))
    write = partial(_write_stretch, clip.path, first, end, target, burn, burn_key_of(burn))
    path = folder / kept_name("stretch", *named)
    return Segment(path, write, look_at_segment, f"encoding {name}", end - first)


def _write_stretch(
    clip: Path,
    first: int,
    end: int,
    target: Target,
    burn: Burn | None,
    key: list[str],
    path: Path,
    step: Step,
) -> None:
    as_named(burn_key_of(burn), key, clip.name)
    with explained(clip), silent_writer(path, target) as writer:
        for frame in with_words(shown(clip, target, first, end), burn):
            writer.frame(frame)
            step(1)


def as_named(key: object, named: object, what: str) -> None:
    """Raises MediaError when what is to be drawn is not what the file is called after, which was asked elsewhere or a
    while ago."""
    if key != named:
        raise MediaError(
            f"{what} would not look on {platform.node()} as it is to: a still has changed meanwhile, or other fonts "
            "are there. Run the same command again; give all workers the same fonts (STORYBOARD_FONTS)."
        )


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
    with explained(clip.path), opened(clip.path, "mov") as container:
        return bool(container.streams.audio)


def explained(clip: Path) -> AbstractContextManager[None]:
    return decoding(clip.name, "fetch or make it again. The cut was not touched.")


def moving_stills(
    shots: Sequence[MovingStill], target: Target, folder: Path, name: str, *, audio: bool
) -> Segment:
    """Shots drawn from their stills, no extra frame; named by the stills' content: a new still is drawn anew."""
    from storyboard.cut.drawn import stills_key
    from storyboard.media.moving_still import LOOK, frames_of

    key = stills_key(shots)
    named = (key, target.encoded_size, target.fps, target.fit, audio, *_set(target))
    write = partial(_write_stills, tuple(shots), target, audio, key, name)
    path = folder / kept_name(LOOK, *named)
    return Segment(path, write, look_at_segment, f"drawing {name}", frames_of(shots, target.fps))


def _write_stills(
    shots: Sequence[MovingStill], target: Target, audio: bool, key: str, name: str, path: Path, step: Step
) -> None:
    from storyboard.cut.drawn import stills_key
    from storyboard.media.moving_still import draw_clip

    as_named(stills_key(shots), key, name)
    draw_clip(
        shots,
        path,
        size=target.encoded_size,
        fps=target.fps,
        audio=audio,
        fit=target.fit,
        extra_frame=False,
        setting=target.setting,
        step=step,
    )


def card(drawn: Card | Slate, target: Target, folder: Path, name: str) -> Segment:
    """A title, an end or a slate, silent."""
    from storyboard.media.title import card_key

    key = card_key(drawn)
    path = folder / kept_name("card", key, target.encoded_size, target.fps, *_set(target))
    write = partial(_write_card, drawn, target, key)
    return Segment(path, write, look_at_segment, f"drawing {name}", drawn.frames)


def _write_card(drawn: Card | Slate, target: Target, key: str, path: Path, step: Step) -> None:
    from storyboard.media.title import card_key, draw_card

    as_named(card_key(drawn), key, drawn.name)
    draw_card(drawn, path, size=target.encoded_size, fps=target.fps, audio=False, setting=target.setting)
    step(drawn.frames)
