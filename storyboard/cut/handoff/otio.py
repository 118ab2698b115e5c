"""OpenTimelineIO, by its own library: a clip a shot with its handles, prompts as markers, all that is known of a take
in the metadata. `.otioz` takes the clips along.

Dissolves are SMPTE_Dissolve. Wipes and fades through a colour are Custom_Transition with what they are in the metadata:
readers that don't know them show their place. The sound is a track of its own, so that it may change at other frames.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cut.handoff.edl import reels_of
from storyboard.cut.handoff.known import known_of_cue, known_of_strip
from storyboard.cut.handoff.strip import Change, SoundStrip, Strip
from storyboard.cut.handoff.timeline import Timeline
from storyboard.errors import MediaError, UsageError

if TYPE_CHECKING:
    import opentimelineio

MARK = "storyboard"  # the key of our metadata
HOUR = 3600  # seconds: where a programme begins by custom


def otio(timeline: Timeline) -> str:
    """The document. Raises UsageError when the library is not installed."""
    return str(_Builder(timeline).built().to_json_string(indent=2)) + "\n"


def write_otioz(timeline: Timeline, path: Path) -> None:
    """The document and its clips in one file, at a path that is not there yet. Raises MediaError when one is not there,
    or two have one name."""
    names: dict[str, Path] = {}
    for file in (*(found.path for found in timeline.footage), *timeline.cue_files):
        if not file.is_file():
            raise MediaError(
                f"{file.name} is not there: an .otioz takes its files along. Hand over an .otio instead."
            )
        if names.setdefault(file.name, file) != file:
            raise MediaError(
                f"Two files are called {file.name}: an .otioz can't hold both. Call one otherwise."
            )
    the_library().adapters.write_to_file(_Builder(timeline).built(), str(path), adapter_name="otioz")


def the_library() -> Any:
    """OpenTimelineIO. Raises UsageError when it is not installed."""
    try:
        import opentimelineio
    except ImportError as failure:
        raise UsageError(
            "OpenTimelineIO is not installed: pip install 'storyboard-compiler[handoff]', then run this again."
        ) from failure
    return opentimelineio


class _Builder:
    """A timeline's tracks in the library's own types."""

    def __init__(self, timeline: Timeline) -> None:
        library = the_library()
        self._schema, self._times = library.schema, library.opentime
        self._timeline, self._reels = timeline, reels_of(timeline)

    def built(self) -> opentimelineio.schema.Timeline:
        fps = self._timeline.fps
        start = self._times.RationalTime(HOUR * fps, fps)
        built = self._schema.Timeline(self._timeline.name, global_start_time=start)
        built.tracks.append(self._pictures())
        if any(strip.sounds for strip in self._timeline.strips):
            built.tracks.append(self._sound())
        for number, row in enumerate(self._timeline.cues, 1):
            built.tracks.append(self._cues(f"music and narration {number}", row))
        return built

    def _pictures(self) -> Any:
        track = self._schema.Track("pictures", kind=self._schema.TrackKind.Video)
        for strip in self._timeline.strips:
            clip = self._clip(strip, strip.source, strip.frames)
            clip.markers.append(self._marker(strip))
            track.append(clip)
            if strip.change and strip.change.is_seen:
                track.append(self._transition(strip.change))
        return track

    def _sound(self) -> Any:
        """The strips at the places of their sound; where pictures dissolve, it is crossed."""
        track = self._schema.Track("sound", kind=self._schema.TrackKind.Audio)
        strips = self._timeline.strips
        for strip, following in zip(strips, (*strips[1:], None), strict=True):
            first, end = strip.heard
            if strip.sounds:
                track.append(self._clip(strip, strip.heard_source, end - first))
            elif first < end:
                track.append(self._gap(end - first))
            if strip.change and following and _is_crossed(strip, following):
                track.append(self._transition(strip.change))
        return track

    def _cues(self, name: str, row: tuple[SoundStrip, ...]) -> Any:
        track = self._schema.Track(name, kind=self._schema.TrackKind.Audio)
        at = 0
        for cue in row:
            if cue.first > at:
                track.append(self._gap(cue.first - at))
            there = self._range(0, cue.there) if cue.there is not None else None
            media = self._schema.ExternalReference(cue.path.absolute().as_uri(), there)
            span = self._range(cue.source, cue.frames)
            track.append(self._schema.Clip(cue.name, media, span, {MARK: {"cue": known_of_cue(cue)}}))
            at = cue.end
        return track

    def _clip(self, strip: Strip, source: int, frames: int) -> Any:
        clip = self._schema.Clip(strip.name, self._media(strip), self._range(source, frames))
        clip.metadata[MARK] = known_of_strip(strip)
        if strip.footage in self._reels:
            clip.metadata["cmx_3600"] = {"reel": self._reels[strip.footage]}
        return clip

    def _media(self, strip: Strip) -> Any:
        if strip.card is not None:
            words = {"text": strip.card.text, "subtitle": strip.card.subtitle}
            there = self._range(0, strip.source + strip.frames + strip.shared_behind)
            return self._schema.GeneratorReference(strip.name, "title", there, words)
        if strip.footage is None:
            there = self._range(0, strip.scene.seconds * self._timeline.fps)
            return self._schema.MissingReference("not shot yet", there)
        return self._schema.ExternalReference(
            strip.footage.path.as_uri(), self._range(0, strip.footage.frames)
        )

    def _marker(self, strip: Strip) -> Any:
        words = f"{strip.card.text}\n{strip.card.subtitle}".strip() if strip.card else strip.prompt
        place = self._range(strip.source, 1)
        return self._schema.Marker(strip.name, place, metadata={MARK: {"comment": words}})

    def _transition(self, change: Change) -> Any:
        types = self._schema.TransitionTypes
        kind = types.SMPTE_Dissolve if change.kind == "dissolve" else types.Custom
        before, behind = (
            self._times.RationalTime(frames, self._timeline.fps) for frames in (change.before, change.behind)
        )
        made = {"kind": change.kind, "frames": change.made.frames, "direction": change.made.direction}
        return self._schema.Transition(change.kind, kind, before, behind, {MARK: made})

    def _gap(self, frames: int) -> Any:
        return self._schema.Gap(source_range=self._range(0, frames))

    def _range(self, first: int, frames: int) -> Any:
        times, fps = self._times, self._timeline.fps
        return times.TimeRange(times.RationalTime(first, fps), times.RationalTime(frames, fps))


def _is_crossed(strip: Strip, following: Strip) -> bool:
    """Do the sounds of both give way to each other, in their places?"""
    overlaps = strip.change is not None and strip.change.overlaps
    there = strip.heard[0] < strip.heard[1] == strip.end == following.heard[0] < following.heard[1]
    return overlaps and there and (strip.sounds or following.sounds)
