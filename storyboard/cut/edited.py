"""Lays parts of which not all are whole: trims and transitions. What is shown of each is encoded once, and kept.

part      |----[==========|xx]      [ ] what is shown, xx what the transition takes of it
next                     [xx|=====]------|
made           |==========|xx|=====|
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut import between
from storyboard.cut import segments as make
from storyboard.cut.burning import over
from storyboard.cut.clip import Clip, frame_numbers
from storyboard.cut.groups import Untouched, untouched
from storyboard.cut.heard import Voice
from storyboard.cut.lay import ANOTHER, Laid, drawn, pictures_of, reasons_of, told
from storyboard.cut.score import Score
from storyboard.cut.segments import Segment
from storyboard.cut.sounding import sounding
from storyboard.cut.splice import Slice, beside
from storyboard.errors import MediaError
from storyboard.media.normal import frame_count

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.part import Part
    from storyboard.cut.room import Room
    from storyboard.cut.transition import Transition

SHARE = 48  # frames, about: as many as lie between key frames in our setting
TRIMMED = "not all of it is shown"
BESIDE = "it is next to a transition"
BURNT = "words are burnt into it"
PARTLY = "its ends alone; what is between was copied"


class Span(Struct, frozen=True):
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
        return (self.alone, self.until) == (0, self.end) and self.part.end is None and not self.part.burning


def lay_edited(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    room: Room,
    score: Score | None = None,
    *,
    splice: bool = False,
) -> Laid:
    """One row of segments in the project's setting, and one sound; with `splice` the packets that nothing touches stay
    as they are. Raises MediaError for what can't be made."""
    reasons = reasons_of(parts, seen, room.target)
    if splice:
        room = replace(room, target=beside(_plain(parts, reasons, seen), room.target))
    stills = room.each({part.drawing: drawn(part, room) for part in parts if part.clip is None})
    clips = [seen[part.clip] if part.clip else stills[part.drawing] for part in parts]
    spans = tuple(_spans(parts, clips, room))
    alike = [splice and _stays(part, why) for part, why in zip(parts, reasons, strict=True)]
    row = tuple(_row(spans, alike, room))
    with ThreadPoolExecutor(1) as beside_pictures:
        mixing = beside_pictures.submit(sounding, *_voices(spans), room, score or Score())
        made = room.each({each.path: each for each in row if not isinstance(each, Slice)})
        track = mixing.result()
    slices = [each if isinstance(each, Slice) else Slice(made[each.path]) for each in row]
    pictures = pictures_of(slices, room.target)
    _agree(spans, pictures[-1].end)
    kept = {each.clip.path for each in row if isinstance(each, Slice)}
    why = [_reason(span, reason, kept) for span, reason in zip(spans, reasons, strict=True)]
    return Laid(pictures, track.sounds, *told(parts, why), track.remarks)


def _stays(part: Part, why: str | None) -> bool:
    return part.clip is not None and why is None and part.burning is None


def _plain(parts: Sequence[Part], reasons: Sequence[str | None], seen: dict[Path, Clip]) -> list[Clip]:
    return [seen[part.clip] for part, why in zip(parts, reasons, strict=True) if part.clip and not why]


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


def _row(spans: Sequence[Span], alike: Sequence[bool], room: Room) -> Iterator[Segment | Slice]:
    """What is made and what stays, in the order of the cut; of equal segments one is made."""
    stays = [_untouched(span, room) if same else None for span, same in zip(spans, alike, strict=True)]
    bridged = [False, *map(_bridged, spans, stays, [*stays[1:], None])]
    for number, span in enumerate(spans):
        kept, change = stays[number], span.part.transition
        if kept is not None:
            if not bridged[number]:
                yield from _stretches(span, span.alone, kept.first, room)
            yield Slice(span.clip, kept.skip, kept.count)
            if not bridged[number + 1]:
                yield from _stretches(span, kept.end, span.until, room)
        elif span.is_whole and span.part.clip is None:
            yield Slice(span.clip)
        elif span.is_whole:
            yield make.normalised(span.clip, room.target, room.folder, span.part.name)
        else:
            yield from _stretches(span, span.alone, span.until, room)
        if change is not None and change.drawn:
            following = stays[number + 1]
            if bridged[number + 1] and kept is not None and following is not None:
                yield _bridge(change, span, kept, spans[number + 1], following, room)
            else:
                yield _transition(change, span, spans[number + 1], room)


def _untouched(span: Span, room: Room) -> Untouched | None:
    """The groups of pictures that are shown whole; what is shown of those around them is encoded."""
    video = span.clip.video
    numbers = frame_numbers(video, room.target.fps) if video else None
    return untouched(numbers, video.keys, span.alone, span.until) if video and numbers else None


def _bridged(span: Span, kept: Untouched | None, following: Untouched | None) -> bool:
    """Does one segment lead from what stays of a clip, through the transition, to what stays of the next one?"""
    change = span.part.transition
    return change is not None and bool(change.drawn) and kept is not None and following is not None


def _bridge(
    change: Transition, span: Span, kept: Untouched, after: Span, following: Untouched, room: Room
) -> Segment:
    going, coming = (span.clip, kept.end, span.until), (after.clip, after.first, following.first)
    return between.bridge(change, going, coming, room.target, room.folder, span.part.name)


def _stretches(span: Span, first: int, end: int, room: Room) -> Iterator[Segment]:
    """In lengths that several cores can share, where each can be decoded from a key frame nearby."""
    count = max(1, round((end - first) / SHARE)) if _has_keys(span.clip) else 1
    bounds = [first + (end - first) * n // count for n in range(count + 1)]
    for begin, stop in pairwise(bounds):
        if begin < stop:
            yield _stretch(span, begin, stop, room)


def _has_keys(clip: Clip) -> bool:
    video = clip.video
    if video is None or clip.unusual is not None:
        return False
    keys = sorted(video.keys)
    return all(later - earlier <= SHARE for earlier, later in pairwise((*keys, len(video.sizes))))


def _stretch(span: Span, first: int, end: int, room: Room) -> Segment:
    burning = span.part.burning
    burn = burning.of(first, room.target.fps) if burning else None
    return make.stretch(span.clip, first, end, room.target, room.folder, span.part.name, burn)


def _transition(change: Transition, span: Span, after: Span, room: Room) -> Segment:
    old, new, fps = span.part.burning, after.part.burning, room.target.fps
    burn = over(change, old, span.until, new, after.first, fps) if old and new else None
    places = (span.clip, span.until, after.clip, after.first)
    return between.transition(change, *places, room.target, room.folder, burn)


def _agree(spans: Sequence[Span], frames: int) -> None:
    """Raises MediaError when the segments are not as long as what they were made of says."""
    expected = sum(span.end - span.first - span.part.shared for span in spans)
    if frames != expected:
        raise MediaError(
            f"The clips gave {frames} frames where their tables promised {expected}: one of them is damaged, which "
            "`storyboard doctor PATH` finds, or what was kept in .storyboard/segments was: remove that folder, it is "
            "made again."
        )


def _reason(span: Span, reason: str | None, kept: Collection[Path]) -> str | None:
    if reason is not None:
        return reason
    if span.clip.path in kept:
        return None if span.is_whole else PARTLY
    if span.part.burning is not None:
        return BURNT
    if span.is_whole:
        return ANOTHER
    return BESIDE if (span.alone, span.until) != (span.first, span.end) else TRIMMED


def _voices(spans: Sequence[Span]) -> tuple[list[Voice], int]:
    """Whose sound is heard where, and how many frames the cut has."""
    voices: list[Voice] = []
    at = 0
    for span in spans:
        clip = span.clip if make.has_sound(span.clip) else None
        voices.append(Voice(clip, span.first, at, span.end - span.first, span.part.transition))
        at += span.end - span.first - span.part.shared
    return voices, at
