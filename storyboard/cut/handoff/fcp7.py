"""Final Cut Pro 7 XML (xmeml 5), which Premiere, Resolve and Media Composer's translators read: pictures on one track,
sound on two, dissolves as transition items."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.timeline import Strip, Timeline
from storyboard.media.timecode import timecode

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
RATE = 48_000
CHANNELS = 2


def fcp7(timeline: Timeline) -> str:
    root = ET.Element("xmeml", version="5")
    sequence = _text(ET.SubElement(root, "sequence", id="cut"), name=timeline.name, duration=timeline.frames)
    _rate(sequence, timeline.fps)
    _timecode(sequence, timeline.fps, 3600 * timeline.fps)
    media = ET.SubElement(sequence, "media")
    video = ET.SubElement(media, "video")
    _format(video, timeline)
    files: set[str] = set()
    track = ET.SubElement(video, "track")
    for number, strip in enumerate(timeline.strips):
        _clip(track, timeline, number, "v", files)
        if strip.dissolve:
            _transition(track, timeline, strip)
    audio = ET.SubElement(media, "audio")
    for channel in range(1, CHANNELS + 1):
        track = ET.SubElement(audio, "track")
        for number, strip in enumerate(timeline.strips):
            if strip.footage and strip.footage.sound:
                _clip(track, timeline, number, f"a{channel}", files, channel)
    ET.indent(root)
    return HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _clip(
    track: ET.Element, timeline: Timeline, number: int, kind: str, files: set[str], channel: int | None = None
) -> None:
    strip = timeline.strips[number]
    before = timeline.strips[number - 1] if number else None
    pictures = channel is None
    item = ET.SubElement(track, "clipitem", id=f"{kind}-{number + 1}")
    length = strip.footage.frames if strip.footage else strip.frames
    _text(item, name=strip.name, duration=length)
    _rate(item, timeline.fps)
    lead = before.dissolve.before if pictures and before and before.dissolve else 0
    tail = strip.dissolve.behind if pictures and strip.dissolve else 0
    # Beside a transition item the place is the transition's own: -1, and the range takes in the handle.
    _text(item, start=-1 if lead else strip.first, end=-1 if tail else strip.end)
    source = strip.source - lead
    _text(item, **{"in": source, "out": strip.source + strip.frames + tail})
    _file(item, timeline, strip, files)
    if channel is not None:
        _text(ET.SubElement(item, "sourcetrack"), mediatype="audio", trackindex=channel)
    else:
        _marker(item, strip)


def _file(item: ET.Element, timeline: Timeline, strip: Strip, files: set[str]) -> None:
    found = strip.footage
    name = f"file-{strip.scene.id}"
    file = ET.SubElement(item, "file", id=name)
    if name in files:
        return  # told once, named afterwards
    files.add(name)
    if found is None:
        _text(file, name=f"{strip.scene.id} (not shot yet)", mediaSource="Slug")
        return
    _text(file, name=found.path.name, pathurl=found.path.as_uri(), duration=found.frames)
    _rate(file, timeline.fps)
    _timecode(file, timeline.fps, 0)
    media = ET.SubElement(file, "media")
    _size(ET.SubElement(ET.SubElement(media, "video"), "samplecharacteristics"), found)
    if found.sound:
        _text(ET.SubElement(media, "audio"), channelcount=CHANNELS)


def _transition(track: ET.Element, timeline: Timeline, strip: Strip) -> None:
    dissolve = strip.dissolve
    if dissolve is None:
        return
    item = ET.SubElement(track, "transitionitem")
    _text(item, start=strip.end - dissolve.before, end=strip.end + dissolve.behind, alignment="center")
    _rate(item, timeline.fps)
    effect = ET.SubElement(item, "effect")
    _text(effect, name="Cross Dissolve", effectid="Cross Dissolve", effectcategory="Dissolve")
    _text(effect, effecttype="transition", mediatype="video")


def _marker(item: ET.Element, strip: Strip) -> None:
    marker = ET.SubElement(item, "marker")
    _text(marker, name=strip.name, comment=strip.prompt, **{"in": strip.source, "out": -1})


def _format(video: ET.Element, timeline: Timeline) -> None:
    kind = ET.SubElement(ET.SubElement(video, "format"), "samplecharacteristics")
    _text(kind, width=timeline.size[0], height=timeline.size[1], pixelaspectratio="square")
    _rate(kind, timeline.fps)


def _size(parent: ET.Element, found: Footage) -> None:
    _text(parent, width=found.size[0], height=found.size[1])


def _rate(parent: ET.Element, fps: int) -> None:
    _text(ET.SubElement(parent, "rate"), timebase=fps, ntsc="FALSE")


def _timecode(parent: ET.Element, fps: int, frame: int) -> None:
    found = ET.SubElement(parent, "timecode")
    _rate(found, fps)
    _text(found, string=timecode(frame, fps), frame=frame, displayformat="NDF")


def _text(parent: ET.Element, **values: object) -> ET.Element:
    for name, value in values.items():
        ET.SubElement(parent, name).text = str(value)
    return parent
