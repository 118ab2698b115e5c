"""Scene, shot, take and timecode on the frames of a clip: the right ones, readable, and nothing else touched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from some_fonts import needs

from storyboard.errors import MediaError
from storyboard.media.burnt import GROUND, Burn, Label, burn_key, burnt, label_words, safe_corner
from storyboard.media.encode import clip_writer
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.media.normal import frames
from storyboard.media.plate420 import layers_of, plate420
from storyboard.media.timecode_plate import TimecodePlate, longest_timecode, shown_timecode, timecode_plate

SIZE = (320, 180)
FILM = Fraction(24_000, 1_001)
LETTERS = {320: 12, 1280: 24}


def plain(size: tuple[int, int], shade: int, count: int) -> Iterator[av.VideoFrame]:
    """Frames of one brightness, yuv420p."""
    planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    planes[: size[1]] = shade
    for _ in range(count):
        yield av.VideoFrame.from_ndarray(planes, format="yuv420p")


def brightness(frame: av.VideoFrame) -> np.ndarray:
    return frame.to_ndarray(format="yuv420p")[: frame.height, : frame.width].astype(int)


def timecode_in(frame: av.VideoFrame, fps: Fraction) -> str:
    """What is read in the lower right corner: of each place, the sign that comes closest."""
    size = frame.width, frame.height
    plate = timecode_plate(LETTERS[frame.width], GROUND, longest_timecode(fps))
    left, top = _corner(plate, size)
    shown = brightness(frame)
    text = ""
    for at, wanted in zip(plate.lefts, longest_timecode(fps), strict=True):
        signs = [":"] if wanted == ":" else list("0123456789")
        cell = shown[top : top + plate.empty.height, left + at :][:, : plate.tiles[signs[0]].width]
        away = {}
        for sign in signs:
            light, passing = layers_of(plate.tiles[sign])[:2]
            away[sign] = np.abs(cell - (light + shown[0, 0] * passing) / 255).mean()
        best = min(away, key=away.__getitem__)
        assert away[best] < 6
        text += best
    return text


def _corner(plate: TimecodePlate, size: tuple[int, int]) -> tuple[int, int]:
    left, top = safe_corner(size)
    return size[0] - left - plate.empty.width, size[1] - top - plate.empty.height


@pytest.mark.parametrize(
    ("fps", "codes"),
    [
        (FILM, {0: "00:00:00:00", 23: "00:00:00:23", 24: "00:00:01:00", 1000: "00:00:41:16"}),
        (Fraction(24), {0: "00:00:00:00", 23: "00:00:00:23", 24: "00:00:01:00", 1000: "00:00:41:16"}),
        (Fraction(25), {0: "00:00:00:00", 23: "00:00:00:23", 24: "00:00:00:24", 1000: "00:00:40:00"}),
        (Fraction(30), {0: "00:00:00:00", 23: "00:00:00:23", 24: "00:00:00:24", 1000: "00:00:33:10"}),
        (Fraction(60), {0: "00:00:00:00", 23: "00:00:00:23", 24: "00:00:00:24", 1000: "00:00:16:40"}),
        (Fraction(120), {119: "00:00:00:119", 1000: "00:00:08:040"}),
    ],
)
def test_each_frame_has_its_timecode(fps: Fraction, codes: dict[int, str]) -> None:
    for number, code in codes.items():
        first = max(0, number - 2)
        *_, last = burnt(plain(SIZE, 120, number - first + 1), Burn((), first, fps))
        assert timecode_in(last, fps) == code


def test_the_timecode_is_read_in_the_written_film(tmp_path: Path) -> None:
    fps = Fraction(25)
    with clip_writer(tmp_path / "cut.mp4", SIZE, fps, audio=False) as writer:
        for frame in burnt(plain(SIZE, 60, 30), Burn((Label(0, "dawn · wide"),), 90_000 - 5, fps)):
            writer.frame(frame)
    found = [timecode_in(frame, fps) for frame in frames(tmp_path / "cut.mp4", SIZE, fps)]
    assert found == [f"00:59:59:{n}" for n in range(20, 25)] + [f"01:00:00:{n:02}" for n in range(25)]


def test_clocks_begin_again_after_a_day() -> None:
    assert shown_timecode(24 * 3600 * 24 - 1, FILM) == "23:59:59:23"
    assert shown_timecode(24 * 3600 * 24, FILM) == "00:00:00:00"


@pytest.mark.parametrize("size", [SIZE, (380, 214), (180, 320), (1280, 720), (3840, 2160), (64, 36)])
def test_plates_are_readable_on_white_and_black_and_within_margins(size: tuple[int, int]) -> None:
    for shade in (16, 235):
        burn = Burn((Label(0, label_words("dawn", "wide", 2)),), 1000, Fraction(24))
        (frame,) = burnt(plain(size, shade, 1), burn)
        shown = brightness(frame)
        changed = shown != shade
        left, top = safe_corner(size)
        outside = changed.copy()
        outside[top : size[1] - top, left : size[0] - left] = False
        if size[0] > 64:
            assert not outside.any()
            assert changed[: size[1] // 2, : size[0] * 3 // 4].any(), "words above, on the left"
            assert changed[size[1] * 3 // 4 :, size[0] // 3 :].any(), "timecode below, on the right"
            assert not changed[size[1] // 3 : size[1] * 2 // 3].any()
            assert shown[changed].max() > 200
            assert np.percentile(shown[changed], 30) < 90, "the ground is dark"


def test_nothing_but_the_plates_is_touched_and_the_source_stays(tmp_path: Path) -> None:
    """On a real clip, whose decoder still looks at the frames that it gave."""
    clip, fps = tmp_path / "clip.mp4", Fraction(24)
    draw_clip([MovingStill(None, 1, "pan-left", "words that move", "a")], clip, size=SIZE, audio=False)
    before = [frame.to_ndarray(format="yuv420p") for frame in frames(clip, SIZE, fps)]
    burn = Burn((Label(0, "dawn · wide"),), 0, fps)
    after = [frame.to_ndarray(format="yuv420p") for frame in burnt(frames(clip, SIZE, fps), burn)]
    assert len(before) == len(after) == 25
    same = np.ones((SIZE[1], SIZE[0]), bool)
    (once,) = burnt(plain(SIZE, 120, 1), burn)
    same[brightness(once) != 120] = False
    for old, new in zip(before, after, strict=True):
        counted = new[: SIZE[1]] == old[: SIZE[1]]
        assert counted[: SIZE[1] * 3 // 4][same[: SIZE[1] * 3 // 4]].all()
        assert np.abs(old[:60].astype(int) - new[:60]).max() > 40


def test_a_frame_that_is_given_twice_is_burnt_once_each_time() -> None:
    (given,) = plain(SIZE, 120, 1)
    given.pts, given.time_base, given.colorspace, given.color_range = 7, Fraction(1, 24), 1, 1
    one, other = burnt(iter([given, given]), Burn((Label(0, "a"),), None, FILM))
    assert (brightness(given) == 120).all()
    assert np.array_equal(brightness(one), brightness(other))
    assert not np.array_equal(brightness(one), brightness(given))
    assert (one.pts, one.time_base, int(one.colorspace), int(one.color_range)) == (7, Fraction(1, 24), 1, 1)


def test_words_change_where_a_shot_begins() -> None:
    labels = (Label(0, "dawn · wide"), Label(3, "dawn · close"), Label(5, ""))
    out = [brightness(frame) for frame in burnt(plain(SIZE, 120, 7), Burn(labels, None, FILM))]
    same = [np.array_equal(one, other) for one, other in itertools.pairwise(out)]
    assert same == [True, True, False, True, False, True]
    assert (out[6] == 120).all()


def test_colours_are_those_of_the_picture() -> None:
    from PIL import Image

    for colour, wanted in (
        ((255, 255, 255), (235, 128, 128)),
        ((0, 0, 0), (16, 128, 128)),
        ((255, 0, 0), (63, 102, 240)),
        ((0, 0, 255), (32, 240, 118)),
    ):
        plate = plate420(Image.new("RGBA", (20, 10), (*colour, 255)), 4, 6, SIZE)
        (frame,) = plain(SIZE, 120, 1)
        plate.blend(frame)
        y, u, v = (
            np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size).astype(int) for plane in frame.planes
        )
        assert (y[6:16, 4:24] == wanted[0]).all()
        assert (u[3:8, 2:12] == wanted[1]).all()
        assert (v[3:8, 2:12] == wanted[2]).all()
        assert (y[:6] == 120).all()
        assert (u[:3] == 128).all()


def test_words_in_other_scripts_and_words_that_are_too_long() -> None:
    needs("黎明 الفجر 😀")
    (frame,) = burnt(plain((1280, 720), 60, 1), Burn((Label(0, "黎明 · الفجر · 😀 · take 1"),), None, FILM))
    assert np.abs(frame.to_ndarray(format="yuv420p")[720:].astype(int) - 128).max() > 40, (
        "the emoji has colour"
    )
    (frame,) = burnt(plain(SIZE, 60, 1), Burn((Label(0, "a scene with a long name " * 30),), None, FILM))
    rows = np.flatnonzero((brightness(frame) != 60).any(axis=1))
    assert rows[-1] < SIZE[1] / 3


def test_what_no_font_has_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORYBOARD_FONTS", str(tmp_path))
    with pytest.raises(MediaError, match=r'^The burn-in "黎明 · wide" can\'t be lettered: no font'):
        burnt(iter(()), Burn((Label(0, "黎明 · wide"),), 0, FILM))


def test_the_key_holds_all_that_decides_on_the_picture() -> None:
    burns = [
        Burn((Label(0, "a"),), 0, FILM),
        Burn((Label(0, "b"),), 0, FILM),
        Burn((Label(1, "a"),), 0, FILM),
        Burn((Label(0, "a"),), 1, FILM),
        Burn((Label(0, "a"),), None, FILM),
        Burn((Label(0, "a"),), 0, Fraction(25)),
        Burn((), 0, FILM),
    ]
    assert len({burn_key(burn) for burn in burns}) == len(burns)
    assert label_words("dawn", "wide", 2) == "dawn · wide · take 2"
    assert label_words(shot="wide") == "wide"
    assert label_words("dawn", take=0) == "dawn · take 0"
