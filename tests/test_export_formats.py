"""What is handed over, read back by other programs' own readers: the same strips, places, ranges and names."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import opentimelineio
import pytest
from a_handoff import Shot, shot

from storyboard.cut.handoff.formats import TEXTS, Handoff, format_of, hand_over
from storyboard.cut.handoff.timeline import Timeline
from storyboard.errors import UsageError

__all__ = ["shot"]

READERS = {Handoff.otio: None, Handoff.edl: "cmx_3600", Handoff.fcp7: "fcp_xml", Handoff.fcpxml: "fcpx_xml"}


def read_back(timeline: Timeline, form: Handoff, folder: Path) -> Any:
    path = folder / f"film{form.suffix}"
    hand_over(timeline, form, path, force=True)
    options = {"rate": timeline.fps} if form is Handoff.edl else {}
    found = opentimelineio.adapters.read_from_file(str(path), adapter_name=READERS[form], **options)
    if isinstance(found, opentimelineio.schema.SerializableCollection):
        [found] = found.find_children(descended_from_type=opentimelineio.schema.Timeline)
    return found


def rows(found: Any) -> list[tuple[str, int, int, int]]:
    """Name, place, length and first source frame of every clip with pictures."""
    [track] = found.video_tracks()
    return [
        (
            clip.name,
            round(track.range_of_child(clip).start_time.value),
            round(clip.source_range.duration.value),
            round(clip.source_range.start_time.value),
        )
        for clip in track
        if isinstance(clip, opentimelineio.schema.Clip)
    ]


@pytest.mark.parametrize("form", [Handoff.otio, Handoff.edl, Handoff.fcp7, Handoff.fcpxml])
def test_another_reader_finds_the_same_strips(shot: Shot, tmp_path: Path, form: Handoff) -> None:
    timeline = shot.timeline
    expected = [(s.name, s.first, s.frames, s.source) for s in timeline.strips if s.footage]
    if form is Handoff.edl:  # here the new clip is cut in where the dissolve begins
        expected[1:] = [("dawn.close", 24, 37, 24), ("window-sill", 61, 73, 0)]
    begin = 3600 * 24 if form is Handoff.fcpxml else 0  # the spine counts from the programme's hour
    found = rows(read_back(timeline, form, tmp_path))
    assert [(name, first - begin, *more) for name, first, *more in found if name != "tea"] == expected


@pytest.mark.parametrize("form", [Handoff.otio, Handoff.edl, Handoff.fcp7])
def test_another_reader_finds_the_dissolve(shot: Shot, tmp_path: Path, form: Handoff) -> None:
    [track] = read_back(shot.timeline, form, tmp_path).video_tracks()
    [found] = [each for each in track if isinstance(each, opentimelineio.schema.Transition)]
    assert round(found.in_offset.value + found.out_offset.value) == 12
    assert found.transition_type == "SMPTE_Dissolve"


def test_everything_that_is_known_goes_along(shot: Shot, tmp_path: Path) -> None:
    found = read_back(shot.timeline, Handoff.otio, tmp_path)
    clips = list(found.video_tracks()[0].find_clips())
    close = clips[1].metadata["storyboard"]
    assert (close["scene"], close["shot"], close["take"]) == ("dawn", "close", 1)
    assert (close["request_id"], close["estimate"], close["charge"]) == ("0190-1", "0.504", "0.378")
    assert "she speaks" in close["prompt"]
    assert (close["note"], close["scene_note"]) == ("=HYPERLINK(0)", "before the rain")
    assert close["dialogue"][0]["speaker"] == "Ann"
    assert clips[1].markers[0].metadata["storyboard"]["comment"] == close["prompt"]
    assert Path(clips[0].media_reference.target_url.removeprefix("file://")) == shot.clips["dawn"].resolve()
    assert clips[0].media_reference.available_range.duration.value == 73
    assert isinstance(clips[3].media_reference, opentimelineio.schema.MissingReference)
    [sound] = found.audio_tracks()
    assert sound.duration().value == shot.timeline.frames


def test_the_clips_go_along_in_an_otioz(shot: Shot, tmp_path: Path) -> None:
    path = tmp_path / "film.otioz"
    hand_over(shot.timeline, Handoff.otioz, path)
    with zipfile.ZipFile(path) as bundle:
        names = bundle.namelist()
        assert {"content.otio", "version.txt"} <= set(names)
        media = [name for name in names if name.startswith("media/")]
        assert sorted(bundle.read(name) for name in media) == sorted(
            clip.read_bytes() for clip in shot.clips.values()
        )


def test_reels_are_short_and_apart() -> None:
    from a_handoff import taken

    from storyboard.compile.shot_list import ListedScene
    from storyboard.cut.footage import Footage
    from storyboard.cut.handoff.edl import reels_of
    from storyboard.cut.handoff.strip import Strip
    from storyboard.diagnostics import Span

    span = Span("a.yaml", 1, 1, 1, 2)
    names = ["a-very-long-name", "a-very-long-name-too", "é", "b", "bl"]
    strips = []
    for number, name in enumerate(names):
        scene = ListedScene(name, "e", 720, None, None, None, False, 1, (), span)
        clip = Footage(Path(f"/{number}.mp4"), 24, (64, 36), False)
        strips.append(Strip(scene, None, 0, 24, 0, clip, "", taken(name, 1)))  # type: ignore[arg-type]
    reels = list(reels_of(Timeline("t", 24, (64, 36), tuple(strips))).values())
    assert reels == ["AVERYL01", "AVERY101", "CLIP01", "B01", "BL01"]


def test_a_spreadsheet_gets_no_formula(shot: Shot) -> None:
    text = TEXTS[Handoff.csv](shot.timeline)
    table = list(csv.DictReader(io.StringIO(text)))
    assert [row["shot"] for row in table] == ["wide", "close", "1", "1"]
    assert table[1]["note"] == "'=HYPERLINK(0)"
    assert [row["scene_note"] for row in table] == ["before the rain", "before the rain", "", ""]
    assert not [value for row in table for value in row.values() if value[:1] in "=+-@\t\r" and value]
    assert [row["charge"] for row in table] == ["0.378", "", "0.378", ""], "a request's money stands once"
    assert [row["scene"] for row in table] == ["dawn", "dawn", "window-sill", "tea"]
    assert table[1]["in"] == "00:00:01:00"


def test_subtitles(shot: Shot) -> None:
    srt = TEXTS[Handoff.srt](shot.timeline)
    assert srt == (
        "1\n00:00:01,000 --> 00:00:01,997\nMind the <kiln> & me.\n\n2\n00:00:02,662 --> 00:00:03,042\nNo.\n"
    )
    vtt = TEXTS[Handoff.vtt](shot.timeline)
    assert vtt.startswith("WEBVTT\n\n00:00:01.000 --> ")
    assert "<v Ann>Mind the &lt;kiln&gt; &amp; me.</v>" in vtt


def test_what_somebody_edited_is_not_replaced(shot: Shot, tmp_path: Path) -> None:
    path = tmp_path / "film.otio"
    assert hand_over(shot.timeline, Handoff.otio, path)
    assert not hand_over(shot.timeline, Handoff.otio, path), "the same again is no change"
    path.write_text(path.read_text() + "\n")
    with pytest.raises(UsageError, match="--force"):
        hand_over(shot.timeline, Handoff.otio, path)
    assert hand_over(shot.timeline, Handoff.otio, path, force=True)


def test_the_end_of_a_name_chooses() -> None:
    assert {str(format_of(Path(f"a{each.suffix.upper()}"))) for each in Handoff} == {str(e) for e in Handoff}
    assert format_of(Path("a.mp4")) is None
