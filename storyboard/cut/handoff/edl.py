"""CMX3600: an event a strip, a reel a clip, the record beginning at one hour.

Dissolves are D, wipes W001 (an upright edge) or W002 (a level one), a fade through black is a dissolve to the reel BL
and one from it. White and the way of a wipe have no place in the format: comments say them. Pictures and sound are one
event (AA/V) as long as they begin and end together, else one each (V, AA).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.strip import Change, SoundStrip, Strip
from storyboard.cut.handoff.timeline import Timeline
from storyboard.errors import UsageError
from storyboard.media.timecode import timecode

HOUR = 3600  # seconds: where a programme begins by custom
REEL = 8  # characters, which every reader of the format takes
NOTHING = "BL"  # what the format calls black
EVENTS = 999
BOTH, PICTURE, SOUND = "AA/V", "V", "AA"
WIPES = {"right": "W001", "left": "W001", "down": "W002", "up": "W002"}


class Event(Struct, frozen=True):
    """A strip's frames, or black, at `first` to before `end` of the record. `way` is how it comes, `over` so many
    frames, from the strip `before`, which plays on from its clip's frame `out`."""

    track: str
    strip: Strip | None
    source: int
    first: int
    end: int
    way: str = "C"
    over: int = 0
    before: Strip | None = None
    out: int = 0


def edl(timeline: Timeline) -> str:
    """The text of the list. A dissolve is an event's own way in, as the format has it: the clip before plays on to the
    event's start, the new one comes up over so many frames. Raises UsageError when the format has no room for it."""
    reels = reels_of(timeline)
    events = sorted(events_of(timeline.strips), key=lambda event: event.first)
    if len(events) > EVENTS:
        raise UsageError(
            f"An EDL has {EVENTS} events at most, this cut needs {len(events)}: hand it over as otio or fcpxml."
        )
    lines = [f"TITLE: {_plain(timeline.name)[:70]}", "FCM: NON-DROP FRAME", ""]
    for number, event in enumerate(events, 1):
        lines += [*_rows(number, event, reels, timeline.fps), *_remarks(event), ""]
    lines += [_cue(cue, timeline.fps) for row in timeline.cues for cue in row]
    return "\n".join(lines)


def reels_of(timeline: Timeline) -> dict[Footage, str]:
    """A name for each clip: of its scene and take, at most eight capitals and digits, no two alike."""
    reels: dict[Footage, str] = {}
    for strip in timeline.strips:
        if strip.footage is None or strip.footage in reels:
            continue
        letters = re.sub(r"[^A-Z0-9]", "", strip.scene.id.upper()) or "CLIP"
        reels[strip.footage] = _free(letters, f"{strip.number:02}", set(reels.values()))
    return reels


def _free(letters: str, end: str, used: set[str]) -> str:
    name, number = letters[: REEL - len(end)] + end, 0
    while name in used or name == NOTHING:
        number += 1
        name = letters[: REEL - len(end) - len(str(number))] + str(number) + end
    return name


def events_of(strips: Sequence[Strip]) -> Iterator[Event]:
    """Of each track in the order of the record."""
    for before, strip, following in zip((None, *strips[:-1]), strips, (*strips[1:], None), strict=True):
        both = _is_one(before, strip, following)
        yield _picture(before, strip, BOTH if both else PICTURE)
        if _dips(strip) and strip.change is not None and strip.change.before:
            yield _black(strip, strip.change)
        if strip.sounds and not both:
            yield _sound(before, strip, following)


def _is_one(before: Strip | None, strip: Strip, following: Strip | None) -> bool:
    """Do picture and sound begin and end together?"""
    comes = before is None or (not _dips(before) and (not _overlaps(before) or _crosses(before, strip)))
    goes = not _dips(strip) and (not strip.shared_before or _crosses(strip, following))
    return strip.sounds and strip.is_in_step and comes and goes


def _overlaps(strip: Strip) -> bool:
    """With the one behind it, be it in frames of that one alone."""
    return strip.change is not None and strip.change.overlaps


def _dips(strip: Strip) -> bool:
    return strip.change is not None and strip.change.kind == "fade-black"


def _crosses(strip: Strip, following: Strip | None) -> bool:
    """Do both sound, and give way to each other where the pictures do?"""
    if following is None or not (strip.sounds and following.sounds):
        return False
    return _overlaps(strip) and strip.heard[1] == strip.end == following.heard[0]


def _picture(before: Strip | None, strip: Strip, track: str) -> Event:
    lead = before.shared_before if before else 0
    first = strip.first - lead
    dip = strip.change.before if _dips(strip) and strip.change else 0
    end = strip.end - strip.shared_before - dip
    source = strip.source - lead
    change = before.change if before else None
    if before is None or change is None or not change.is_seen or change.kind == "fade-white":
        return Event(track, strip, source, first, end)
    if change.kind == "fade-black":
        return Event(track, strip, source, first, end, "D", change.behind)
    way = WIPES[change.made.direction] if change.kind == "wipe" else "D"
    out = before.source + before.frames - lead
    return Event(track, strip, source, first, end, way, change.frames, before, out)


def _black(strip: Strip, change: Change) -> Event:
    first = strip.end - change.before
    out = strip.source + strip.frames - change.before
    return Event(PICTURE, None, 0, first, strip.end, "D", change.before, strip, out)


def _sound(before: Strip | None, strip: Strip, following: Strip | None) -> Event:
    first, end = strip.heard
    end -= strip.shared_before if _crosses(strip, following) else 0
    if before is None or before.change is None or not _crosses(before, strip):
        return Event(SOUND, strip, strip.heard_source, first, end)
    lead = before.shared_before
    out = before.source + before.frames - lead
    over = before.change.frames
    return Event(SOUND, strip, strip.heard_source - lead, first - lead, end, "D", over, before, out)


def _rows(number: int, event: Event, reels: dict[Footage, str], fps: int) -> Iterator[str]:
    if event.over:
        out = event.out
        yield _row(
            number, _reel(event.before, reels), event.track, "C", (out, out, event.first, event.first), fps
        )
    way = f"{event.way:<4} {event.over:03}" if event.over else "C"
    frames = event.end - event.first
    times = (event.source, event.source + frames, event.first, event.end)
    yield _row(number, _reel(event.strip, reels), event.track, way, times, fps)


def _reel(strip: Strip | None, reels: dict[Footage, str]) -> str:
    return reels[strip.footage] if strip is not None and strip.footage else NOTHING


def _row(number: int, reel: str, track: str, way: str, times: tuple[int, int, int, int], fps: int) -> str:
    codes = [timecode(frame, fps) for frame in times[:2]]
    codes += [timecode(frame + HOUR * fps, fps) for frame in times[2:]]
    return f"{number:03}  {reel:<8} {track:<5} {way:<8} {' '.join(codes)}"


def _remarks(event: Event) -> Iterator[str]:
    strip = event.strip
    name = _plain(strip.name) if strip else "black"
    if event.over:
        yield f"* FROM CLIP NAME: {_plain(event.before.name) if event.before else 'black'}"
        yield f"* TO CLIP NAME: {name}"
    else:
        yield f"* FROM CLIP NAME: {name}"
    if event.way.startswith("W") and event.before and event.before.change:
        yield f"* WIPE {event.before.change.made.direction.upper()}, {event.over} FRAMES"
    if strip is not None and event.track != SOUND:
        yield from _told(strip)


def _told(strip: Strip) -> Iterator[str]:
    if strip.change and strip.change.kind == "fade-white":
        yield f"* FADE THROUGH WHITE TO THE NEXT CLIP, {strip.change.frames} FRAMES"
    if strip.footage:
        yield f"* SOURCE FILE: {strip.footage.path}"
    if strip.take and strip.take.request_id:
        yield f"* COMMENT: take {strip.number}, request {strip.take.request_id}"
    words = f"{strip.card.text} {strip.card.subtitle}" if strip.card else strip.prompt
    if words:
        yield f"* COMMENT: {_plain(words)[:200]}"


def _cue(cue: SoundStrip, fps: int) -> str:
    place = timecode(cue.first + HOUR * fps, fps)
    return f"* SOUND: {_plain(cue.cue.file)} AT {place} FROM {timecode(cue.source, fps)} {cue.cue.gain} DB"


def _plain(text: str) -> str:
    """On one line: a line of its own would be read as an event."""
    return " ".join(text.split())
