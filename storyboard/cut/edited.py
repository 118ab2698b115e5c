"""Lays parts of which not all are whole: trims and transitions. What is shown of each is encoded once, and kept.

part      |----[==========|xx]      [ ] what is shown, xx what the transition takes of it
next                     [xx|=====]------|
made           |==========|xx|=====|
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut import segments as make
from storyboard.cut.blend import Stretch
from storyboard.cut.clip import Clip, frame_numbers
from storyboard.cut.lay import ANOTHER, Laid, drawn, pictures_of, reasons_of, told
from storyboard.cut.splice import Sound
from storyboard.errors import MediaError
from storyboard.media.normal import frame_count

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.part import Part
    from storyboard.cut.room import Room
    from storyboard.cut.segments import Segment

TRIMMED = "not all of it is shown"
BESIDE = "it is next to a transition"


@dataclass(frozen=True, slots=True)
class Span:
    """What is shown of a part's clip: frames `first` to before `end`; its own, without transitions, `alone` to
    `until`."""

    part: Part
    clip: Clip
    first: int
    end: int
    alone: int
    until: int

    @property
    def is_whole(self) -> bool:
        """Is the whole clip shown, by itself?"""
        return (self.alone, self.until) == (0, self.end) and self.part.end is None


def lay_edited(parts: Sequence[Part], seen: dict[Path, Clip], room: Room) -> Laid:
    """One row of segments in the project's setting, and one sound. Raises MediaError for what can't be made."""
    reasons = reasons_of(parts, seen, room.target)
    stills = room.each({part.stills: drawn(part, room) for part in parts if part.clip is None})
    clips = [seen[part.clip] if part.clip else stills[part.stills] for part in parts]
    spans = tuple(_spans(parts, clips, room))
    row = _row(spans, room)
    made = room.each({key: each for key, each in row.items() if not isinstance(each, Clip)})
    pictures = pictures_of(
        [each if isinstance(each, Clip) else made[key] for key, each in row.items()], room.target
    )
    _agree(spans, pictures[-1].end)
    return Laid(pictures, _mixed(spans, room), *told(parts, list(map(_reason, spans, reasons))))


def _spans(parts: Sequence[Part], clips: Sequence[Clip], room: Room) -> Iterator[Span]:
    head = 0
    for part, clip in zip(parts, clips, strict=True):
        end = _length(clip, room.target.fps) if part.end is None else part.end
        alone, until = part.first + head, end - part.tail
        if until < alone:
            raise MediaError(f"{part.name} is shorter than the transitions around it: make them shorter.")
        yield Span(part, clip, part.first, end, alone, until)
        head = part.head_of_next


def _length(clip: Clip, fps: Fraction) -> int:
    numbers = frame_numbers(clip.video, fps) if clip.video and clip.unusual is None else None
    return len(numbers) if numbers is not None else frame_count(clip.path, fps)


def _row(spans: Sequence[Span], room: Room) -> dict[Hashable, Segment | Clip]:
    """What is shown, in the order of the cut: segments to be made, shots that were drawn and are whole."""
    return dict(_pieces(spans, room))


def _pieces(spans: Sequence[Span], room: Room) -> Iterator[tuple[Hashable, Segment | Clip]]:
    form = (room.target, room.folder)
    for number, span in enumerate(spans):
        name = span.part.name
        if span.is_whole and span.part.clip is None:
            yield ("whole", number), span.clip
        elif span.is_whole:
            yield ("whole", number), make.normalised(span.clip, *form, name)
        elif span.alone < span.until:
            yield ("stretch", number), make.stretch(span.clip, span.alone, span.until, *form, name)
        change = span.part.transition
        if change is not None and change.drawn:
            after = spans[number + 1]
            places = (span.clip, span.until, after.clip, after.first)
            yield ("transition", number), make.transition(change, *places, *form)


def _agree(spans: Sequence[Span], frames: int) -> None:
    """Raises MediaError when the segments are not as long as what they were made of says."""
    expected = sum(span.end - span.first - span.part.shared for span in spans)
    if frames != expected:
        raise MediaError(
            f"The clips gave {frames} frames where their tables promised {expected}: one of them is damaged. "
            "`storyboard doctor` finds it."
        )


def _reason(span: Span, reason: str | None) -> str:
    if reason is not None:
        return reason
    if span.is_whole:
        return ANOTHER
    return BESIDE if (span.alone, span.until) != (span.first, span.end) else TRIMMED


def _mixed(spans: Sequence[Span], room: Room) -> tuple[Sound, ...]:
    heard = [make.has_sound(span.clip) for span in spans]
    if not any(heard):
        return ()
    stretches: list[Stretch] = []
    at = 0
    for span, has_sound in zip(spans, heard, strict=True):
        clip = span.clip if has_sound else None
        stretches.append(Stretch(clip, at, span.end - span.first, span.first))
        at += span.end - span.first - span.part.shared
    mixed = room.sound(make.mixed(stretches, room.target.fps, room.folder))
    track = mixed.sound
    if track is None:
        raise MediaError("The sound of the cut could not be mixed.")
    return (Sound(0, at, mixed, track, track.start + Fraction(track.shown[0], track.scale)),)
