"""FCPXML 1.10, for Final Cut Pro and Resolve: an asset a clip, a strip an asset-clip in the spine, gaps where nothing
is shot yet."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree as ET

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.timeline import Strip, Timeline

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
FORMAT = "r1"


def fcpxml(timeline: Timeline) -> str:
    root = ET.Element("fcpxml", version="1.10")
    resources = ET.SubElement(root, "resources")
    _format(resources, timeline)
    assets = {found: f"r{number}" for number, found in enumerate(timeline.footage, 2)}
    for found, name in assets.items():
        _asset(resources, timeline, found, name)
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=timeline.name)
    project = ET.SubElement(event, "project", name=timeline.name)
    sequence = ET.SubElement(
        project,
        "sequence",
        format=FORMAT,
        duration=_time(timeline.frames, timeline.fps),
        tcStart="3600s",
        tcFormat="NDF",
        audioLayout="stereo",
        audioRate="48k",
    )
    spine = ET.SubElement(sequence, "spine")
    for strip in timeline.strips:
        _strip(spine, timeline, strip, assets)
    ET.indent(root)
    return HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _format(resources: ET.Element, timeline: Timeline) -> None:
    width, height = (str(side) for side in timeline.size)
    ET.SubElement(
        resources,
        "format",
        id=FORMAT,
        frameDuration=_time(1, timeline.fps),
        width=width,
        height=height,
    )


def _asset(resources: ET.Element, timeline: Timeline, found: Footage, name: str) -> None:
    sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "audioRate": "48000"}
    asset = ET.SubElement(
        resources,
        "asset",
        {
            "id": name,
            "name": _scene_of(timeline, found),
            "start": "0s",
            "duration": _time(found.frames, timeline.fps),
            "hasVideo": "1",
            "format": FORMAT,
            **(sound if found.sound else {}),
        },
    )
    ET.SubElement(asset, "media-rep", kind="original-media", src=found.path.as_uri())


def _scene_of(timeline: Timeline, found: Footage) -> str:
    return next(f"{s.scene.id} take {s.number}" for s in timeline.strips if s.footage == found)


def _strip(spine: ET.Element, timeline: Timeline, strip: Strip, assets: dict[Footage, str]) -> None:
    fps = timeline.fps
    place = {
        "name": strip.name,
        "offset": _time(strip.first, fps, hour=True),
        "duration": _time(strip.frames, fps),
    }
    if strip.footage is None:
        item = ET.SubElement(spine, "gap", {**place, "start": "0s"})
    else:
        item = ET.SubElement(
            spine,
            "asset-clip",
            {
                "ref": assets[strip.footage],
                **place,
                "start": _time(strip.source, fps),
                "format": FORMAT,
                "tcFormat": "NDF",
            },
        )
    note = ET.SubElement(item, "note")
    note.text = strip.prompt
    start = _time(strip.source if strip.footage else 0, fps)
    ET.SubElement(item, "marker", start=start, duration=_time(1, fps), value=strip.name)
    if strip.dissolve:
        offset = _time(strip.end - strip.dissolve.before, fps, hour=True)
        ET.SubElement(
            spine,
            "transition",
            name="Cross Dissolve",
            offset=offset,
            duration=_time(strip.dissolve.frames, fps),
        )


def _time(frames: int, fps: int, *, hour: bool = False) -> str:
    """A rational time, `5s` or `121/24s`; with `hour`, counted from where the sequence begins."""
    seconds = Fraction(frames, fps) + (3600 if hour else 0)
    return (
        f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"
    )
