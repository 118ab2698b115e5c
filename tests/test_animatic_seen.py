"""What is seen in an animatic, judged by its decoded frames: moves, end stills, words in their
frames, and what an edit draws anew."""

from __future__ import annotations

import re
from pathlib import Path

import av
import numpy as np
import pytest
from an_animatic import FILM, FPS, animatic, edited, film, light, segments, spans, stills
from msgspec.structs import replace
from PIL import Image

from storyboard.media.burn_in import Spoken
from storyboard.media.moving_still import MovingStill, draw_clip

__all__ = ["film", "stills"]  # fixtures

SIZE = (320, 180)


def drawn(shot: MovingStill, folder: Path, fit: str = "crop") -> np.ndarray:
    draw_clip([shot], folder / "clip.mp4", size=SIZE, fps=FPS, audio=False, extra_frame=False, fit=fit)
    return light(folder / "clip.mp4")


def disc(frame: np.ndarray) -> tuple[float, float, float]:
    """Where its middle is, across and down, and its area; in pixels."""
    down, across = np.nonzero(frame > 120)
    return across.mean(), down.mean(), float(across.size)


@pytest.mark.parametrize(
    ("move", "across", "down", "growth"),
    [
        ("push", 0, 0, 1), ("pull", 0, 0, -1), ("zoom-in", 0, 0, 1), ("zoom-out", 0, 0, -1), ("drift", 0, 0, 1),
        ("pan-left", 1, 0, 0), ("pan-right", -1, 0, 0), ("tilt-up", 0, 1, 0), ("tilt-down", 0, -1, 0),
        ("crane-up", 0, 1, -1), ("crane-down", 0, -1, 1), ("arc-left", 1, 0, 0), ("arc-right", -1, 0, 0),
        ("whip-left", 1, 0, 0), ("whip-right", -1, 0, 0), ("static", 0, 0, 0), ("focus", 0, 0, 0),
    ],
)  # fmt: skip
def test_a_move_takes_what_is_seen_the_other_way(
    move: str, across: int, down: int, growth: int, stills: Path, tmp_path: Path
) -> None:
    frames = drawn(MovingStill(stills / "disc.png", 1, move, "", ""), tmp_path)
    first, last = disc(frames[0]), disc(frames[-1])
    assert np.sign(np.round((last[0] - first[0]) / 10)) == across
    assert np.sign(np.round((last[1] - first[1]) / 16)) == down
    assert np.sign(np.round((last[2] / first[2] - 1) * 4)) == growth


def test_a_hand_trembles_a_whip_is_quick_and_focus_goes_and_comes(stills: Path, tmp_path: Path) -> None:
    hand = [
        disc(each)[:2] for each in drawn(MovingStill(stills / "disc.png", 2, "handheld", "", ""), tmp_path)
    ]
    assert 2 < np.ptp(hand, axis=0).max() < 20
    whip = drawn(MovingStill(stills / "disc.png", 1, "whip-left", "", ""), tmp_path)
    steps = np.abs(np.diff([disc(each)[0] for each in whip]))
    assert np.count_nonzero(steps > 2) <= 3
    sharp = [
        np.ptp(each[60:120, 100:220])
        for each in drawn(MovingStill(stills / "stripes.png", 1, "focus", "", ""), tmp_path)
    ]
    assert min(sharp) < sharp[0] / 3
    assert int(np.argmin(sharp)) == pytest.approx(6, abs=1)
    assert sharp[-1] > sharp[0] * 0.9


@pytest.mark.parametrize("move", ["push", "pan-left", "static"])
def test_a_shot_ends_on_its_end_still(move: str, stills: Path, tmp_path: Path) -> None:
    """Whole and sharp, whatever the camera did; half of the way both are seen."""
    frames = drawn(MovingStill(stills / "disc.png", 2, move, "", "", stills / "grey.png"), tmp_path)
    with Image.open(stills / "grey.png") as still:
        wanted = np.asarray(still.resize(SIZE, Image.Resampling.BOX), float) * 219 / 255 + 16
    assert np.abs(frames[-1] - wanted).max() < 12
    assert np.abs(frames[-1] - wanted).mean() < 1
    apart = [np.abs(frame - wanted).mean() for frame in frames]
    assert np.diff(apart).max() < 0.1, "nearer to it with every frame"
    assert apart[0] / 4 < apart[len(apart) // 2] < apart[0] * 3 / 4


@pytest.mark.parametrize(("fit", "black"), [("pad", True), ("crop", False)])
def test_a_still_of_another_shape_is_seen_as_its_clip_will_be(
    fit: str, black: bool, stills: Path, tmp_path: Path
) -> None:
    frames = drawn(MovingStill(stills / "tall.png", 1, "push", "", ""), tmp_path, fit)
    sides = np.concatenate([frames[:, :, :100], frames[:, :, 220:]], axis=2)
    assert (sides.max() < 18) == black
    assert frames[:, 90, 160].min() > 180


def test_lines_are_read_in_their_frames_and_the_words_of_the_shot_in_all(
    stills: Path, tmp_path: Path
) -> None:
    plain = MovingStill(stills / "grey.png", 2, "static", "", "")
    lines = (Spoken(3, 9, "Ann: one"), Spoken(15, 20, "Bob: two"))
    shot = MovingStill(
        stills / "grey.png", 2, "static", "she waits", "a · 1", None, "slow pan", "softer", lines, 100
    )
    off = np.abs(drawn(shot, tmp_path) - drawn(plain, tmp_path)) > 12
    corner, clock, caption = off[:, 9:60, 16:130], off[:, 9:25, 240:304], off[:, 160:171, 130:190]
    assert all(area.any(axis=(1, 2)).all() for area in (corner, clock, caption))
    said = off[:, 127:147].any(axis=(1, 2))
    assert np.flatnonzero(said).tolist() == [*range(3, 9), *range(15, 20)]
    assert not off[:, 66:123].any(), "where faces are there are no words"
    assert not off[:, :8].any()
    both = replace(shot, lines=(*lines, Spoken(18, 22, "Ann: three")))
    off = np.abs(drawn(both, tmp_path) - drawn(plain, tmp_path)) > 12
    assert np.flatnonzero(off[:, 104:122].any(axis=(1, 2))).tolist() == [*range(18, 22)], "above the other"
    assert not off[:, 172:].any()


@pytest.mark.parametrize("early", [False, pytest.param(True, marks=pytest.mark.long)])
def test_dialogue_is_read_in_the_frames_of_the_exported_subtitles(early: bool, film: Path) -> None:
    """Trimmed, dissolved, faded and behind a title: the film with its words against the same without a word said."""
    if early:
        edited(film, "kind: fade-black, duration: 0.5", "kind: j-cut, duration: 0.5")
        edited(film, "id: c\n", "id: c\n    in: 1\n    generate_audio: true\n")
    animatic(film)
    with_words = light(film / "animatic.mp4")
    listed = spans(film)
    text = (film / "storyboard.yaml").read_text("utf-8")
    (film / "storyboard.yaml").write_text(re.sub(r" *dialogue: .*\n", "", text), encoding="utf-8")
    animatic(film)
    without = light(film / "animatic.mp4")
    assert len(with_words) == len(without)
    read = (np.abs(with_words - without)[:, 127:147] > 24).any(axis=(1, 2))
    wanted = np.zeros(len(read), bool)
    for begin, end, _ in listed:
        wanted[-(-begin * FPS // 1) : -(-end * FPS // 1)] = True
    assert [words for *_, words in listed] == [
        "one and one makes two", "yes it does", "where to", "home", "stay a while", "no", "far away",
    ]  # fmt: skip
    (_, silent, _), (spoken, _, _) = listed[2:4]
    wanted[-(-silent * FPS // 1) : -(-spoken * FPS // 1)] = True  # the beat, which is read and no subtitle
    bright = without[:, 40:100].mean(axis=(1, 2)) > 45  # in a fade words are as dark as the picture
    assert bright.mean() > 0.85
    assert (read == wanted)[bright].all()
    assert float(listed[-1][1] - listed[-1][0]) == pytest.approx(2.5 if early else 3, abs=0.01)
    assert (listed[-1][0] < listed[-2][1]) == early, "both speak at once"


def test_the_timecode_is_the_cut_s_wherever_a_shot_begins(film: Path) -> None:
    """The same frame of the cut shows the same figures in a film that is cut otherwise."""
    animatic(film, "--timecode", "cut")
    one = light(film / "animatic.mp4")[:, 9:25, 236:306]
    edited(
        edited(film, "        out: 2.5\n", ""),
        "kind: dissolve, duration: 0.5",
        "kind: dissolve, duration: 1",
    )
    animatic(film, "--timecode", "cut")
    other = light(film / "animatic.mp4")[:, 9:25, 236:306]
    for frame in (14, 30, 43, 60, 70, 100):
        same, next_one = (np.abs(one[frame] - other[shown]).max() for shown in (frame, frame + 1))
        assert (same < 30, next_one > 50) == (True, True), frame


def test_an_edit_draws_one_shot_anew(film: Path) -> None:
    """Nothing else is written, counted by files; the order of edits is a film maker's afternoon."""
    uncut(film)
    animatic(film)
    kept = segments(film)
    assert len(kept) == 5, "a title and four shots"
    for old, new in (
        ("a door", "a door in the wall"),
        ("{camera: static, subject_motion: he goes}", "{camera: slow push, subject_motion: he goes}"),
        ("ann: where to", "ann: where to now"),
        ("id: x\n", "id: x\n        note: hold\n"),
        ("id: c\n", "id: c\n    duration: 4\n"),
        ("id: x\n        note: hold\n        duration: 3", "id: x\n        note: hold\n        duration: 4"),
    ):
        told = animatic(edited(film, old, new))
        assert len(segments(film) - kept) == told.count("drawing ") == 1, new
        kept = segments(film)


@pytest.mark.long
@pytest.mark.parametrize(("timecode", "drawn"), [("none", 1), ("cut", 4)])
def test_with_the_timecode_of_the_cut_an_edit_of_a_length_draws_what_follows(
    film: Path, timecode: str, drawn: int
) -> None:
    uncut(film)
    animatic(film, "--timecode", timecode)
    kept = segments(film)
    animatic(edited(film, "id: x\n        duration: 3", "id: x\n        duration: 4"), "--timecode", timecode)
    assert len(segments(film) - kept) == drawn


def uncut(film: Path) -> None:
    """The film without transitions and trims: what is drawn is shown as it is."""
    edited(film, FILM[FILM.index("  transitions") :], "")
    edited(edited(film, "        out: 2.5\n", ""), "    in: 0.5\n", "")


def test_what_has_no_still_shows_what_there_is(film: Path) -> None:
    """The still of the clip that it goes on from; the pictures of the elements that it names; else its words alone."""
    for name, colour in (("red", (230, 40, 40)), ("blue", (40, 40, 230))):
        Image.new("RGB", (360, 360), colour).save(film / f"{name}.png")
    text = """\
storyboard: 1
endpoint: kling-v3-standard
elements: {cup: {frontal_image: blue.png, reference_images: [red.png]}}
scenes:
  - {id: a, start_image: red.png, duration: 3, prompt: {camera: static, subject_motion: one}}
  - {id: b, continues: a, duration: 3, prompt: {camera: static, subject_motion: two}}
  - id: c
    endpoint: kling-o3-standard-reference
    duration: 3
    prompt: {camera: static, subject_motion: "@cup three"}
  - {id: d, endpoint: kling-v3-standard-text, duration: 3, prompt: {camera: static, subject_motion: four}}
cut: {size: 180x180, fps: 12}
"""
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
    animatic(film)
    with av.open(str(film / "animatic.mp4"), "r", format="mov") as container:
        middles = [
            frame.to_ndarray(format="rgb24")[78:84, 60:120].mean(axis=(0, 1))
            for frame in container.decode(video=0)
        ]
    red, blue = (middles[18], middles[54]), middles[90]
    assert all(each[0] > 180 and each[2] < 90 for each in red)
    assert blue[2] > 180
    assert blue[0] < 90
    assert max(middles[126]) < 150
