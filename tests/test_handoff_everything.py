"""An edit that has everything, in every format: each frame that other programs' readers find is the edit's own."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import opentimelineio
import pytest
from a_handoff import taken
from hypothesis import example, given
from msgspec.structs import replace
from test_cut_edit import HERE, edits, joined, scene, shot, trim
from test_handoff_returned import placed as stored

from storyboard.compile.shot_list import (
    DialogueLine,
    ListedCard,
    ListedCue,
    ListedItem,
    ListedTransition,
    ShotList,
)
from storyboard.cut.cues import placed
from storyboard.cut.edit import edit
from storyboard.cut.handoff.edl import edl
from storyboard.cut.handoff.fcp7 import fcp7
from storyboard.cut.handoff.fcpxml import fcpxml
from storyboard.cut.handoff.formats import TEXTS, Handoff
from storyboard.cut.handoff.otio import otio
from storyboard.cut.handoff.sounds import rows_of_sound
from storyboard.cut.handoff.strip import Strip
from storyboard.cut.handoff.subtitles import cues as subtitles
from storyboard.cut.handoff.timeline import Timeline, timeline
from storyboard.errors import MediaError, UsageError

schema = opentimelineio.schema
NAMES = "abcdefg"
Frames = dict[int, tuple[str, int]]  # of the cut: the strip's name and its clip's frame


def cue(file: str, at: Decimal | str, seconds: str | None = None, gain: str = "-6") -> ListedCue:
    length = Decimal(seconds) if seconds else None
    return ListedCue(file, at, Decimal(1), length, Decimal(gain), Decimal(0), Decimal(2), Decimal(0), HERE)


def wipe(before: str, after: str, direction: str) -> ListedTransition:
    return ListedTransition(before, after, "wipe", "0.5", HERE, direction)


@pytest.fixture(name="film")
def _film() -> Timeline:
    """Cards, every kind of transition, trims, shots out of order, a clip twice, one not shot, music and narration."""
    spoken = scene("b", 2, 2)
    words = (DialogueLine("One, and a long one", "Ann"), DialogueLine("Two, and a long one", "Ben"))
    spoken = replace(spoken, shots=(replace(spoken.shots[0], dialogue=words), spoken.shots[1]))
    scenes = (scene("a"), spoken, *(scene(name, own=trim("0.75", "3.5")) for name in NAMES[2:]))
    items = tuple(
        ListedItem(name, number, trim(*more))
        for name, number, *more in (
            ("a", None),
            ("b", "2"),
            ("b", "1", "1"),
            ("c", None),
            ("d", None),
            ("e", None),
            ("b", "1"),
            ("f", None),
            ("g", None),
        )
    )
    transitions = (
        joined("a", "b.2"),
        wipe("b.1", "c", "left"),
        joined("c", "d", "fade-black", "1"),
        joined("d", "e", "fade-white", "0.5"),
        joined("e", "b.1", "l-cut", "0.25"),
        joined("f", "g", "j-cut", "0.5"),
    )
    listed = ShotList(
        "Everything",
        scenes,
        transitions,
        items=items,
        first_card=ListedCard("The heron", "a film", Decimal("1.5")),
        last_card=ListedCard("End", "", Decimal(1)),
        cues=(
            cue("sound/song.wav", Decimal(0), "8"),
            cue("sound/voice.wav", "b.1", "1.5", "0"),
            cue("sound/song.wav", "f"),
        ),
    )
    footage = stored({name: shot(name) for name in NAMES if name != "e"}, silent=frozenset("d"))
    made = edit(listed, footage)
    takes = {name: taken(name, number) for number, name in enumerate(footage, 1)}
    music = rows_of_sound(
        placed(listed.cues, made, listed), made, Path("/film"), {"sound/song.wav": Fraction(9)}
    )
    return timeline(made, "film", takes, {}, music)


def seen(made: Timeline) -> Frames:
    """Every frame of pictures in which nothing changes."""
    found: Frames = {}
    behind = 0
    for strip in made.strips:
        before = strip.change.before if strip.change else 0
        for frame in range(strip.first + behind, strip.end - before):
            found[frame] = (strip.name, strip.source + frame - strip.first)
        behind = strip.change.behind if strip.change else 0
    return found


def heard(made: Timeline) -> Frames:
    """Every frame of the clips' own sound that is not crossed with another."""
    found: Frames = {}
    behind = 0
    for strip in made.strips:
        first, end = strip.heard
        if strip.sounds:
            for frame in range(first + behind, end - strip.shared_before):
                found[frame] = (strip.name, strip.heard_source + frame - first)
        behind = strip.shared_behind
    return found


def frames(track: Any, begin: int = 0) -> Frames:
    """Every frame of a track of another reader, of clips with media."""
    found: Frames = {}
    if track.source_range is not None:
        begin += round(track.source_range.start_time.value)
    for clip in track:
        if isinstance(clip, schema.Clip):
            first = round(track.range_of_child(clip).start_time.value) - begin
            source = round(clip.source_range.start_time.value)
            for frame in range(round(clip.source_range.duration.value)):
                found[first + frame] = (clip.name, source + frame)
    return found


def among(part: Frames, whole: Frames) -> None:
    """Is each of these frames there, the same?"""
    assert {frame: whole.get(frame) for frame in part} == part


def read(text: str, name: str, **options: Any) -> Any:
    found = opentimelineio.adapters.read_from_string(text, name, **options)
    if isinstance(found, schema.SerializableCollection):
        found = found[0]
    return found[0] if isinstance(found, list) else found


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def of_clips(made: Timeline, found: Frames) -> Frames:
    """Without cards and stills, which some formats have no words for."""
    drawn = {strip.name for strip in made.strips if strip.footage is None}
    return {frame: each for frame, each in found.items() if each[0] not in drawn}


def test_what_the_fixture_has(film: Timeline) -> None:
    kinds = [strip.change.kind if strip.change else "" for strip in film.strips]
    assert {*kinds} == {"", "dissolve", "wipe", "fade-black", "fade-white", "l-cut", "j-cut"}
    assert [strip.name for strip in film.strips].count("b.1") == 2
    assert [strip.is_in_step for strip in film.strips].count(False) == 4
    assert film.frames == sum(strip.frames for strip in film.strips)


def test_otio(film: Timeline) -> None:
    found = read(otio(film), "otio_json")
    pictures, sound, *cues = found.tracks
    assert found.video_tracks() == [pictures]
    among(seen(film), frames(pictures))
    among(heard(film), frames(sound))
    assert pictures.duration() == sound.duration()
    names = [
        (each.transition_type, each.name, each.in_offset.value, each.out_offset.value)
        for each in pictures
        if isinstance(each, schema.Transition)
    ]
    assert names == [
        ("SMPTE_Dissolve", "dissolve", 6, 6),
        ("Custom_Transition", "wipe", 6, 6),
        ("Custom_Transition", "fade-black", 12, 12),
        ("Custom_Transition", "fade-white", 6, 6),
    ]
    card = pictures[0]
    assert (card.name, card.media_reference.generator_kind) == ("title card", "title")
    assert card.media_reference.parameters["text"] == "The heron"
    assert card.markers[0].metadata["storyboard"]["comment"] == "The heron\na film"
    reels = {clip.metadata["cmx_3600"]["reel"] for clip in pictures.find_clips() if clip.name == "b.1"}
    assert reels == {"B02"}
    assert pictures[1].media_reference.available_range.duration.value == 97
    assert [[clip.name for clip in track.find_clips()] for track in cues] == [["song", "song"], ["voice"]]
    assert frames(cues[1])[film.cues[1][0].first] == ("voice", 24)
    assert cues[0][0].metadata["storyboard"]["cue"]["gain_db"] == "-6"
    assert cues[0][0].media_reference.target_url == "file:///film/sound/song.wav"


def test_edl(film: Timeline) -> None:
    text = edl(film)
    found = read(text, "cmx_3600", rate=24)
    tracks = {track.name: track for track in found.tracks}
    among(of_clips(film, seen(film)), frames(tracks["V"], 3600 * 24))
    among(heard(film), frames(tracks["A1"], 3600 * 24))
    assert frames(tracks["A1"]) == frames(tracks["A2"])
    changes = [each.transition_type for each in tracks["V"] if isinstance(each, schema.Transition)]
    assert changes == ["SMPTE_Dissolve", "SMPTE_Wipe", "SMPTE_Dissolve", "SMPTE_Dissolve"]
    assert "* WIPE LEFT, 12 FRAMES" in text
    assert "W001" in text
    assert "* FADE THROUGH WHITE TO THE NEXT CLIP, 12 FRAMES" in text
    assert "* SOUND: sound/voice.wav AT 01:00:0" in text
    dips = [line.split() for line in text.splitlines() if line[:3].isdigit() and " D " in line]
    assert [line[1] for line in dips if line[2] == "V"] == ["BL", "D04"]


def test_fcp7(film: Timeline) -> None:
    text = fcp7(film)
    found = read(text, "fcp_xml")
    [pictures] = found.video_tracks()
    among(of_clips(film, seen(film)), frames(pictures))
    left, right, *cues = found.audio_tracks()
    assert frames(left) == frames(right)
    among(heard(film), frames(left))
    assert [len(list(track.find_clips())) for track in cues] == [2, 2, 1, 1]
    assert frames(cues[2])[film.cues[1][0].first] == ("voice", 24)
    root = parsed(text)
    named = [each.text for each in root.iter("pathurl")]
    assert len(named) == len(set(named)) == 8, "each file is told once"
    ids = [each.get("id") for each in root.iter() if each.tag in {"clipitem", "generatoritem"}]
    assert len(ids) == len(set(ids))
    effects = [each.findtext("effect/effectid") for each in root.iter("transitionitem")]
    assert effects == ["Cross Dissolve", "Edge Wipe", "Dip to Color Dissolve", "Dip to Color Dissolve"]
    assert [each.text for each in root.iter("reverse")] == ["TRUE"]
    levels = [each.findtext("value") for each in root.iter("parameter") if each.findtext("name") == "Level"]
    assert levels[0] == f"{10**-0.3:.6f}"
    [title, end] = root.iter("generatoritem")
    assert [each.findtext("effect/parameter/value") for each in (title, end)] == ["The heron\na film", "End"]


def test_fcpxml(film: Timeline) -> None:
    text = fcpxml(film)
    found = read(text, "fcpx_xml")
    tracks = {track.name: track for track in found.tracks}
    among(of_clips(film, seen(film)), frames(tracks["0"], 3600 * 24))
    assert tracks["-1"].kind == "Audio"
    assert frames(tracks["-2"], 3600 * 24)[film.cues[1][0].first] == ("voice", 24)
    root = parsed(text)
    sounds = dict(of_fcpxml(root))
    among(heard(film), sounds)
    names = [each.get("name") for each in root.iter("transition")]
    assert names == ["Cross Dissolve", "Wipe", "Fade To Color", "Fade To Color"]
    said = [each.find("marker") for each in root.iter("transition")]
    assert [each.get("value") for each in said if each is not None] == [
        *("dissolve", "wipe left", "fade-black", "fade-white")
    ]
    assert [each.get("amount") for each in root.iter("adjust-volume")] == ["-6dB", "0dB", "-6dB"]
    known = {each.get("id") for each in root.find("resources") or ()}
    assert {each.get("ref") for each in root.iter() if each.get("ref")} <= known
    assert next(each.get("value") for each in root.iter("marker")) == "title card: The heron\na film"


def of_fcpxml(root: ET.Element) -> Iterator[tuple[int, tuple[str, int]]]:
    """Every frame of sound, by what the format's documentation says of its attributes."""
    for item in root.findall(".//spine/asset-clip"):
        if item.get("srcEnable") == "video":
            continue
        first, start = of_seconds(item.get("offset")) - 3600 * 24, of_seconds(item.get("start"))
        source = of_seconds(item.get("audioStart") or item.get("start"))
        for frame in range(of_seconds(item.get("audioDuration") or item.get("duration"))):
            yield first + source - start + frame, (item.get("name") or "", source + frame)


def of_seconds(time: str | None) -> int:
    assert time is not None
    over, _, under = time.removesuffix("s").partition("/")
    frames, rest = divmod(int(over) * 24, int(under or 1))
    assert rest == 0
    return frames


def test_the_shot_list_has_every_strip_and_the_money_once(film: Timeline) -> None:
    table = list(csv.DictReader(io.StringIO(TEXTS[Handoff.csv](film))))
    assert len(table) == len(film.strips)
    assert [row["charge"] for row in table if row["scene"] == "b"] == ["0.378", "", ""]
    assert [row["transition"] for row in table][1:5] == ["dissolve", "", "wipe", "fade-black"]
    assert (table[0]["scene"], table[0]["shot"], table[0]["take"]) == ("title card", "", "")


def test_dialogue_goes_where_its_shot_is_heard(film: Timeline) -> None:
    """The shot b.1 is seen from its second second on, then whole: its first line is heard once, its second twice."""
    found = [(each.line[:3], each.begin, each.end) for each in subtitles(film)]
    assert [line for line, *_ in found] == ["Two", "One", "Two"]
    trimmed, whole = (strip for strip in film.strips if strip.name == "b.1")
    assert trimmed.source == 24
    assert found[0][1] * 24 == trimmed.first
    assert found[1][1] * 24 == whole.heard[0], "the l-cut before it covers its beginning"
    assert found[2][2] * 24 == whole.end


def test_cues_begin_where_they_are_said_to(film: Timeline) -> None:
    by_name: dict[str, Strip] = {}
    for strip in film.strips:
        by_name.setdefault(strip.name, strip)
    (song, again), (voice,) = film.cues
    assert (song.first, song.end, song.source) == (0, 8 * 24, 24)
    assert voice.first == by_name["b.1"].first
    assert film.frames - by_name["f"].first < 8 * 24
    assert (again.first, again.end, again.there) == (by_name["f"].first, film.frames, 9 * 24)


def test_a_cue_ends_with_its_file() -> None:
    listed = ShotList(None, (scene("a"),))
    made = edit(listed, {})
    [[found]] = rows_of_sound(
        placed([cue("x.wav", Decimal(1))], made, listed), made, Path("/"), {"x.wav": Fraction(2)}
    )
    assert (found.first, found.end, found.source) == (24, 48, 24)
    late = placed([cue("x.wav", Decimal(1))], made, listed)
    assert rows_of_sound(late, made, Path("/"), {"x.wav": Fraction(1)}) == ()


def test_a_cue_begins_with_the_first_frame_that_is_seen() -> None:
    scenes = (scene("a", own=trim("1")), scene("b", 2, 2, own=trim("0.5")))
    listed = ShotList(None, scenes, (joined("a", "b"),))
    made = edit(listed, {})
    for at, frame in (("a", 0), ("b", 60), ("b.1", 60), ("b.2", 96), (Decimal("0.5"), 12)):
        [found] = placed([cue("x.wav", at)], made, listed)
        assert found.begin * 24 == frame, at
    assert placed([cue("x.wav", Decimal(99))], made, listed) == ()
    one = replace(listed, items=(ListedItem("a", None, trim()),), transitions=())
    with pytest.raises(MediaError, match=r"x\.wav begins with b\.2, which is not in the cut"):
        placed([cue("x.wav", "b.2")], edit(one, {}), one)
    with pytest.raises(MediaError, match="is no scene or shot"):
        placed([cue("x.wav", "nowhere")], made, listed)


OF_ONE_FRAME = ShotList(
    None,
    (scene("a", 1), scene("b", 1)),
    (joined("b", "a", "dissolve", "0.04"),),
    items=tuple(ListedItem(name, None, trim()) for name in "bba"),
)


@given(edits())
@example((OF_ONE_FRAME, {"a": shot("a", 24)}))  # out of what is silent, and not shot
def test_ranges_add_up_in_every_list(made: tuple[ShotList, dict[str, Any]]) -> None:
    listed, footage = made[0], stored(made[1], silent=frozenset("b"))
    try:
        film = timeline(edit(listed, footage), "film", {}, {})
    except MediaError:
        return
    found = read(otio(film), "otio_json")
    among(seen(film), frames(found.video_tracks()[0]))
    for track in found.tracks:
        assert track.duration().value == film.frames
    for track in found.audio_tracks():
        among(heard(film), frames(track))
    found = read(edl(film), "cmx_3600", rate=listed.fps)
    tracks = {track.name: track for track in found.tracks}
    hour = 3600 * listed.fps
    among(of_clips(film, seen(film)), frames(tracks["V"], hour))
    among(heard(film), frames(tracks["A1"], hour) if "A1" in tracks else {})
    length = sum(round(item.duration().value) for item in tracks["V"] if isinstance(item, schema.Clip))
    assert length == film.frames
    found = read(fcp7(film), "fcp_xml")
    among(of_clips(film, seen(film)), frames(found.video_tracks()[0]))
    among(heard(film), frames(found.audio_tracks()[0]))


def test_a_list_longer_than_the_format_allows_is_refused(film: Timeline) -> None:
    with pytest.raises(UsageError, match="999 events at most, this cut needs"):
        edl(replace(film, strips=film.strips * 100))
