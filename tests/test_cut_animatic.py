"""The film before it is shot: stills, words and timing; and cuts with holes in them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import av
import numpy as np
import pytest
from made_clips import make_clip, pictures, wave_of
from made_sounds import tone, wav
from msgspec.structs import replace
from PIL import Image

from storyboard.compile.shot_list import (
    DialogueLine,
    ListedCue,
    ListedItem,
    ListedScene,
    ListedShot,
    ListedTransition,
    ListedTrim,
    ShotList,
)
from storyboard.cut.animatic import animatic, size_of
from storyboard.cut.drawn import drawn_shots
from storyboard.cut.edit import edit
from storyboard.cut.footage import footage_of
from storyboard.cut.make import make_cut
from storyboard.cut.progress import Advance
from storyboard.diagnostics import Span
from storyboard.errors import MediaError
from storyboard.media.ffmpeg import decode_errors
from storyboard.media.probe import probe

HERE = Span("storyboard.yaml", 1, 1, 1, 2)


def shot(name: str, seconds: int, **sections: str) -> ListedShot:
    return ListedShot("dawn", name, seconds, sections, (), None, HERE)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    (folder / "stills").mkdir(parents=True)
    for name, colour in (("dawn", (220, 120, 60)), ("noon", (90, 140, 220))):
        Image.new("RGB", (640, 360), colour).save(folder / "stills" / f"{name}.png")
    return folder


@pytest.fixture
def film() -> ShotList:
    wide, hands = (
        shot("wide", 1, subject_motion="the potter sits", camera="static"),
        shot("hands", 1, camera="push"),
    )
    dawn = ListedScene("dawn", "e", 720, None, "stills/dawn.png", None, True, 1, (wide, hands), HERE)
    turn = ListedScene(
        "turn", "e", 720, None, "stills/dawn.png", "stills/noon.png", False, 1, (shot("1", 1),), HERE
    )
    gone = ListedScene("gone", "e", 720, None, "stills/none.png", None, False, 1, (shot("1", 1),), HERE)
    return ShotList("Film", (dawn, turn, gone), (), (320, 180))


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path), "r", format="mov") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_every_shot_for_its_time(film: ShotList, project: Path, tmp_path: Path) -> None:
    output = project / "animatic.mp4"
    report = animatic(film, project, output, tmp_path / "segments")
    assert (report.frames, report.size, report.audio) == (96, (320, 180), True)
    assert report.drawn == ("dawn · wide", "dawn · hands", "turn", "gone")
    facts = probe(output)
    assert (facts.video.frames, facts.video.constant) == (96, True)
    shown = [frame[90, 160].astype(int) for frame in frames(output)]
    assert shown[0] == pytest.approx([220, 120, 60], abs=8)
    assert shown[71] == pytest.approx([90, 140, 220], abs=12)
    assert shown[80].max() < 130
    assert decode_errors(output) == ""


def test_only_what_changed_is_drawn_again(film: ShotList, project: Path, tmp_path: Path) -> None:
    segments, told = tmp_path / "segments", []
    animatic(film, project, project / "a.mp4", segments, told.append)
    *drawn, last = _whats(told)
    assert set(drawn) == {
        "drawing dawn · wide",
        "drawing dawn · hands",
        "drawing turn",
        "drawing gone",
    }
    assert last == "writing a.mp4"
    assert not animatic(film, project, project / "a.mp4", segments).written
    told.clear()
    Image.new("RGB", (640, 360), (10, 200, 10)).save(project / "stills" / "noon.png")
    assert animatic(film, project, project / "a.mp4", segments, told.append).written
    assert _whats(told) == ["drawing turn", "writing a.mp4"]
    assert told[-2] == Advance("drawing turn", 24, 24)


def _whats(told: list[Advance]) -> list[str]:
    """What was done, in the order in which it was begun; what is drawn at once begins as it happens."""
    return list(dict.fromkeys(each.what for each in told))


def test_a_dissolve_shortens_the_animatic_as_it_does_the_cut(
    film: ShotList, project: Path, tmp_path: Path
) -> None:
    joined = replace(film, transitions=(ListedTransition("dawn", "turn", "dissolve", "0.25", HERE),))
    assert animatic(joined, project, project / "a.mp4", tmp_path / "segments").frames == 90


def test_the_animatic_has_the_music_where_its_shots_are(
    film: ShotList, project: Path, tmp_path: Path
) -> None:
    """The dissolve is shortened to half of the shot before it, 12 frames: the music begins where the scene does."""
    wav(project / "theme.wav", tone(1, 1000, 0.5))
    theme = ListedCue("theme.wav", "turn", Decimal(0), Decimal("0.5"), *[Decimal(0)] * 4, HERE)
    joined = (ListedTransition("dawn", "turn", "dissolve", "0.75", HERE),)
    output = project / "a.mp4"
    report = animatic(
        replace(film, cues=(theme,), transitions=joined), project, output, tmp_path / "segments"
    )
    assert report.frames == 96 - 12
    loud = np.flatnonzero(np.abs(wave_of(output)) > 0.25) / 48_000
    assert (loud[0], loud[-1]) == pytest.approx((36 / 24, 48 / 24), abs=0.01)


def test_a_rehearsal_without_music_is_as_quiet_as_ever(film: ShotList, project: Path, tmp_path: Path) -> None:
    plain, asked = project / "a.mp4", project / "b.mp4"
    animatic(film, project, plain, tmp_path / "segments")
    animatic(replace(film, loudness=Decimal(-14)), project, asked, tmp_path / "segments")
    assert plain.read_bytes() == asked.read_bytes()


def test_music_that_is_not_there_is_named(film: ShotList, project: Path, tmp_path: Path) -> None:
    theme = ListedCue("theme.wav", Decimal(0), Decimal(0), None, *[Decimal(0)] * 4, HERE)
    with pytest.raises(MediaError, match=r"theme\.wav can't be used: there is no such file"):
        animatic(replace(film, cues=(theme,)), project, project / "a.mp4", tmp_path / "segments")


def test_the_first_scene_of_the_cut_gives_the_size(film: ShotList, project: Path, tmp_path: Path) -> None:
    Image.new("RGB", (360, 640)).save(project / "stills" / "tall.png")
    turn = replace(film.scenes[1], start_image="stills/tall.png", end_image=None)
    order = tuple(ListedItem(name, None, ListedTrim()) for name in ("turn", "gone"))
    turned = replace(film, scenes=(film.scenes[0], turn, film.scenes[2]), items=order, size=None)
    report = animatic(turned, project, project / "a.mp4", tmp_path / "segments")
    assert report.size == (720, 1280)


def test_a_cut_with_a_hole_shows_stills_there(film: ShotList, project: Path, tmp_path: Path) -> None:
    clips = {
        name: make_clip(tmp_path / f"{name}.mp4", n, frames=25) for n, name in enumerate(("dawn", "gone"), 1)
    }
    report = make_cut(
        edit(film, footage_of(clips, film, tmp_path)),
        project / "cut.mp4",
        tmp_path / "segments",
        project=project,
    )
    assert report.drawn == ("turn",)
    assert report.frames == 25 + 24 + 25
    seen = pictures(project / "cut.mp4")
    assert seen[:25] == [(1, n) for n in range(25)]
    assert seen[-25:] == [(2, n) for n in range(25)]
    assert decode_errors(project / "cut.mp4") == ""


def test_a_cut_of_clips_alone_copies_them(film: ShotList, project: Path, tmp_path: Path) -> None:
    clips = {
        scene.id: make_clip(tmp_path / f"{scene.id}.mp4", n, frames=25) for n, scene in enumerate(film.scenes)
    }
    report = make_cut(
        edit(film, footage_of(clips, film, tmp_path)),
        project / "cut.mp4",
        tmp_path / "segments",
        project=project,
    )
    assert report.copied == ("dawn", "turn", "gone")
    assert not (tmp_path / "segments").exists()


def test_stills_from_outside_the_project_are_not_opened(project: Path, tmp_path: Path) -> None:
    Image.new("RGB", (400, 400)).save(tmp_path / "secret.png")
    for path in ("../secret.png", str(tmp_path / "secret.png"), "https://example.com/a.png"):
        scene = ListedScene("s", "e", 720, None, path, None, False, 1, (shot("1", 3),), HERE)
        assert drawn_shots(scene, project)[0].still is None


def test_every_section_has_its_place(project: Path) -> None:
    spoken = (DialogueLine("there you are", "Mara", "whispering"), DialogueLine("a long silence"))
    sections = {"subject_motion": "she waits", "camera": "slow pan left", "scene": "a hall"}
    said = replace(shot("1", 3, **sections), dialogue=spoken, note="softer")
    scene = ListedScene("s", "e", 720, None, "stills/dawn.png", None, False, 1, (said,), HERE)
    [drawn] = drawn_shots(scene, project)
    assert (drawn.caption, drawn.camera, drawn.note) == ("she waits", "slow pan left", "softer")
    assert [(line.first, line.end, line.words) for line in drawn.lines] == [
        (0, 35, "Mara (whispering): there you are"),
        (35, 72, "(a long silence)"),
    ]
    [drawn] = drawn_shots(replace(scene, note="at dusk"), project)
    assert drawn.note == "at dusk · softer"
    near = replace(said, sections={**sections, "camera": "close-up"})
    assert [each.part for each in drawn_shots(replace(scene, shots=(near, near)), project)] == [1, 0.6]
    [card] = drawn_shots(replace(scene, start_image=None), project)
    assert card.caption == "a hall\nshe waits"


@pytest.mark.parametrize(
    ("image", "ratio", "size"),
    [((1600, 900), None, (1280, 720)), ((900, 1600), None, (720, 1280)), (None, "9:16", (720, 1280)),
     (None, "1:1", (720, 720)), (None, None, (1280, 720)), ((2000, 800), None, (1280, 512))],
)  # fmt: skip
def test_the_frame_follows_the_first_still(
    image: tuple[int, int] | None, ratio: str | None, size: tuple[int, int], tmp_path: Path
) -> None:
    if image:
        Image.new("L", image).save(tmp_path / "s.png")
    scene = ListedScene(
        "s", "e", 720, ratio, "s.png" if image else None, None, False, 1, (shot("1", 3),), HERE
    )
    assert size_of(scene, tmp_path) == size
