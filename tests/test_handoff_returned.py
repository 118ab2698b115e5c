"""An edited timeline as a cut: what was handed over comes back the same, what an editor changed is followed or
refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import opentimelineio as otio_library
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from opentimelineio.opentime import RationalTime, TimeRange
from test_cut_edit import edits, film, joined, scene, shot

from storyboard.compile.shot_list import ListedCard, ShotList
from storyboard.cut.edit import Cut, edit
from storyboard.cut.footage import Footage
from storyboard.cut.handoff.otio import otio
from storyboard.cut.handoff.reading import document_of
from storyboard.cut.handoff.returned import Held, Returned, cut_of
from storyboard.cut.handoff.timeline import timeline
from storyboard.errors import MediaError

schema = otio_library.schema
OTHER = "d" * 64


def placed(footage: Mapping[str, Footage], *, silent: frozenset[str] = frozenset()) -> dict[str, Footage]:
    """With whole paths, as the store's are; some of them without sound."""
    return {
        name: replace(each, path=Path("/store") / each.path, sound=name not in silent)
        for name, each in footage.items()
    }


def handed(listed: ShotList, footage: Mapping[str, Footage]) -> tuple[Cut, str]:
    made = edit(listed, footage)
    return made, otio(timeline(made, "film", {}, {}))


def back(text: str | Any, listed: ShotList, footage: Mapping[str, Footage], *more: Held) -> Returned:
    text = text if isinstance(text, str) else text.to_json_string()
    held = [Held(name, name * 64, each) for name, each in footage.items()]
    return cut_of(document_of(text, listed.fps, "film.otio"), listed, [*held, *more])


@given(edits(), st.frozensets(st.sampled_from("abcd")), st.booleans())
def test_what_was_handed_over_comes_back_the_same(
    made: tuple[ShotList, dict[str, Footage]], silent: frozenset[str], cards: bool
) -> None:
    listed, footage = made[0], placed(made[1], silent=silent)
    if cards:
        listed = replace(
            listed,
            first_card=ListedCard("The heron", "a film", Decimal("1.5")),
            last_card=ListedCard("End", "", Decimal(2)),
        )
    try:
        cut, text = handed(listed, footage)
    except MediaError:
        return
    found = back(text, listed, footage)
    assert found.cut == cut
    assert not [remark for remark in found.remarks if "no clip here" not in remark]


@pytest.fixture
def edited() -> tuple[ShotList, dict[str, Footage], Any]:
    """Three scenes of four seconds, b of two shots; a dissolve from a to b, a j-cut from b to c."""
    listed = film(joined("a", "b"))
    footage = placed({name: shot(name) for name in "abc"})
    _, text = handed(listed, footage)
    return listed, footage, otio_library.core.deserialize_json_from_string(text)


def rows(cut: Cut) -> list[tuple[str, int, int, str]]:
    return [(p.name, p.first, p.end, p.transition.kind if p.transition else "") for p in cut.pieces]


def pictures(document: Any) -> Any:
    return document.video_tracks()[0]


def test_the_shots_of_a_scene_are_one_piece_again(edited: tuple[ShotList, dict[str, Footage], Any]) -> None:
    listed, footage, document = edited
    assert [clip.name for clip in pictures(document).find_clips()] == ["a", "b.1", "b.2", "c"]
    assert rows(back(document, listed, footage).cut) == [
        ("a", 0, 97, "dissolve"),
        ("b", 0, 97, ""),
        ("c", 0, 97, ""),
    ]


def test_another_order_a_trim_and_a_clip_less(edited: tuple[ShotList, dict[str, Footage], Any]) -> None:
    listed, footage, document = edited
    track = pictures(document)
    one, dissolve, first, second, last = list(track)
    del track[:]
    second.source_range = TimeRange(RationalTime(60, 24), RationalTime(24, 24))
    track.extend([last, second, dissolve, one])
    del document.tracks[1:]
    one.source_range = TimeRange(RationalTime(30, 24), RationalTime(40, 24))
    found = back(document, listed, footage)
    assert rows(found.cut) == [("c", 0, 97, ""), ("b", 60, 90, "dissolve"), ("a", 24, 70, "")]
    assert found.cut.frames == 97 + 30 + 46 - 12
    assert "no sound of the clips" in found.remarks[-1]
    assert first.parent() is None


def test_a_sound_that_was_dragged_is_a_cut_of_the_sound(
    edited: tuple[ShotList, dict[str, Footage], Any],
) -> None:
    listed, footage, document = edited
    sound = document.audio_tracks()[0]
    third, fourth = list(sound)[-2:]
    third.source_range = TimeRange(
        third.source_range.start_time, third.source_range.duration - RationalTime(10, 24)
    )
    fourth.source_range = TimeRange(RationalTime(20, 24), RationalTime(77 + 10, 24))
    pictures(document)[-1].source_range = TimeRange(RationalTime(30, 24), RationalTime(67, 24))
    fourth.source_range = TimeRange(RationalTime(20, 24), RationalTime(77, 24))
    found = back(document, listed, footage)
    assert [p.transition for p in found.cut.pieces][1] is not None
    assert rows(found.cut)[1:] == [("b", 0, 97, "j-cut"), ("c", 30, 97, "")]
    assert found.cut.pieces[1].transition is not None
    assert found.cut.pieces[1].transition.frames == 10
    assert not found.remarks


def test_an_editor_that_keeps_nothing_but_files_and_ranges(
    edited: tuple[ShotList, dict[str, Footage], Any],
) -> None:
    """Names and metadata gone, the sound on two mono tracks, time counted from the media's own timecode."""
    listed, footage, document = edited
    held = {name: replace(each, path=Path(f"/store/{name * 64}.mp4")) for name, each in footage.items()}
    hour = RationalTime(3600 * 24, 24)
    for clip in document.find_clips():
        clip.media_reference = schema.ExternalReference(
            f"file:///C:/media/{clip.name[0] * 64}.mp4", TimeRange(hour, RationalTime(97, 24))
        )
        clip.source_range = TimeRange(clip.source_range.start_time + hour, clip.source_range.duration)
        clip.name = f"{clip.name[0] * 64}.mp4"
        for key in list(clip.metadata):
            del clip.metadata[key]
        del clip.markers[:]
    for change in pictures(document):
        if isinstance(change, schema.Transition):
            del change.metadata["storyboard"]
    document.tracks.append(copy.deepcopy(document.tracks[1]))
    found = back(document, listed, held)
    assert rows(found.cut) == rows(edit(listed, held))
    assert found.cut == edit(listed, held)
    assert found.remarks == ()


def test_a_gap_is_black(edited: tuple[ShotList, dict[str, Footage], Any]) -> None:
    listed, footage, document = edited
    track = pictures(document)
    track.insert(4, schema.Gap(duration=RationalTime(12, 24)))
    track.append(schema.Transition("out", "SMPTE_Dissolve", RationalTime(6, 24), RationalTime(0, 24)))
    found = back(document, listed, footage).cut
    assert rows(found)[2:] == [("black", 0, 12, ""), ("c", 0, 97, "dissolve"), ("black", 0, 6, "")]
    assert found.frames == 97 + 97 - 12 + 12 + 97
    assert found.pieces[2].card == ListedCard("", "", Decimal("0.5"))


def test_time_at_another_rate_is_the_same_time(edited: tuple[ShotList, dict[str, Footage], Any]) -> None:
    listed, footage, document = edited
    clip = pictures(document)[-1]
    clip.source_range = TimeRange(RationalTime(1.25, 1), RationalTime(48000, 24000))
    assert rows(back(document, listed, footage).cut)[-1] == ("c", 30, 78, "")
    clip.source_range = TimeRange(RationalTime(10, 30), RationalTime(61, 30))
    found = back(document, listed, footage)
    assert rows(found.cut)[-1] == ("c", 8, 57, "")
    assert "cuts lie between two frames, the first at 01:00:0" in " ".join(found.remarks)


def test_a_clip_is_found_by_its_content_then_by_what_we_wrote_then_by_its_name(
    edited: tuple[ShotList, dict[str, Footage], Any],
) -> None:
    listed, footage, document = edited
    other = replace(footage["c"], path=Path(f"/store/{OTHER}.mp4"), frames=50)
    last = pictures(document)[-1]
    last.media_reference = schema.ExternalReference(f"media/{OTHER}.mp4")
    last.source_range = TimeRange(RationalTime(0, 24), RationalTime(50, 24))
    with pytest.raises(MediaError, match=r"c \(at 01:00:0.*is the clip dddddddddddd, which is not here"):
        back(document, listed, footage)
    take = Held("c", OTHER, other, take=2)
    taken = back(document, listed, footage, take)
    assert taken.cut.pieces[-1].footage == other
    assert "is take 2, the storyboard's own is 1" in " ".join(taken.remarks)
    last.media_reference = schema.ExternalReference("file:///proxies/c_proxy.mov")
    assert back(document, listed, footage).cut.pieces[-1].footage == footage["c"]
    del last.metadata["storyboard"]
    found = back(document, listed, footage)
    assert found.cut.pieces[-1].footage == footage["c"]
    assert "found by its name alone" in " ".join(found.remarks)


def test_a_scene_that_was_shot_since_is_shown_from_its_clip() -> None:
    listed = film()
    _, text = handed(listed, {})
    footage = placed({"b": shot("b")})
    pieces = back(text, listed, footage).cut.pieces
    assert [(p.name, p.footage) for p in pieces] == [("a", None), ("b", footage["b"]), ("c", None)]


def _nested(track: Any) -> None:
    track[3] = schema.Stack(name="compound")


def _slow(track: Any) -> None:
    track[0].effects.append(schema.LinearTimeWarp(time_scalar=0.5))


def _strange(track: Any) -> None:
    span = TimeRange(RationalTime(0, 24), RationalTime(5, 24))
    track.append(schema.Clip("holiday", schema.ExternalReference("/etc/passwd"), span))


def _long(track: Any) -> None:
    track[-1].source_range = TimeRange(RationalTime(90, 24), RationalTime(10, 24))


def _no_handle(track: Any) -> None:
    track[2].source_range = TimeRange(RationalTime(2, 24), RationalTime(40, 24))


def _second_track(track: Any) -> None:
    over = schema.Track("V2", kind="Video")
    over.append(schema.Gap(duration=RationalTime(10, 24)))
    over.append(copy.deepcopy(track[0]))
    track.parent().append(over)


def _trimmed(track: Any) -> None:
    track.source_range = TimeRange(RationalTime(5, 24), RationalTime(50, 24))


def _gone(track: Any) -> None:
    track[0].metadata["storyboard"]["scene"] = "prologue"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_nested, r"compound \(at 01:00:0.:..\) is nested"),
        (_slow, r"a \(at 01:00:00:00\) does not run at its own speed"),
        (_strange, r"holiday \(at 01:00:11:15\) is no clip of this film"),
        (_long, r"c \(at .*\) needs frames 90 to 100 with its transitions, its clip has 97"),
        (_no_handle, r"b\.1 \(at .*\) needs frames -4 to"),
        (_second_track, r"are on two video tracks and meet"),
        (_trimmed, r"the track pictures is trimmed"),
        (_gone, r"a \(at 01:00:00:00\) is of the scene prologue"),
    ],
)
def test_what_can_not_be_followed_is_refused_with_its_place(
    edited: tuple[ShotList, dict[str, Footage], Any], change: Any, told: str
) -> None:
    listed, footage, document = edited
    change(pictures(document))
    with pytest.raises(MediaError, match=told):
        back(document, listed, footage)


def test_what_does_no_harm_is_remarked(edited: tuple[ShotList, dict[str, Footage], Any]) -> None:
    listed, footage, document = edited
    track = pictures(document)
    track[0].effects.append(schema.Effect(effect_name="Glow"))
    track[0].markers.append(schema.Marker("look", TimeRange(RationalTime(0, 24), RationalTime(1, 24))))
    track[1].transition_type, track[1].name = "Custom_Transition", "Page Peel"
    del track[1].metadata["storyboard"]
    music = schema.Track("music", kind="Audio")
    span = TimeRange(RationalTime(0, 24), RationalTime(50, 24))
    music.append(schema.Clip("song", schema.ExternalReference("song.wav"), span))
    document.tracks.append(music)
    found = back(document, listed, footage)
    assert [p.transition for p in found.cut.pieces] == [
        edit(listed, footage).pieces[0].transition,
        None,
        None,
    ]
    assert found.remarks == (
        "Glow of a (at 01:00:00:00) is left out: effects are not drawn",
        "Page Peel (at 01:00:03:19) is not known here: a dissolve stands for it",
        "markers are left out (1)",
        "song (at 01:00:00:00) is no clip of this film: not heard",
    )


def test_clips_on_two_tracks_that_do_not_meet_are_one_row(
    edited: tuple[ShotList, dict[str, Footage], Any],
) -> None:
    listed, footage, document = edited
    track = pictures(document)
    last = track[-1]
    at = track.range_of_child(last).start_time
    del track[-1]
    over = schema.Track("V2", kind="Video")
    over.extend([schema.Gap(duration=at + RationalTime(24, 24)), last])
    document.tracks.insert(1, over)
    assert [row[0] for row in rows(back(document, listed, footage).cut)] == ["a", "b", "black", "c"]


DAMAGED = [
    b"",
    b"<html>",
    b"[]",
    b"3",
    b"\xff\xfe",
    b'{"OTIO_SCHEMA": "Timeline.99"}',
    b'{"OTIO_SCHEMA": "Timeline.1", "tracks": null}',
    b'{"OTIO_SCHEMA": "Clip.2", "name": "a"}',
    b'{"OTIO_SCHEMA": "Timeline.1", "tracks": {"OTIO_SCHEMA": "Stack.1", "children": []}}',
    b'{"a": NaN}',
    b'{"a":' * 300 + b"1" + b"}" * 300,
    b"[" * 1_000_000,
    b'{"OTIO_SCHEMA": "SerializableObjectRef.1", "id": "x"}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_document_is_refused_with_its_name(text: bytes) -> None:
    with pytest.raises(MediaError, match=r"film\.otio"):
        document_of(text, 24, "film.otio")


@given(st.data())
def test_any_value_in_any_place_is_refused_or_followed(data: st.DataObject) -> None:
    """One value of a real document replaced by another kind: an error with a text, or a cut."""
    listed = film(joined("a", "b"))
    footage = placed({name: shot(name) for name in "abc"})
    document = json.loads(handed(listed, footage)[1])
    places: list[tuple[Any, Any]] = []
    level = [document]
    while level:
        each = level.pop()
        pairs = list(each.items() if isinstance(each, dict) else enumerate(each))
        places += [(each, key) for key, _ in pairs]
        level += [value for _, value in pairs if isinstance(value, (dict, list))]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(
        st.sampled_from([None, {}, [], "", -1, 0, 10**12, 1e300, 0.5, True, "Gap.1", [None], {"a": None}])
    )
    try:
        assert back(json.dumps(document), listed, footage).cut.frames > 0
    except MediaError as error:
        assert str(error)  # noqa: PT017 - either is right


def test_scenes_with_one_name_and_a_shot_are_told_apart() -> None:
    listed = ShotList(None, (scene("a", 2, 2), scene("b")))
    footage = placed({"a": shot("a")})
    cut, text = handed(listed, footage)
    assert back(text, listed, footage).cut == cut
