"""FCPXML 1.10, for Final Cut Pro and Resolve: an asset a clip, a strip an asset-clip in the spine, gaps for cards and
where nothing is shot yet. A sound that begins or ends elsewhere than its picture is the clip's own `audioStart` and
`audioDuration`; music and narration are connected clips below the spine. The way of a wipe and the colour of a fade
have no documented words: a marker says them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree as ET

from storyboard.cut.footage import Footage
from storyboard.cut.handoff.strip import Change, SoundStrip, Strip
from storyboard.cut.handoff.timeline import Timeline

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n'
FORMAT = "r1"
EFFECTS = {  # of transitions: the name, and the program's own id of it
    "dissolve": ("Cross Dissolve", "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"),
    "wipe": ("Wipe", "FxPlug:857E2FBA-98DB-411B-A88C-CE6ABC1F65D8"),
    "fade-black": ("Fade To Color", "FxPlug:F779C565-486D-4633-8035-0374B4DB8F5C"),
    "fade-white": ("Fade To Color", "FxPlug:F779C565-486D-4633-8035-0374B4DB8F5C"),
}


def fcpxml(timeline: Timeline) -> str:
    root = ET.Element("fcpxml", version="1.10")
    resources = ET.SubElement(root, "resources")
    _format(resources, timeline)
    project = _project(root, timeline.name)
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
    _Spine(timeline, resources).fill(ET.SubElement(sequence, "spine"))
    ET.indent(root)
    return HEAD + ET.tostring(root, encoding="unicode") + "\n"


def _project(root: ET.Element, name: str) -> ET.Element:
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=name)
    return ET.SubElement(event, "project", name=name)


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


class _Spine:
    """The strips in their order, each resource told once."""

    def __init__(self, timeline: Timeline, resources: ET.Element) -> None:
        self._timeline, self._resources = timeline, resources
        self._names: dict[Path | str, str] = {}
        for found in timeline.footage:
            self._asset(found)
        for path in timeline.cue_files:
            self._sound_asset(path)
        seen = [each.change.kind for each in timeline.strips if each.change and each.change.is_seen]
        for name, uid in dict.fromkeys(EFFECTS[kind] for kind in seen):
            ET.SubElement(resources, "effect", id=self._name(uid), name=name, uid=uid)

    def fill(self, spine: ET.Element) -> None:
        for strip in self._timeline.strips:
            self._strip(spine, strip)
            if strip.change and strip.change.is_seen:
                self._transition(spine, strip.end, strip.change)

    def _strip(self, spine: ET.Element, strip: Strip) -> None:
        place = {
            "name": strip.name,
            "offset": self._time(strip.first, hour=True),
            "duration": self._time(strip.frames),
        }
        if strip.footage is None:
            item = ET.SubElement(spine, "gap", {**place, "start": "0s"})
        else:
            ours = {"ref": self._names[strip.footage.path], "start": self._time(strip.source)}
            more = {"format": FORMAT, "tcFormat": "NDF", **self._sound(strip)}
            item = ET.SubElement(spine, "asset-clip", {**ours, **place, **more})
        words = f"{strip.card.text}\n{strip.card.subtitle}".strip() if strip.card else strip.prompt
        ET.SubElement(item, "note").text = words
        start = strip.source if strip.footage else 0
        self._cues(item, strip, start)
        value = f"{strip.name}: {words}" if strip.card else strip.name
        ET.SubElement(item, "marker", start=self._time(start), duration=self._time(1), value=value)

    def _sound(self, strip: Strip) -> dict[str, str]:
        """Where the sound is not where the picture is."""
        if strip.footage is None or not strip.footage.sound or strip.is_in_step:
            return {}
        if not strip.sounds:
            return {"srcEnable": "video"}
        first, end = strip.heard
        return {"audioStart": self._time(strip.heard_source), "audioDuration": self._time(end - first)}

    def _cues(self, item: ET.Element, strip: Strip, start: int) -> None:
        """Those that begin while the strip is seen hang on it, counted in its own time."""
        for lane, row in enumerate(self._timeline.cues, 1):
            for cue in row:
                if strip.first <= cue.first < strip.end:
                    self._cue(item, cue, start + cue.first - strip.first, -lane)

    def _cue(self, item: ET.Element, cue: SoundStrip, offset: int, lane: int) -> None:
        place = {
            "name": cue.name,
            "ref": self._names[cue.path],
            "lane": str(lane),
            "offset": self._time(offset),
            "start": self._time(cue.source),
            "duration": self._time(cue.frames),
            "audioRole": "music",
        }
        clip = ET.SubElement(item, "asset-clip", place)
        ET.SubElement(clip, "adjust-volume", amount=f"{cue.cue.gain}dB")

    def _transition(self, spine: ET.Element, place: int, change: Change) -> None:
        name, uid = EFFECTS[change.kind]
        offset = self._time(place - change.before, hour=True)
        length = self._time(change.frames)
        item = ET.SubElement(spine, "transition", name=name, offset=offset, duration=length)
        ET.SubElement(item, "filter-video", ref=self._names[uid], name=name)
        words = f"{change.kind} {change.made.direction}" if change.kind == "wipe" else change.kind
        ET.SubElement(item, "marker", start="0s", duration=self._time(1), value=words)

    def _asset(self, found: Footage) -> None:
        sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "audioRate": "48000"}
        scene = next(f"{s.scene.id} take {s.number}" for s in self._timeline.strips if s.footage == found)
        asset = ET.SubElement(
            self._resources,
            "asset",
            {
                "id": self._name(found.path),
                "name": scene,
                "start": "0s",
                "duration": self._time(found.frames),
                "hasVideo": "1",
                "format": FORMAT,
                **(sound if found.sound else {}),
            },
        )
        ET.SubElement(asset, "media-rep", kind="original-media", src=found.path.as_uri())

    def _sound_asset(self, path: Path) -> None:
        """As long as the file, or as far as it is used where that is not known."""
        cues = [cue for row in self._timeline.cues for cue in row if cue.path == path]
        length = cues[0].there or max(cue.source + cue.frames for cue in cues)
        kind = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "format": FORMAT}
        asset = ET.SubElement(
            self._resources,
            "asset",
            {
                "id": self._name(path),
                "name": path.stem,
                "start": "0s",
                "duration": self._time(length),
                **kind,
            },
        )
        ET.SubElement(asset, "media-rep", kind="original-media", src=path.absolute().as_uri())

    def _name(self, what: Path | str) -> str:
        return self._names.setdefault(what, f"r{len(self._names) + 2}")

    def _time(self, frames: int, *, hour: bool = False) -> str:
        return _time(frames, self._timeline.fps, hour=hour)


def _time(frames: int, fps: int, *, hour: bool = False) -> str:
    """A rational time, `5s` or `121/24s`; with `hour`, counted from where the sequence begins."""
    seconds = Fraction(frames, fps) + (3600 if hour else 0)
    return (
        f"{seconds.numerator}s" if seconds.denominator == 1 else f"{seconds.numerator}/{seconds.denominator}s"
    )
