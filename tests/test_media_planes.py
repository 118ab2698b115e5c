"""Pictures as planes: their colours, where a move finds them, and that what is drawn moves as evenly as was asked."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from storyboard.cut.alike import coding_of
from storyboard.cut.clip import look, sound_coding
from storyboard.media.encode import FULL, PREVIEW, Setting, clip_writer
from storyboard.media.moves import MOVES, framing, travel
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.media.planes import Planes, frame_of, lines_of, planes_of

SIZE = (320, 180)
STEP = 0.04  # of a pixel, by which a move may be uneven from one frame to the next
CODED = 0.4  # of a pixel, that the coder may add to where a soft light is


def flat(colour: tuple[int, int, int], size: tuple[int, int] = (64, 36)) -> np.ndarray:
    return np.full((size[1], size[0], 3), colour, np.uint8)


def light(path: Path) -> list[np.ndarray]:
    """The brightness of each frame."""
    with av.open(str(path), "r", format="mov") as container:
        return [frame.to_ndarray()[: frame.height].astype(float) for frame in container.decode(video=0)]


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_colours_are_those_of_bt709(colour: tuple[int, int, int]) -> None:
    red, green, blue = (value / 255 for value in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    wanted = 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748
    planes = planes_of(flat(colour), (0, 0, 64, 36), (32, 18))
    for lines, value in zip(lines_of(planes.pixels()), wanted, strict=True):
        assert np.abs(lines - value).max() <= 1


def test_a_frame_holds_the_planes_as_they_are() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (36, 64, 3)).astype(np.uint8)
    planes = planes_of(noise, (0, 0, 64, 36), (64, 36))
    frame = frame_of(planes.pixels())
    assert (frame.width, frame.height, frame.format.name) == (64, 36, "yuv420p")
    for plane, part in zip(frame.planes, planes.parts, strict=True):
        rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
        assert (rows[: part.height, : part.width] == np.asarray(part)).all()


@pytest.mark.parametrize(("share", "seen"), [(0.0, 16), (0.5, 126), (1.0, 235)])
def test_a_cross_goes_from_one_picture_to_the_other(share: float, seen: int) -> None:
    black, white = (planes_of(flat((v, v, v)), (0, 0, 64, 36), (64, 36)) for v in (0, 255))
    assert np.abs(lines_of(black.crossed(white, share).pixels())[0].astype(int) - seen).max() <= 1


@given(
    st.sampled_from(MOVES),
    st.integers(1, 15),
    st.floats(0, 15),
    st.tuples(st.integers(40, 2_000), st.integers(40, 2_000)),
)
def test_what_is_kept_and_then_seen_is_what_the_move_frames(
    move: str, seconds: int, t: float, half: tuple[int, int]
) -> None:
    size, picture = (half[0] * 2, half[1] * 2), (half[0] * 2 + 60, half[1] * 2 + 40)
    course = travel(move, seconds, picture, size)
    box, kept = course.first()
    wide, high = (box[2] - box[0]) / kept[0], (box[3] - box[1]) / kept[1]
    left, top, right, bottom = course.then(t)
    assert 0 <= left < right <= kept[0]
    assert 0 <= top < bottom <= kept[1]
    found = (box[0] + left * wide, box[1] + top * high, box[0] + right * wide, box[1] + bottom * high)
    assert found == pytest.approx(framing(move, min(1.0, t / seconds), t, picture), abs=1e-6)


@pytest.mark.parametrize(
    ("move", "steady"),
    [("pan-left", (False, True)), ("tilt-up", (True, False)), ("static", (True, True)),
     ("push", (False, False)), ("handheld", (False, False)), ("focus", (True, True)), ("arc-left", (False, False))],
)  # fmt: skip
def test_directions_without_movement_are_found(move: str, steady: tuple[bool, bool]) -> None:
    assert travel(move, 5, (1434, 806), (1280, 720)).steady == steady


def spot() -> np.ndarray:
    """A soft light away from the middle, on black."""
    y, x = np.mgrid[0:540, 0:960]
    glow = 230 * np.exp(-(((x - 400) / 45) ** 2 + ((y - 230) / 45) ** 2))
    return np.stack([glow] * 3, -1).astype(np.uint8)


@pytest.mark.parametrize("move", MOVES)
def test_a_move_goes_evenly_between_pixels(move: str) -> None:
    course = travel(move, 2, (384, 216), SIZE)
    kept = planes_of(spot(), (0, 0, 960, 540), (384, 216)).seen(*course.first())
    frames = [kept.seen(course.then(n / 24), SIZE) for n in range(49)]
    seen = np.array([_middle(np.asarray(frame.parts[0], float)) for frame in frames])
    off = seen - [_asked(move, n / 24, 2) for n in range(49)]
    assert np.abs(off).max() < 0.05
    assert np.abs(np.diff(off, axis=0)).max() < STEP


@pytest.mark.parametrize("move", MOVES)
def test_a_drawn_move_is_the_one_that_was_asked_for(move: str, tmp_path: Path) -> None:
    Image.fromarray(spot()).save(tmp_path / "spot.png")
    shot = MovingStill(tmp_path / "spot.png", 2, move, "", "")
    draw_clip([shot], tmp_path / "clip.mp4", size=SIZE, audio=False)
    seen = np.array([_middle(frame) for frame in light(tmp_path / "clip.mp4")])
    assert np.abs(seen - [_asked(move, n / 24, 2) for n in range(49)]).max() < CODED


def _middle(frame: np.ndarray) -> tuple[float, float]:
    """Where the light is, across and down, in pixels."""
    weight = np.maximum(frame - 40, 0)
    y, x = np.mgrid[0 : frame.shape[0], 0 : frame.shape[1]]
    return (float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum()))


def _asked(move: str, t: float, seconds: int) -> tuple[float, float]:
    left, top, right, bottom = framing(move, min(1.0, t / seconds), t, (960, 540))
    across, down = (400.5 - left) / (right - left), (230.5 - top) / (bottom - top)
    return (across * SIZE[0] - 0.5, down * SIZE[1] - 0.5)


@pytest.mark.parametrize("setting", [FULL, PREVIEW], ids=["full", "preview"])
def test_what_is_drawn_stands_beside_what_is_encoded(setting: Setting, tmp_path: Path) -> None:
    draw_clip(
        [MovingStill(None, 1, "push", "a", "b")],
        tmp_path / "drawn.mp4",
        size=SIZE,
        audio=True,
        setting=setting,
    )
    with clip_writer(tmp_path / "coded.mp4", SIZE, Fraction(24), audio=True, setting=setting) as writer:
        for _ in range(24):
            writer.picture(flat((90, 120, 40), SIZE))
    drawn, coded = look(tmp_path / "drawn.mp4"), look(tmp_path / "coded.mp4")
    assert coding_of(drawn) == coding_of(coded)
    assert drawn.sound is not None
    assert coded.sound is not None
    assert sound_coding(drawn.sound) == sound_coding(coded.sound)


def test_a_small_still_is_as_sharp_as_it_was(tmp_path: Path) -> None:
    stripes = np.where(np.arange(640)[None, :, None] // 4 % 2, 220, 30) * np.ones((360, 1, 3))
    Image.fromarray(stripes.astype(np.uint8)).save(tmp_path / "stripes.png")
    draw_clip(
        [MovingStill(tmp_path / "stripes.png", 1, "static", "", "")],
        tmp_path / "clip.mp4",
        size=(640, 360),
        audio=False,
    )
    middle = light(tmp_path / "clip.mp4")[12][150:210, 100:540]
    assert middle.max() - middle.min() > 0.9 * 190 * 219 / 255


def test_planes_are_values_of_their_own() -> None:
    planes = planes_of(flat((10, 20, 30)), (0, 0, 64, 36), (64, 36))
    first = planes.pixels()
    first[:] = 0
    assert planes.pixels().min() > 0
    assert isinstance(planes.seen((3.5, 2.25, 60, 33), (32, 18)), Planes)
