"""The round trip as people make it: rendered, handed over, edited with OpenTimelineIO, cut again; and every frame of
the film is what the edited timeline says."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import numpy as np
import opentimelineio
import pytest
from a_handoff import Shot, shot
from made_clips import beeps, make_clip, pictures, wave_of
from made_sounds import tone, wav
from opentimelineio.opentime import RationalTime, TimeRange
from test_cut_edit import HERE, scene, trim

from storyboard.compile.shot_list import ListedCue, ShotList
from storyboard.cut.edit import edit
from storyboard.cut.footage import footage_of
from storyboard.cut.handoff.otio import otio
from storyboard.cut.handoff.reading import document_of, read_edit
from storyboard.cut.handoff.returned import EditorsCut, StoredClip
from storyboard.cut.handoff.timeline import timeline
from storyboard.cut.wanted import Wanted
from storyboard.pipeline import cut

__all__ = ["shot"]

schema = opentimelineio.schema
FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {generate_audio: false}
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 1, prompt: "the potter sits, static"}
      - {id: close, duration: 2, prompt: "her hands, slow push"}
  - {id: tea, duration: 3, prompt: "a cup fills, static"}
cut:
  transitions:
    - {from: dawn, to: tea, kind: wipe, duration: 0.5, direction: up}
"""


def said(document: Any, fps: int) -> list[tuple[str, int] | None]:
    """What each frame of the timeline is, by OpenTimelineIO's own arithmetic; None in a transition or a gap."""
    [track] = document.video_tracks()
    frames: list[tuple[str, int] | None] = [None] * round(track.duration().value)
    for clip in track.find_clips():
        url = getattr(clip.media_reference, "target_url", None)
        if url is not None:
            first = round(track.range_of_child(clip).start_time.value)
            for frame in range(round(clip.source_range.duration.rescaled_to(fps).value)):
                source = round(clip.source_range.start_time.rescaled_to(fps).value) + frame
                frames[first + frame] = (Path(url).stem, source)
    for child in track:
        if isinstance(child, schema.Transition):
            span = track.range_of_child(child)
            begin = round(span.start_time.value)
            frames[begin : begin + round(span.duration.value)] = [None] * round(span.duration.value)
    return frames


def test_every_frame_is_what_the_edited_timeline_says(shot: Shot, tmp_path: Path) -> None:
    other = make_clip(tmp_path / f"{'e' * 64}.mp4", 7, frames=60)
    document = opentimelineio.core.deserialize_json_from_string(otio(shot.timeline))
    [track] = document.video_tracks()
    wide, close, dissolve, window, _ = list(track)
    del track[:]
    again = copy.deepcopy(wide)
    again.source_range = TimeRange(RationalTime(5, 24), RationalTime(13, 24))
    take = copy.deepcopy(window)
    take.media_reference = schema.ExternalReference(f"media/{other.name}")
    take.source_range = TimeRange(RationalTime(20, 24), RationalTime(25, 24))
    black = schema.Gap(duration=RationalTime(8, 24))
    track.extend([take, close, dissolve, window, black, wide, again])
    del document.tracks[1:]
    file = tmp_path / "edited.otio"
    opentimelineio.adapters.write_to_file(document, str(file))
    compiled = shot.checked.compiled
    assert compiled is not None
    told: list[str] = []
    film = tmp_path / "film.mp4"
    report = cut(
        compiled.shot_list,
        shot.clips,
        film,
        EditorsCut(read_edit(file, 24), {"e" * 64: StoredClip("window-sill", 2, other)}),
        segments=tmp_path / "segments",
        progress=lambda advance: told.append(advance.what) if advance.stays else None,
        project=tmp_path,
        asked=Wanted(),
    )
    expected = said(document, 24)
    assert report.frames == len(expected) == 25 + 43 + 67 + 8 + 24 + 13
    clips = {path.stem: number for number, path in enumerate(shot.clips.values())} | {"e" * 64: 7}
    seen = pictures(film)
    compared = 0
    for number, (frame, asked) in enumerate(zip(seen, expected, strict=True)):
        if asked is not None:
            assert frame == (clips[asked[0]], asked[1]), f"frame {number} of the film"
            compared += 1
    assert compared == len(expected) - 12 - 8
    assert brightest(film, range(135, 143)) < 20
    assert told == [
        "window-sill (at 01:00:00:00) is take 2, the storyboard's own is 1",
        "the timeline has no sound of the clips: they are heard all the same",
    ]


def brightest(film: Path, frames: range) -> float:
    with av.open(str(film)) as container:
        decoded = [frame.to_ndarray(format="rgb24").max() for frame in container.decode(video=0)]
    return float(max(decoded[number] for number in frames))


def test_a_sound_that_an_editor_dragged_is_heard_where_it_lies(tmp_path: Path) -> None:
    """The second clip's picture begins at its frame 12, its sound, with the beep, at frame 0: half a second before."""
    listed = ShotList(None, (scene("a", 2), scene("b", 2, own=trim("0.5"))))
    clips = {name: make_clip(tmp_path / f"{name}.mp4", number) for number, name in enumerate("ab")}
    made = edit(listed, footage_of(clips, listed, tmp_path, measured=False))
    document = opentimelineio.core.deserialize_json_from_string(otio(timeline(made, "film", {}, {})))
    [sound] = document.audio_tracks()
    sound[0].source_range = TimeRange(RationalTime(0, 24), RationalTime(49 - 12, 24))
    sound[1].source_range = TimeRange(RationalTime(0, 24), RationalTime(49, 24))
    film = tmp_path / "film.mp4"
    cut(
        listed,
        clips,
        film,
        EditorsCut(document_of(document.to_json_string(), 24, "film.otio"), {}),
        segments=tmp_path / "segments",
        progress=lambda _: None,
        project=tmp_path,
        asked=Wanted(),
    )
    assert pictures(film) == [(0, n) for n in range(49)] + [(1, n) for n in range(12, 49)]
    assert beeps(wave_of(film)) == pytest.approx([0, (49 - 12) / 24], abs=1 / 24)


def test_music_that_began_with_a_scene_that_was_taken_out_is_left_out_and_told(tmp_path: Path) -> None:
    wav(tmp_path / "gone.wav", tone(1, 300))
    wav(tmp_path / "stays.wav", tone(1, 2000))
    cues = [
        ListedCue(f"{name}.wav", at, *(Decimal(0), None), *[Decimal(0)] * 4, HERE)
        for name, at in (("gone", "a"), ("stays", "b"))
    ]
    listed = ShotList(None, (scene("a", 1), scene("b", 2)), cues=tuple(cues))
    clips = {
        name: make_clip(tmp_path / f"{name}.mp4", n, frames=25, sound=False) for n, name in enumerate("ab")
    }
    made = edit(listed, footage_of(clips, listed, tmp_path, measured=False))
    document = opentimelineio.core.deserialize_json_from_string(otio(timeline(made, "film", {}, {})))
    [track] = document.video_tracks()
    del track[0]
    told: list[str] = []
    film = tmp_path / "film.mp4"
    report = cut(
        listed,
        clips,
        film,
        EditorsCut(document_of(document.to_json_string(), 24, "film.otio"), {}),
        segments=tmp_path / "segments",
        progress=lambda advance: told.append(advance.what) if advance.stays else None,
        project=tmp_path,
        asked=Wanted(),
    )
    assert report.frames == 25
    assert "gone.wav begins with a, which is not in the cut: not heard" in told
    assert not [each for each in told if "stays.wav" in each]
    spectrum = np.abs(np.fft.rfft(wave_of(film)[:24_000]))  # 2 Hz a step
    assert spectrum[1000] > 50 * spectrum[150]


@pytest.fixture
def project(tmp_path: Path, run: Callable[..., Any]) -> Path:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    assert run("render", tmp_path, "--sandbox").code == 0
    assert run("export", tmp_path, "--sandbox", "-o", tmp_path / "edit.otio").code == 0
    return tmp_path


def test_the_same_film_comes_back_untouched(project: Path, run: Callable[..., Any]) -> None:
    ended = run("cut", project, "--sandbox", "--edit", project / "edit.otio")
    assert ended.code == 0, ended.err
    assert ended.out.startswith(f"{project / 'cut.sandbox.mp4'}: unchanged"), "the same cut is the same film"


def test_an_edited_timeline_is_cut(project: Path, run: Callable[..., Any]) -> None:
    document = opentimelineio.adapters.read_from_file(str(project / "edit.otio"))
    [track] = document.video_tracks()
    del track[1]
    track[0].source_range = TimeRange(RationalTime(2, 24), RationalTime(10, 24))
    track[0].markers.append(schema.Marker("nice", TimeRange(RationalTime(0, 24), RationalTime(1, 24))))
    del track[1]
    opentimelineio.adapters.write_to_file(document, str(project / "edit.otio"))
    ended = run("cut", project, "--sandbox", "--edit", project / "edit.otio", "-o", project / "other.mp4")
    assert ended.code == 0, ended.err
    assert f"{10 + 67} frames" in ended.out
    assert "markers are left out (1)" in ended.err


@pytest.mark.parametrize(
    ("name", "content", "options", "code", "told"),
    [
        ("no.otio", None, [], 2, "no.otio can't be read"),
        ("page.otio", b"<html>", [], 4, "page.otio is damaged, or no .otio"),
        ("bomb.otio", b"[" * 500_000, [], 4, "bomb.otio is damaged, or no .otio"),
        ("odd.otioz", b"PK", [], 4, "odd.otioz holds no timeline"),
        ("part.otio", b"{}", ["--scene", "tea"], 2, "leave --scene and --slates out"),
    ],
)
def test_what_is_no_timeline_is_refused_with_its_name(
    name: str,
    content: bytes | None,
    options: list[str],
    code: int,
    told: str,
    tmp_path: Path,
    run: Callable[..., Any],
) -> None:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    if content is not None:
        (tmp_path / name).write_bytes(content)
    ended = run("cut", tmp_path, "--edit", tmp_path / name, *options)
    assert ended.code == code, ended.err
    assert told in " ".join(ended.err.split())
    assert not (tmp_path / "cut.mp4").exists()


@pytest.mark.long
def test_a_bundle_comes_back_as_well(project: Path, run: Callable[..., Any]) -> None:
    assert run("export", project, "--sandbox", "-o", project / "edit.otioz").code == 0
    ended = run("cut", project, "--sandbox", "--edit", project / "edit.otioz")
    assert ended.code == 0, ended.err
    assert "unchanged" in ended.out
