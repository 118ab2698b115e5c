"""What the tracks of an edited timeline show and play, in OpenTimelineIO's own types, as plain values."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.compile.shot_list import DIRECTIONS, FADES, OVERLAPPING
from storyboard.cut.handoff.document import Document, Entry, Known, Leaving
from storyboard.cut.handoff.otio import MARK
from storyboard.errors import MediaError
from storyboard.media.timecode import timecode

MOST_ENTRIES = 20_000
LONGEST = 24 * 3600  # seconds
CLOSE = Fraction(1, 100)  # of a frame: writers count in binary fractions


class _Row(Struct):
    """What is found on a track, on the way."""

    entries: list[Entry] = field(default_factory=list)
    at: Fraction = Fraction(0)  # frames of the cut
    leaving: Leaving | None = None


class Reading:
    """One timeline."""

    def __init__(self, library: Any, timeline: Any, fps: int, name: str) -> None:
        self._schema = library.schema
        self._timeline, self._fps, self._name = timeline, fps, name
        start = timeline.global_start_time
        self._start = round(self._exact(start)) if start is not None else 0
        self._rounded: list[str] = []
        self._markers, self._has_cues = 0, False
        self._remarks: list[str] = []

    def document(self) -> Document:
        stack = self._timeline.tracks
        if stack.source_range is not None:
            raise MediaError(f"{self._name}: the whole timeline is trimmed. Trim its clips instead.")
        self._effects(stack, "the whole timeline")
        rows: dict[str, list[list[Entry]]] = {"Video": [], "Audio": []}
        for track in stack:
            if not isinstance(track, self._schema.Track):
                raise MediaError(
                    f"{self._name}: {_name(track)} is nested among the tracks. Flatten it first."
                )
            if track.enabled and track.kind in rows:
                rows[track.kind].append(self._track(track))
        pictures = self._one_row(rows["Video"])
        if not any(not entry.is_gap for entry in pictures):
            raise MediaError(f"{self._name} shows no clip.")
        sounds = [entry for row in rows["Audio"] for entry in row if not (entry.is_gap or entry.known.is_cue)]
        return Document(tuple(pictures), tuple(sounds), tuple(self._all_remarks()))

    def _all_remarks(self) -> Iterator[str]:
        yield from dict.fromkeys(self._remarks)
        if self._has_cues:
            yield "music and narration are laid as the storyboard's `cut.sound` says"
        if self._markers:
            yield f"markers are left out ({self._markers})"
        if self._rounded:
            places = list(dict.fromkeys(self._rounded))
            yield f"{len(places)} cuts lie between two frames, the first at {places[0]}: the nearest was taken"

    def _track(self, track: Any) -> list[Entry]:
        if track.source_range is not None and track.source_range != track.available_range():
            raise MediaError(f"{self._name}: the track {_name(track)} is trimmed. Trim its clips instead.")
        self._effects(track, f"the track {_name(track)}")
        self._markers += _foreign(track.markers)
        row = _Row()
        for child in track:
            if len(row.entries) >= MOST_ENTRIES:
                raise MediaError(f"{self._name} has more than {MOST_ENTRIES} clips on a track.")
            if isinstance(child, self._schema.Transition):
                self._transition(row, child)
            elif isinstance(child, (self._schema.Clip, self._schema.Gap)):
                self._item(row, child)
            else:
                raise MediaError(
                    f"{self._name}: {_name(child)} (at {self._place(row.at)}) is nested: it can't be followed. "
                    "Flatten it, or put its clips in its place."
                )
        if row.leaving is not None:  # out of the last clip, to black
            row.entries.append(self._black(row.at))
        return row.entries

    def _transition(self, row: _Row, child: Any) -> None:
        place = self._place(row.at)
        before, behind = (
            self._whole(self._exact(each), place) for each in (child.in_offset, child.out_offset)
        )
        if before < 0 or behind < 0:
            raise MediaError(f"{self._name}: the transition at {place} has a negative length.")
        if before + behind == 0:
            return
        if not row.entries:  # into the first clip, from black
            row.entries.append(self._black(row.at))
        kind, direction = self._kind(child, place)
        if kind in FADES and before != (before + behind) // 2:
            self._remarks.append(f"the {kind} at {place} is moved to the middle of its cut")
        row.entries[-1] = replace(row.entries[-1], leaving=Leaving(kind, before, behind, direction))
        row.leaving = row.entries[-1].leaving

    def _kind(self, child: Any, place: str) -> tuple[str, str]:
        ours = child.metadata.get(MARK)
        ours = ours if isinstance(ours, Mapping) else {}
        direction = _text(ours.get("direction"))
        kind = _text(ours.get("kind"))
        if kind not in {*OVERLAPPING, *FADES}:
            known = {"SMPTE_Dissolve": "dissolve", "SMPTE_Wipe": "wipe"}
            kind = known.get(str(child.transition_type), "")
        if not kind:
            shown = child.name or child.transition_type or "a transition"
            self._remarks.append(f"{shown} (at {place}) is not known here: a dissolve stands for it")
        return kind or "dissolve", direction if direction in DIRECTIONS else "right"

    def _black(self, at: Fraction) -> Entry:
        frame = round(at)
        return Entry("black", self._place(at), frame, frame, is_gap=True)

    def _item(self, row: _Row, child: Any) -> None:
        place = self._place(row.at)
        told = f"{_name(child)} (at {place})"
        self._effects(child, told)
        self._markers += _foreign(child.markers)
        span, media = child.trimmed_range(), getattr(child, "media_reference", None)
        length = self._exact(span.duration)
        if length < 0:
            raise MediaError(f"{self._name}: {told} has a negative length.")
        first, until = self._whole(row.at, place), self._whole(row.at + length, place)
        row.at += length
        self._place(row.at)
        row.leaving = None
        if isinstance(child, self._schema.Gap) or not child.enabled:
            row.entries.append(Entry("black", place, first, until, is_gap=True))
            return
        begin = self._exact(span.start_time) - self._media_start(media)
        source = self._whole(begin, place)
        known = _known(child.metadata.get(MARK))
        self._has_cues |= known.is_cue
        row.entries.append(Entry(_name(child), place, first, until, source, _file(media), known))

    def _media_start(self, media: Any) -> Fraction:
        """What the media's own count begins with: a source range is counted so, too."""
        span = media.available_range if media is not None else None
        return self._exact(span.start_time) if span is not None else Fraction(0)

    def _effects(self, item: Any, told: str) -> None:
        for effect in item.effects:
            if isinstance(effect, self._schema.TimeEffect):
                if getattr(effect, "time_scalar", None) == 1:
                    continue
                raise MediaError(
                    f"{self._name}: {told} does not run at its own speed ({effect.effect_name or _name(effect)}): "
                    "that can't be followed. Take the effect away, or have the shot made so."
                )
            self._remarks.append(
                f"{effect.effect_name or _name(effect)} of {told} is left out: effects are not drawn"
            )

    def _exact(self, time: Any) -> Fraction:
        """Frames of the cut."""
        value, rate = float(time.value), float(time.rate)
        if not (math.isfinite(value) and math.isfinite(rate)) or rate <= 0:
            raise MediaError(f"{self._name} counts time in {value} at {rate} frames a second.")
        seconds = Fraction(value).limit_denominator(10**6) / Fraction(rate).limit_denominator(1001)
        if abs(seconds) > LONGEST:
            raise MediaError(f"{self._name} reaches beyond {LONGEST // 3600} hours.")
        return seconds * self._fps

    def _whole(self, frames: Fraction, place: str) -> int:
        if abs(frames - round(frames)) > CLOSE:
            self._rounded.append(place)
        return round(frames)

    def _place(self, at: Fraction) -> str:
        if at > LONGEST * self._fps:
            raise MediaError(f"{self._name} is longer than {LONGEST // 3600} hours.")
        return timecode(max(0, self._start) + round(at), self._fps)

    def _one_row(self, rows: list[list[Entry]]) -> list[Entry]:
        """What is seen: clips of several tracks as one row, as long as none covers another."""
        seen = [row for row in rows if any(not entry.is_gap for entry in row)]
        if len(seen) <= 1:
            return seen[0] if seen else []
        clips = sorted((e for row in seen for e in row if not e.is_gap), key=lambda entry: entry.first)
        row: list[Entry] = []
        for before, entry in zip((None, *clips), clips, strict=False):
            end = before.end if before is not None else 0
            if before is not None and (entry.first < end or (before.leaving and entry.first > end)):
                raise MediaError(
                    f"{self._name}: {before.told} and {entry.told} are on two video tracks and meet: that can't be "
                    "followed. Put all pictures on one track."
                )
            if entry.first > end:
                row.append(Entry("black", self._place(Fraction(end)), end, entry.first, is_gap=True))
            row.append(entry)
        return row


def _known(ours: Any) -> Known:
    if not isinstance(ours, Mapping):
        return Known()
    item, card = ours.get("item"), ours.get("card")
    item = item if isinstance(item, Mapping) else {}
    words = (_text(card.get("text")), _text(card.get("subtitle"))) if isinstance(card, Mapping) else None
    early, number = item.get("sound_cut"), item.get("number")
    return Known(
        _text(ours.get("scene")),
        _text(ours.get("clip")),
        number if isinstance(number, int) else None,
        _text(item.get("name")),
        early if isinstance(early, int) else 0,
        words,
        is_cue="cue" in ours,
    )


def _text(value: Any) -> str:
    return value[:1000] if isinstance(value, str) else ""


def _name(item: Any) -> str:
    return _text(item.name) or type(item).__name__.lower()


def _file(media: Any) -> str:
    """The name of a media reference's file, never its path."""
    url = getattr(media, "target_url", None)
    if not isinstance(url, str):
        return ""
    path = unquote(urlsplit(url).path).replace("\\", "/")
    return PurePosixPath(path).stem


def _foreign(markers: Any) -> int:
    return sum(MARK not in marker.metadata for marker in markers)
