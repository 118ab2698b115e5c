"""The shot list as a table that a spreadsheet opens: a row a shot, where it lies, what it says, what it cost."""

from __future__ import annotations

import csv
import io

from storyboard.cut.handoff.strip import Strip
from storyboard.cut.handoff.timeline import Timeline
from storyboard.media.timecode import timecode

COLUMNS = (
    *("number", "scene", "shot", "take", "in", "out", "frames", "seconds", "source_in", "source_out"),
    *("clip", "endpoint", "prompt", "dialogue", "note", "request_id", "estimate", "charge"),
    *("transition", "transition_frames", "sound_in", "sound_out", "scene_note"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def shots_csv(timeline: Timeline) -> str:
    """Money is the request's, and stands where its clip is first seen: the column may be summed. `transition` leads to
    the next row; sound is empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    told: set[str] = set()
    for number, strip in enumerate(timeline.strips, 1):
        paid = strip.take.digest + str(strip.take.take) if strip.take else ""
        row = _row(number, strip, timeline.fps, first=paid not in told)
        told.add(paid)
        writer.writerow(
            [_safe(value) for value in [*row, *_edges(strip, timeline.fps), strip.scene.note or ""]]
        )
    return text.getvalue()


def _row(number: int, strip: Strip, fps: int, *, first: bool) -> list[str]:
    take = strip.take if first else None
    lines = " / ".join(
        f"{each.speaker or ''}: {each.line}".removeprefix(": ") for each in strip.shot.dialogue
    )
    request = strip.take.request_id if strip.take else None
    return [
        *(str(number), strip.scene.id, *(("", "") if strip.card else (strip.shot.id, str(strip.number)))),
        *(timecode(strip.first, fps), timecode(strip.end, fps), str(strip.frames)),
        f"{strip.frames / fps:.3f}",
        *(timecode(strip.source, fps), timecode(strip.source + strip.frames, fps)),
        *(str(strip.footage.path) if strip.footage else "", strip.scene.endpoint),
        *(strip.card.text if strip.card else strip.prompt, lines, strip.shot.note or "", request or ""),
        *(str(take.estimate) if take and take.estimate is not None else "",),
        *(str(take.charge) if take and take.charge is not None else "",),
    ]


def _edges(strip: Strip, fps: int) -> list[str]:
    change = strip.change
    sound = [timecode(frame, fps) for frame in strip.heard] if strip.sounds else ["", ""]
    return [change.kind if change else "", str(change.made.frames) if change else "", *sound]


def _safe(value: str) -> str:
    """Never a formula: a spreadsheet would carry it out."""
    return f"'{value}" if value.startswith(FORMULA) else value
