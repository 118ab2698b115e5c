"""A clip brought to another size and rate: what is seen of it, when, and in which colours."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from clip_kinds import KINDS, made
from hypothesis import given
from hypothesis import strategies as st
from made_clips import make_clip

from storyboard.errors import MediaError
from storyboard.media.ffmpeg import binary
from storyboard.media.normal import Fit, _constant, covering, fitted, frames

RED, GREEN, BLUE, BLACK = (220, 30, 30), (30, 200, 30), (30, 30, 220), (0, 0, 0)


def flag(path: Path, size: tuple[int, int], *arguments: str, turned: bool = False) -> Path:
    """Three equal stripes: red, green and blue from the left, or from the top."""
    width, height = size
    pixels = np.empty((height, width, 3), np.uint8)
    for number, colour in enumerate((RED, GREEN, BLUE)):
        if turned:
            pixels[number * height // 3 :] = colour
        else:
            pixels[:, number * width // 3 :] = colour
    shape = f"-f rawvideo -pix_fmt rgb24 -s {width}x{height} -r 24 -i pipe:0".split()
    command = [binary(), "-v", "error", *shape, *arguments, "-crf", "10", path]
    subprocess.run(command, input=pixels.tobytes() * 3, check=True)
    return path


def seen(path: Path, size: tuple[int, int], fit: Fit) -> np.ndarray:
    """The second frame as RGB; checked to have the size."""
    found = list(frames(path, size, Fraction(24), fit))
    assert [(frame.width, frame.height, frame.format.name) for frame in found] == [(*size, "yuv420p")] * 3
    return found[1].to_ndarray(format="rgb24")


def near(pixel: np.ndarray, colour: Sequence[int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() < 16)


PLAIN = ("-pix_fmt", "yuv420p")
WIDE = ("-vf", "setsar=4/3", *PLAIN)  # 144x108 stored, shown as 192x108


@pytest.mark.parametrize(("stored", "arguments"), [((192, 108), PLAIN), ((144, 108), WIDE)])
def test_the_sides_are_cut_off_or_black_is_put_above_and_below(
    stored: tuple[int, int], arguments: tuple[str, ...], tmp_path: Path
) -> None:
    clip = flag(tmp_path / "flag.mp4", stored, *arguments)
    cropped, padded = seen(clip, (108, 108), "crop"), seen(clip, (108, 108), "pad")
    # Of 192 columns the middle 108 are left, 42 to 150: stripes end at 64 and 128.
    for column, colour in ((4, RED), (17, RED), (27, GREEN), (81, GREEN), (91, BLUE), (104, BLUE)):
        assert near(cropped[2, column], colour), column
        assert near(cropped[105, column], colour), column
    for column, colour in ((4, RED), (31, RED), (41, GREEN), (67, GREEN), (77, BLUE), (104, BLUE)):
        assert near(padded[54, column], colour), column
        assert near(padded[10, column], BLACK)
        assert near(padded[97, column], BLACK)


def test_the_top_and_the_bottom_are_cut_off_or_black_is_put_beside(tmp_path: Path) -> None:
    clip = flag(tmp_path / "flag.mp4", (108, 192), *PLAIN, turned=True)
    cropped, padded = seen(clip, (192, 108), "crop"), seen(clip, (192, 108), "pad")
    # 192 columns take 341 rows; the middle 108 of them show the green stripe, which goes from 114 to 228.
    for row in (2, 54, 105):
        assert near(cropped[row, 3], GREEN)
        assert near(cropped[row, 188], GREEN)
    for row, colour in ((4, RED), (30, RED), (42, GREEN), (66, GREEN), (78, BLUE), (104, BLUE)):
        assert near(padded[row, 96], colour), row
        assert near(padded[row, 40], BLACK)
        assert near(padded[row, 150], BLACK)


@pytest.mark.parametrize("fit", ["pad", "crop"])
def test_a_picture_of_the_same_shape_is_only_scaled(fit: Fit, tmp_path: Path) -> None:
    clip = flag(tmp_path / "flag.mp4", (384, 216), *PLAIN)
    pixels = seen(clip, (192, 108), fit)
    for column, colour in ((2, RED), (96, GREEN), (189, BLUE)):
        assert near(pixels[2, column], colour)
        assert near(pixels[105, column], colour)


def test_a_thread_of_a_picture_is_not_blown_up(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "thread.mp4", frames=2, size=(2048, 16), sound=False)
    with pytest.raises(MediaError, match=r"thread\.mp4 is too long and narrow to be cropped to 90x1600"):
        next(frames(clip, (90, 1600), Fraction(24), "crop"))


sides = st.integers(1, 4096).map(lambda n: 2 * n)


@given(st.fractions(Fraction(1, 20), 20), sides, sides)
def test_what_is_fitted_lies_within_and_what_covers_leaves_nothing(
    shape: Fraction, width: int, height: int
) -> None:
    inner, outer = fitted(shape, (width, height)), covering(shape, (width, height))
    assert inner[0] <= width
    assert inner[1] <= height
    assert inner[0] == width or inner[1] == height
    assert outer[0] >= width
    assert outer[1] >= height
    assert outer[0] <= width + 1 or outer[1] <= height + 1
    assert not any(side % 2 for side in (*inner, *outer))


@pytest.mark.parametrize(
    ("size", "matrix"), [((1284, 716), "bt709"), ((720, 1280), "bt709"), ((704, 576), "bt601")]
)
def test_colours_that_are_not_named_go_by_the_size(
    size: tuple[int, int], matrix: str, tmp_path: Path
) -> None:
    """A few rows less than HD are HD all the same."""
    clip = flag(
        tmp_path / "flag.mp4",
        size,
        "-vf",
        f"scale=out_color_matrix={matrix},setparams=colorspace=unknown",
        *PLAIN,
    )
    pixels = seen(clip, (size[0] // 4 * 2, size[1] // 4 * 2), "pad")
    for column, colour in ((1, RED), (3, GREEN), (5, BLUE)):
        pixel = pixels[pixels.shape[0] // 2, pixels.shape[1] * column // 6]
        assert np.abs(pixel.astype(int) - colour).max() < 8, (pixel, colour)


RATES = [Fraction(n) for n in (12, 24, 25, 30, 60, 120)] + [Fraction(24_000, 1001)]


@given(
    st.lists(st.integers(1, 900), min_size=1, max_size=30),
    st.sampled_from([240, 600, 1000]),
    st.sampled_from(RATES),
)
def test_any_times_become_a_constant_rate(gaps: list[int], base: int, fps: Fraction) -> None:
    """As many frames as the clip lasts; the first one first; none early by more than half a frame, none shown on when
    another is due."""
    times = [Fraction(sum(gaps[:n]), base) for n in range(len(gaps) + 1)]
    decoded = [
        SimpleNamespace(pts=time * base, time_base=Fraction(1, base), duration=gap, number=number)
        for number, (time, gap) in enumerate(zip(times, gaps, strict=False))
    ]
    shown = [frame.number for frame in _constant(iter(decoded), fps, Path("clip.mp4"), None, 0)]
    assert len(shown) == max(1, round(times[-1] * fps))
    assert shown[0] == 0
    assert shown == sorted(shown)
    for place, number in enumerate(shown):
        assert times[number] * fps <= place + Fraction(1, 2)
        assert place == 0 or number == len(gaps) - 1 or times[number + 1] * fps > place


@pytest.mark.parametrize(
    ("lasts", "refused"), [([25, 61 * 600, 25], True), ([25, 61 * 600], True), ([25, 59 * 600, 25], False)]
)
def test_a_picture_that_stands_for_a_minute_is_refused(lasts: list[int], refused: bool) -> None:
    """At the end as within: times that lie must not make a film of hours."""
    decoded = [
        SimpleNamespace(pts=sum(lasts[:n]), time_base=Fraction(1, 600), duration=lasts[n])
        for n in range(len(lasts))
    ]

    def work() -> int:
        return sum(1 for _ in _constant(iter(decoded), Fraction(24), Path("clip.mp4"), None, 0))

    if not refused:
        assert work() == round(Fraction(sum(lasts), 600) * 24)
        return
    with pytest.raises(MediaError, match=r"clip\.mp4 stands still for more than 60 s"):
        work()


def test_what_an_edit_list_hides_is_not_seen(tmp_path: Path) -> None:
    clip = made("hidden beginning", tmp_path)
    assert sum(1 for _ in frames(clip.path, (192, 108), Fraction(24))) == len(
        KINDS["hidden beginning"].frames
    )
