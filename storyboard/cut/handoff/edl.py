"""CMX3600: an event a strip, a reel a clip, the record beginning at one hour. One track of pictures, its sound with
it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.timeline import Strip, Timeline
from storyboard.media.timecode import timecode

HOUR = 3600  # seconds: where a programme begins by custom
REEL = 8  # characters, which every reader of the format takes
NOTHING = "BL"  # what the format calls black
EVENTS = 999


def edl(timeline: Timeline) -> str:
    """The text of the list. A dissolve is an event's own way in, as the format has it: the clip before plays on to the
    event's start, the new one comes up over so many frames."""
    reels = reels_of(timeline)
    lines = [f"TITLE: {_plain(timeline.name)[:70]}", "FCM: NON-DROP FRAME", ""]
    before: Strip | None = None
    for number, strip in enumerate(timeline.strips, 1):
        lines += [*_event(timeline, reels, number, before, strip), *_remarks(strip, before), ""]
        before = strip
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


def _event(
    timeline: Timeline, reels: dict[Footage, str], number: int, before: Strip | None, strip: Strip
) -> Iterator[str]:
    fps = timeline.fps
    dissolve = before.dissolve if before is not None else None
    shared = dissolve.frames if dissolve else 0
    lead = dissolve.before if dissolve else 0
    first, source = strip.first - lead, strip.source - lead
    end = strip.end - (strip.dissolve.before if strip.dissolve else 0)
    if before is not None and dissolve:
        out = before.source + before.frames - lead
        yield _row(number, reels, before, "C", (out, out, first, first), fps)
    way = f"D    {shared:03}" if shared else "C"
    yield _row(number, reels, strip, way, (source, source + end - first, first, end), fps)


def _row(
    number: int, reels: dict[Footage, str], strip: Strip, way: str, times: tuple[int, int, int, int], fps: int
) -> str:
    reel = reels[strip.footage] if strip.footage else NOTHING
    track = "B" if strip.footage and strip.footage.sound else "V"
    source, record = times[:2], times[2:]
    codes = [timecode(frame, fps) for frame in source]
    codes += [timecode(frame + HOUR * fps, fps) for frame in record]
    return f"{number:03}  {reel:<8} {track:<5} {way:<8} {' '.join(codes)}"


def _remarks(strip: Strip, before: Strip | None) -> Iterator[str]:
    if before is not None and before.dissolve:
        yield f"* FROM CLIP NAME: {_plain(before.name)}"
        yield f"* TO CLIP NAME: {_plain(strip.name)}"
    else:
        yield f"* FROM CLIP NAME: {_plain(strip.name)}"
    if strip.footage:
        yield f"* SOURCE FILE: {strip.footage.path}"
    if strip.take and strip.take.request_id:
        yield f"* COMMENT: take {strip.number}, request {strip.take.request_id}"
    if strip.prompt:
        yield f"* COMMENT: {_plain(strip.prompt)[:200]}"


def _plain(text: str) -> str:
    """On one line: a line of its own would be read as an event."""
    return " ".join(text.split())
