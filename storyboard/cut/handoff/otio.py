"""OpenTimelineIO, by its own library: a clip a shot with its handles, prompts as markers, all that is known of a take
in the metadata. `.otioz` takes the clips along."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cut.handoff.timeline import Strip, Timeline
from storyboard.errors import UsageError

if TYPE_CHECKING:
    import opentimelineio

MARK = "storyboard"  # the key of our metadata


def otio(timeline: Timeline) -> str:
    """The document. Raises UsageError when the library is not installed."""
    return str(_built(timeline).to_json_string(indent=2)) + "\n"


def write_otioz(timeline: Timeline, path: Path) -> None:
    """The document and its clips in one file, at a path that is not there yet."""
    library = _library()
    library.adapters.write_to_file(_built(timeline), str(path), adapter_name="otioz")


def _library() -> Any:
    try:
        import opentimelineio
    except ImportError as failure:
        raise UsageError(
            "OpenTimelineIO is not installed: pip install 'storyboard-compiler[handoff]', then run this again."
        ) from failure
    return opentimelineio


def _built(timeline: Timeline) -> opentimelineio.schema.Timeline:
    library = _library()
    schema, times = library.schema, library.opentime
    built = schema.Timeline(
        timeline.name, global_start_time=times.RationalTime(3600 * timeline.fps, timeline.fps)
    )
    pictures = schema.Track("pictures", kind=schema.TrackKind.Video)
    for strip in timeline.strips:
        pictures.append(_clip(library, strip, timeline.fps))
        if strip.dissolve:
            before, behind = (
                times.RationalTime(frames, timeline.fps)
                for frames in (strip.dissolve.before, strip.dissolve.behind)
            )
            kind = schema.TransitionTypes.SMPTE_Dissolve
            pictures.append(schema.Transition("dissolve", kind, before, behind))
    built.tracks.append(pictures)
    sound = _sound(library, timeline)
    if sound is not None:
        built.tracks.append(sound)
    return built


def _sound(library: Any, timeline: Timeline) -> Any:
    if not any(strip.footage and strip.footage.sound for strip in timeline.strips):
        return None
    track = library.schema.Track("sound", kind=library.schema.TrackKind.Audio)
    for strip in timeline.strips:
        if strip.footage and strip.footage.sound:
            track.append(_clip(library, strip, timeline.fps, marked=False))
        else:
            track.append(library.schema.Gap(source_range=_range(library, 0, strip.frames, timeline.fps)))
    return track


def _clip(library: Any, strip: Strip, fps: int, *, marked: bool = True) -> Any:
    schema = library.schema
    if strip.footage is None:
        media = schema.MissingReference(name="not shot yet")
    else:
        media = schema.ExternalReference(
            strip.footage.path.as_uri(), _range(library, 0, strip.footage.frames, fps)
        )
    source = _range(library, strip.source, strip.frames, fps)
    clip = schema.Clip(strip.name, media, source, {MARK: metadata(strip)})
    if marked:
        place = _range(library, strip.source, 1, fps)
        clip.markers.append(schema.Marker(strip.name, place, metadata={MARK: {"comment": strip.prompt}}))
    return clip


def _range(library: Any, first: int, frames: int, fps: int) -> Any:
    times = library.opentime
    return times.TimeRange(times.RationalTime(first, fps), times.RationalTime(frames, fps))


def metadata(strip: Strip) -> dict[str, Any]:
    """What is known of a strip: plain values, money as exact text."""
    take = strip.take
    known: dict[str, Any] = {
        "scene": strip.scene.id,
        "shot": strip.shot.id,
        "take": strip.number,
        "endpoint": strip.scene.endpoint,
        "prompt": strip.prompt,
        "note": strip.shot.note,
        "dialogue": [{"speaker": each.speaker, "line": each.line} for each in strip.shot.dialogue],
    }
    if take is not None:
        known |= {
            "request_id": take.request_id,
            "digest": take.digest,
            "clip": take.clip,
            "estimate": str(take.estimate) if take.estimate is not None else None,
            "charge": str(take.charge) if take.charge is not None else None,
        }
    return {name: value for name, value in known.items() if value is not None}
