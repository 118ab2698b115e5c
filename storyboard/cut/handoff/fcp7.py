"""Final Cut Pro 7 XML (xmeml 5), which Premiere, Resolve and Media Composer's translators read: pictures on one track,
their sound on two, which may begin and end elsewhere, music and narration on more. Cards are text generators."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.strip import Change, SoundStrip, Strip
from storyboard.cut.handoff.timeline import Timeline
from storyboard.media.timecode import timecode

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE xmeml>\n'
CHANNELS = 2
EFFECTS = {  # of transitions: name and id, category
    "dissolve": ("Cross Dissolve", "Dissolve"),
    "wipe": ("Edge Wipe", "Wipe"),
    "fade-black": ("Dip to Color Dissolve", "Dissolve"),
    "fade-white": ("Dip to Color Dissolve", "Dissolve"),
}
WIPE_CODES = {"right": 1, "left": 1, "down": 2, "up": 2}  # SMPTE's: an upright edge, a level one
WHITE = 255


def fcp7(timeline: Timeline) -> str:
    root = ET.Element("xmeml", version="5")
    sequence = _text(ET.SubElement(root, "sequence", id="cut"), name=timeline.name, duration=timeline.frames)
    _rate(sequence, timeline.fps)
    _timecode(sequence, timeline.fps, 3600 * timeline.fps)
    media = ET.SubElement(sequence, "media")
    video = ET.SubElement(media, "video")
    _format(video, timeline)
    _Tracks(timeline).fill(video, ET.SubElement(media, "audio"))
    ET.indent(root)
    return HEAD + ET.tostring(root, encoding="unicode") + "\n"


class _Tracks:
    """A file is told once, at its first use, and named afterwards."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        files: list[Path] = [found.path for found in timeline.footage]
        self._files = {path: f"file-{number}" for number, path in enumerate((*files, *timeline.cue_files), 1)}
        self._told: set[str] = set()

    def fill(self, video: ET.Element, audio: ET.Element) -> None:
        self._pictures(ET.SubElement(video, "track"))
        for channel in range(1, CHANNELS + 1):
            track = ET.SubElement(audio, "track")
            for number, strip in enumerate(self._timeline.strips, 1):
                if strip.sounds:
                    self._sound(track, strip, f"a{channel}-{number}", channel)
        for row_number, row in enumerate(self._timeline.cues, 1):
            for channel in range(1, CHANNELS + 1):
                track = ET.SubElement(audio, "track")
                for number, cue in enumerate(row, 1):
                    self._cue(track, cue, f"m{row_number}-{channel}-{number}", channel)

    def _pictures(self, track: ET.Element) -> None:
        before: Strip | None = None
        for number, strip in enumerate(self._timeline.strips, 1):
            if strip.card is not None:
                self._card(track, strip, number)
            else:
                self._picture(track, before, strip, number)
            if strip.change and strip.change.is_seen:
                _transition(track, strip.end, strip.change, self._timeline.fps)
            before = strip

    def _picture(self, track: ET.Element, before: Strip | None, strip: Strip, number: int) -> None:
        length = strip.footage.frames if strip.footage else strip.frames
        item = self._item(track, "clipitem", f"v-{number}", strip.name, length)
        lead = before.shared_before if before else 0
        tail = strip.shared_behind
        # Beside a transition that takes frames of both the place is the transition's own: -1, with the handle in it.
        _text(item, start=-1 if lead else strip.first, end=-1 if tail else strip.end)
        _text(item, **{"in": strip.source - lead, "out": strip.source + strip.frames + tail})
        if strip.footage is None:
            self._slug(item, strip, number)
        else:
            self._clip_file(item, strip.footage)
        _marker(item, strip.name, strip.prompt, strip.source)

    def _card(self, track: ET.Element, strip: Strip, number: int) -> None:
        words = f"{strip.card.text}\n{strip.card.subtitle}".strip() if strip.card else ""
        item = self._item(track, "generatoritem", f"v-{number}", strip.name, strip.frames)
        _text(item, start=strip.first, end=strip.end, **{"in": 0, "out": strip.frames})
        effect = ET.SubElement(item, "effect")
        _text(effect, name="Text", effectid="Text", effectcategory="Text")
        _text(effect, effecttype="generator", mediatype="video")
        _text(ET.SubElement(effect, "parameter"), parameterid="str", name="Text", value=words)
        _marker(item, strip.name, words, 0)

    def _sound(self, track: ET.Element, strip: Strip, name: str, channel: int) -> None:
        found, (first, end) = strip.footage, strip.heard
        if found is None:
            return
        item = self._item(track, "clipitem", name, strip.name, found.frames)
        source = strip.heard_source
        _text(item, start=first, end=end, **{"in": source, "out": source + end - first})
        self._clip_file(item, found)
        _text(ET.SubElement(item, "sourcetrack"), mediatype="audio", trackindex=channel)

    def _cue(self, track: ET.Element, cue: SoundStrip, name: str, channel: int) -> None:
        item = self._item(track, "clipitem", name, cue.name, _length(cue))
        _text(item, start=cue.first, end=cue.end, **{"in": cue.source, "out": cue.source + cue.frames})
        file = self._file(item, cue.path)
        if file is not None:
            _text(file, name=cue.path.name, pathurl=cue.path.absolute().as_uri(), duration=_length(cue))
            _rate(file, self._timeline.fps)
            _text(ET.SubElement(ET.SubElement(file, "media"), "audio"), channelcount=CHANNELS)
        effect = ET.SubElement(ET.SubElement(item, "filter"), "effect")
        _text(effect, name="Audio Levels", effectid="audiolevels", effectcategory="audiolevels")
        _text(effect, effecttype="audiolevels", mediatype="audio")
        level = f"{10 ** (float(cue.cue.gain) / 20):.6f}"
        _text(ET.SubElement(effect, "parameter"), parameterid="level", name="Level", value=level)
        _text(ET.SubElement(item, "sourcetrack"), mediatype="audio", trackindex=channel)

    def _item(self, track: ET.Element, kind: str, name: str, shown: str, length: int) -> ET.Element:
        item = ET.SubElement(track, kind, id=name)
        _text(item, name=shown, duration=length)
        _rate(item, self._timeline.fps)
        return item

    def _file(self, item: ET.Element, path: Path) -> ET.Element | None:
        """The file's element where it is still to be told."""
        name = self._files[path]
        file = ET.SubElement(item, "file", id=name)
        if name in self._told:
            return None
        self._told.add(name)
        return file

    def _clip_file(self, item: ET.Element, found: Footage) -> None:
        file = self._file(item, found.path)
        if file is None:
            return
        _text(file, name=found.path.name, pathurl=found.path.as_uri(), duration=found.frames)
        _rate(file, self._timeline.fps)
        _timecode(file, self._timeline.fps, 0)
        media = ET.SubElement(file, "media")
        size = ET.SubElement(ET.SubElement(media, "video"), "samplecharacteristics")
        _text(size, width=found.size[0], height=found.size[1])
        if found.sound:
            _text(ET.SubElement(media, "audio"), channelcount=CHANNELS)

    def _slug(self, item: ET.Element, strip: Strip, number: int) -> None:
        file = ET.SubElement(item, "file", id=f"slug-{number}")
        _text(file, name=f"{strip.scene.id} (not shot yet)", mediaSource="Slug")


def _length(cue: SoundStrip) -> int:
    """Of its file; as far as it is used, where that is not known."""
    return cue.there if cue.there is not None else cue.source + cue.frames


def _transition(track: ET.Element, place: int, change: Change, fps: int) -> None:
    name, category = EFFECTS[change.kind]
    item = ET.SubElement(track, "transitionitem")
    _text(item, start=place - change.before, end=place + change.behind, alignment="center")
    _rate(item, fps)
    effect = ET.SubElement(item, "effect")
    _text(effect, name=name, effectid=name, effectcategory=category)
    _text(effect, effecttype="transition", mediatype="video")
    if change.kind == "wipe":
        way = change.made.direction
        _text(effect, wipecode=WIPE_CODES[way], reverse="TRUE" if way in {"left", "up"} else "FALSE")
    elif not change.overlaps:
        _colour(effect, WHITE if change.kind == "fade-white" else 0)


def _colour(effect: ET.Element, level: int) -> None:
    parameter = _text(ET.SubElement(effect, "parameter"), parameterid="color", name="Color")
    value = ET.SubElement(parameter, "value")
    _text(value, alpha=WHITE, red=level, green=level, blue=level)


def _marker(item: ET.Element, name: str, comment: str, frame: int) -> None:
    marker = ET.SubElement(item, "marker")
    _text(marker, name=name, comment=comment, **{"in": frame, "out": -1})


def _format(video: ET.Element, timeline: Timeline) -> None:
    kind = ET.SubElement(ET.SubElement(video, "format"), "samplecharacteristics")
    _text(kind, width=timeline.size[0], height=timeline.size[1], pixelaspectratio="square")
    _rate(kind, timeline.fps)


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
