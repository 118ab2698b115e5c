"""Lays the parts end to end: every one as packets of one coding, sound beside them, transitions between them.

    part 0          |============|
    part 1                    |=============|          a dissolve of 3 frames
    laid            |=========|xx|==========|          a stretch, a transition, a stretch

With a transition or a trim all pictures are encoded with one setting, each stretch once, and the sound of the whole
cut is mixed once. A cut of clips that are alike never comes near a coder: what makes segments is imported where it is
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cut.alike import Target, coding_of, oddity
from storyboard.cut.clip import Clip, frame_numbers, sound_coding
from storyboard.cut.part import is_plain
from storyboard.cut.splice import Picture, Slice, Sound, sound_of
from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    from storyboard.cut.part import Part
    from storyboard.cut.room import Room
    from storyboard.cut.score import Score
    from storyboard.cut.segments import Segment
    from storyboard.cut.sound_track import SoundTrack

ANOTHER = "another part of the cut had to be encoded"


class Laid(Struct, frozen=True):
    """The cut, ready to be written; `sounds` is empty for a silent film."""

    pictures: tuple[Picture, ...]
    sounds: tuple[Sound, ...]
    copied: tuple[str, ...]
    encoded: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()  # on the sound


def lay(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    room: Room,
    score: Score | None = None,
    *,
    splice: bool = False,
) -> Laid:
    """The parts as one row of packets, with what the score adds. Raises MediaError for what can't be made."""
    target = room.target
    reasons = reasons_of(parts, seen, target)
    if not all(map(is_plain, parts)) or (splice and any(reasons)):
        from storyboard.cut.edited import lay_edited

        return lay_edited(parts, seen, room, score, splice=splice)
    clips = _clips(parts, seen, reasons, room)
    if len({coding_of(clip) for clip in clips}) > 1:
        # Two sets of decoder parameters in one track break players: all take the setting of what was encoded.
        reasons = [reason or ANOTHER for reason in reasons]
        clips = _clips(parts, seen, reasons, room)
    pictures = pictures_of([Slice(clip) for clip in clips], target)
    if score is not None and not score.is_empty:
        track = _scored(parts, seen, clips, pictures, room, score)
        return Laid(pictures, track.sounds, *told(parts, reasons), track.remarks)
    return Laid(pictures, _sounds(pictures, room), *told(parts, reasons))


def _scored(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    clips: Sequence[Clip],
    pictures: Sequence[Picture],
    room: Room,
    score: Score,
) -> SoundTrack:
    from storyboard.cut.heard import Voice
    from storyboard.cut.segments import has_sound
    from storyboard.cut.sounding import sounding

    sources = [seen[part.clip] if part.clip else made for part, made in zip(parts, clips, strict=True)]
    voices = [
        Voice(clip if has_sound(clip) else None, 0, picture.first, len(picture.numbers))
        for clip, picture in zip(sources, pictures, strict=True)
    ]
    return sounding(voices, pictures[-1].end, room, score)


def reasons_of(parts: Sequence[Part], seen: dict[Path, Clip], target: Target) -> list[str | None]:
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
    todo = {_key(part): _segment(part, seen, room) for part, why in zip(parts, reasons, strict=True) if why}
    made = room.each(todo)
    return [
        made[_key(part)] if reason or part.clip is None else seen[part.clip]
        for part, reason in zip(parts, reasons, strict=True)
    ]


def _key(part: Part) -> object:
    return (part.clip, part.drawing)


def _segment(part: Part, seen: dict[Path, Clip], room: Room) -> Segment:
    from storyboard.cut import segments as make

    if part.clip is None:
        return drawn(part, room)
    return make.normalised(seen[part.clip], room.target, room.folder, part.name)


def drawn(part: Part, room: Room) -> Segment:
    """The segment of a part that has no clip."""
    from storyboard.cut import segments as make

    if part.card is not None:
        return make.card(part.card, room.target, room.folder, part.name)
    return make.moving_stills(part.stills, room.target, room.folder, part.name, audio=part.audio)


def pictures_of(slices: Sequence[Slice], target: Target) -> tuple[Picture, ...]:
    """Each in its place. Raises MediaError for a clip that is not of the cut's rate."""
    pictures: list[Picture] = []
    at = 0
    for each in slices:
        clip, video = each.clip, each.clip.video
        numbers = frame_numbers(video, target.fps) if video else None
        if video is None or numbers is None:
            raise MediaError(f"{clip.name} could not be brought to {float(target.fps):g} frames a second.")
        if each.count is not None:
            numbers = numbers[each.skip : each.skip + each.count]
            numbers = [number - min(numbers) for number in numbers]
        pictures.append(Picture(clip, video, numbers, at, each.skip))
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
    made = _our_sounds(pictures, room)
    return tuple(sound_of(picture, made.get(number)) for number, picture in enumerate(pictures))


def _our_sounds(pictures: Sequence[Picture], room: Room) -> dict[Hashable, Clip]:
    """Of those that have sound, by their places."""
    from storyboard.cut import segments as make

    return room.each(
        {
            number: make.normalised_sound(each.clip, len(each.numbers), room.target.fps, room.folder)
            for number, each in enumerate(pictures)
            if each.clip.sound is not None
        }
    )


def told(
    parts: Sequence[Part], reasons: Sequence[str | None]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Names of what was copied, and of what was encoded and why."""
    pairs = [(part, reason) for part, reason in zip(parts, reasons, strict=True) if part.clip is not None]
    copied = tuple(part.name for part, reason in pairs if reason is None)
    return copied, tuple((part.name, reason) for part, reason in pairs if reason is not None)
