"""Lays the parts end to end: every one as packets of one coding, sound beside them, overlaps where they dissolve.

    part 0          |============|
    part 1                    |=============|          dissolve = 3 frames
    laid            |=========|xx|==========|          a stretch, a dissolve, a stretch

With a dissolve the parts around it are encoded, and the sound of the whole cut is mixed once. A cut of clips that
are alike never comes near a coder: what makes segments is imported where it is used.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from storyboard.cut.alike import Target, coding_of, oddity
from storyboard.cut.clip import Clip, frame_numbers, look, look_at_sound, sound_coding
from storyboard.cut.splice import Picture, Sound, sound_of
from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from storyboard.cut.assemble import Part, Progress

ANOTHER = "another part of the cut had to be encoded"


@dataclass(frozen=True, slots=True)
class Laid:
    """The cut, ready to be written; `sounds` is empty for a silent film."""

    pictures: tuple[Picture, ...]
    sounds: tuple[Sound, ...]
    copied: tuple[str, ...]
    encoded: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Room:
    """Where and how segments are made."""

    target: Target
    folder: Path
    progress: Progress

    def each(self, todo: Mapping[object, Callable[[], Path]]) -> dict[object, Clip]:
        """Every segment made, several at a time."""
        if not todo:
            return {}
        from concurrent.futures import ThreadPoolExecutor

        def made(job: Callable[[], Path]) -> Clip:
            path = job()
            try:
                return look(path)
            except MediaError:
                path.unlink()  # harmed since it was made: it costs nothing but time to make again
                return look(job())

        with ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as makers:
            return dict(zip(todo, makers.map(made, todo.values()), strict=True))


def lay(
    parts: Sequence[Part], seen: dict[Path, Clip], target: Target, folder: Path, progress: Progress
) -> Laid:
    """The parts as one row of packets. Raises MediaError for what can't be made."""
    room = Room(target, folder, progress)
    reasons = _reasons(parts, seen, target)
    clips = _clips(parts, seen, reasons, room)
    if any(part.dissolve for part in parts):
        return _with_dissolves(parts, seen, clips, reasons, room)
    if len({coding_of(clip) for clip in clips}) > 1:
        # Two sets of decoder parameters in one track break players: all take the setting of what was encoded.
        reasons = [reason or ANOTHER for reason in reasons]
        clips = _clips(parts, seen, reasons, room)
    pictures = _pictures(clips, target)
    return Laid(pictures, _sounds(pictures, room), *_told(parts, reasons))


def _reasons(parts: Sequence[Part], seen: dict[Path, Clip], target: Target) -> list[str | None]:
    """Why each part can't be copied; None for those that can."""
    found = [oddity(seen[part.clip], target) if part.clip else "it has no clip yet" for part in parts]
    codings = [coding_of(seen[part.clip]) if part.clip else None for part in parts]
    plain = [coding for coding, reason in zip(codings, found, strict=True) if reason is None]
    return [
        "it is coded in another way than the first clip" if reason is None and coding != plain[0] else reason
        for coding, reason in zip(codings, found, strict=True)
    ]


def _clips(
    parts: Sequence[Part], seen: dict[Path, Clip], reasons: Sequence[str | None], room: Room
) -> list[Clip]:
    """Each part's clip as it is, or the segment that stands for it; equal parts share one."""
    todo = {
        _key(part): partial(_segment, part, seen, room)
        for part, why in zip(parts, reasons, strict=True)
        if why
    }
    made = room.each(todo)
    return [
        made[_key(part)] if reason or part.clip is None else seen[part.clip]
        for part, reason in zip(parts, reasons, strict=True)
    ]


def _key(part: Part) -> object:
    return (part.clip, part.stills, part.audio)


def _segment(part: Part, seen: dict[Path, Clip], room: Room) -> Path:
    from storyboard.cut import segments as make

    size, fps = room.target.encoded_size, room.target.fps
    if part.clip is not None:
        tell = partial(room.progress, f"encoding {part.name}")
        return make.normalised(seen[part.clip], size, fps, room.folder, tell)
    tell = partial(room.progress, f"drawing {part.name}")
    return make.moving_stills(part.stills, size, fps, room.folder, audio=part.audio, tell=tell)


def _pictures(clips: Sequence[Clip], target: Target) -> tuple[Picture, ...]:
    pictures: list[Picture] = []
    at = 0
    for clip in clips:
        numbers = frame_numbers(clip.video, target.fps) if clip.video else None
        if clip.video is None or numbers is None:
            raise MediaError(f"{clip.name} could not be brought to {float(target.fps):g} frames a second.")
        pictures.append(Picture(clip, clip.video, numbers, at))
        at += len(numbers)
    return tuple(pictures)


def _sounds(pictures: Sequence[Picture], room: Room) -> tuple[Sound, ...]:
    """The sound beside each picture, all in one coding; nothing when no clip has any."""
    tracks = [picture.clip.sound for picture in pictures]
    codings = {sound_coding(track) for track in tracks if track}
    if not codings:
        return ()
    if len(codings) == 1 and None not in codings:
        return tuple(sound_of(picture, picture.clip) for picture in pictures)
    return tuple(sound_of(picture, _our_sound(picture, room)) for picture in pictures)


def _our_sound(picture: Picture, room: Room) -> Clip | None:
    if picture.clip.sound is None:
        return None
    from storyboard.cut import segments as make

    length = len(picture.numbers)
    return look_at_sound(make.normalised_sound(picture.clip, length, room.target.fps, room.folder))


@dataclass(frozen=True, slots=True)
class Span:
    """What of a part is shown by itself: frames `first` to before `end`, then `dissolve` frames shared."""

    first: int
    end: int
    dissolve: int


def _with_dissolves(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    clips: Sequence[Clip],
    reasons: Sequence[str | None],
    room: Room,
) -> Laid:
    """Stretches and dissolves where parts overlap, whole clips elsewhere, one sound for all."""
    lengths = [len(picture.numbers) for picture in _pictures(clips, room.target)]
    spans = _spans(parts, lengths)
    room.progress("drawing transitions")
    made = room.each(_jobs(clips, lengths, spans, room))
    ours = coding_of(next(iter(made.values())))
    row: list[Clip] = []
    told = list(reasons)
    for at, (part, span) in enumerate(zip(parts, spans, strict=True)):
        if ("stretch", at) in made:
            row.append(made["stretch", at])
            told[at] = told[at] or "it is next to a transition"
        elif (span.first, span.end) == (0, lengths[at]):
            fits = coding_of(clips[at]) == ours
            row.append(clips[at] if fits else look(_segment(part, seen, room)))
            told[at] = told[at] if fits else ANOTHER
        row += [made["dissolve", at]] if span.dissolve else []
    pictures = _pictures(row, room.target)
    return Laid(pictures, _mixed(clips, lengths, spans, pictures[-1].end, room), *_told(parts, told))


def _spans(parts: Sequence[Part], lengths: Sequence[int]) -> list[Span]:
    spans: list[Span] = []
    shared = 0
    for part, length in zip(parts, lengths, strict=True):
        end = length - part.dissolve
        if end < shared:
            raise MediaError(f"{part.name} is shorter than the transitions around it: make them shorter.")
        spans.append(Span(shared, end, part.dissolve))
        shared = part.dissolve
    return spans


def _jobs(
    clips: Sequence[Clip], lengths: Sequence[int], spans: Sequence[Span], room: Room
) -> dict[object, Callable[[], Path]]:
    """How each stretch and each dissolve is made."""
    from storyboard.cut import segments as make

    form = (room.target.encoded_size, room.target.fps, room.folder)
    jobs: dict[object, Callable[[], Path]] = {}
    for at, (clip, length, span) in enumerate(zip(clips, lengths, spans, strict=True)):
        if (span.first, span.end) != (0, length) and span.first < span.end:
            jobs["stretch", at] = partial(make.stretch, clip, span.first, span.end, *form)
        if span.dissolve:
            jobs["dissolve", at] = partial(make.dissolve, clip, clips[at + 1], span.end, span.dissolve, *form)
    return jobs


def _mixed(
    clips: Sequence[Clip], lengths: Sequence[int], spans: Sequence[Span], end: int, room: Room
) -> tuple[Sound, ...]:
    if not any(clip.sound for clip in clips):
        return ()
    from storyboard.cut import segments as make
    from storyboard.cut.blend import Stretch

    stretches: list[Stretch] = []
    at = 0
    for clip, length, span in zip(clips, lengths, spans, strict=True):
        stretches.append(Stretch(clip if clip.sound else None, at, length))
        at += length - span.dissolve
    mixed = look_at_sound(make.mixed(stretches, room.target.fps, room.folder))
    track = mixed.sound
    if track is None:
        raise MediaError("The sound of the cut could not be mixed.")
    return (Sound(0, end, mixed, track, track.start + Fraction(track.shown[0], track.scale)),)


def _told(
    parts: Sequence[Part], reasons: Sequence[str | None]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Names of what was copied, and of what was encoded and why."""
    pairs = [(part, reason) for part, reason in zip(parts, reasons, strict=True) if part.clip is not None]
    copied = tuple(part.name for part, reason in pairs if reason is None)
    return copied, tuple((part.name, reason) for part, reason in pairs if reason is not None)
