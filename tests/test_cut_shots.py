"""Where the shots of a clip begin: found to the frame where there is a cut, and none made up where there is none."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from storyboard.cut.shots import Boundary, boundaries
from storyboard.errors import MediaError
from storyboard.media.changes import changes

SIZE = (192, 108)
FPS = 24
Picture = Callable[[int], np.ndarray]


def scenery(seed: int, *, pan: float = 0.0, grain: float = 0.0, light: float = 1.0) -> Picture:
    """A picture with large and small shapes, that may pan (pixels a frame), rustle and be dim."""
    dice = np.random.default_rng(seed)
    width, height = SIZE
    wide = np.zeros((height, width * 3, 3))
    for _ in range(60):
        x, y = dice.integers(0, width * 3), dice.integers(0, height)
        w, h = dice.integers(8, 80), dice.integers(8, 60)
        wide[y : y + h, x : x + w] = dice.integers(20, 235, 3)

    def at(frame: int) -> np.ndarray:
        left = width * 2 - abs(
            width * 2 - int(frame * pan) % (width * 4)
        )  # there and back: a jump would be a cut
        noise = dice.normal(0, grain, (height, width, 3)) if grain else 0
        return np.clip(wide[:, left : left + width] * light + noise, 0, 255).astype(np.uint8)

    return at


def film(path: Path, frames: Iterator[np.ndarray]) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", FPS, options={"crf": "23", "preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt, stream.time_base = "yuv420p", Fraction(1, FPS)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def cut_at(*firsts: int, end: int, pictures: list[Picture]) -> Iterator[np.ndarray]:
    for frame in range(end):
        shot = sum(frame >= first for first in firsts)
        yield pictures[shot](frame)


def found(path: Path, *written: int) -> list[int | None]:
    return [each.found for each in boundaries(changes(path), written, FPS)]


KINDS: dict[str, dict[str, float]] = {
    "at rest": {},
    "panning": {"pan": 3.0},
    "panning fast": {"pan": 12.0},
    "grain": {"grain": 12.0},
    "at night": {"light": 0.3},
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("off", [-9, -1, 0, 2, 14])
def test_a_cut_is_found_to_the_frame(tmp_path: Path, kind: str, off: int) -> None:
    pictures = [scenery(n, **KINDS[kind]) for n in (1, 2, 3)]
    path = film(tmp_path / "a.mp4", cut_at(72 + off, 120 - off, end=168, pictures=pictures))
    assert found(path, 72, 120) == [72 + off, 120 - off]


@pytest.mark.parametrize("kind", KINDS)
def test_no_cut_is_made_up(tmp_path: Path, kind: str) -> None:
    path = film(tmp_path / "a.mp4", cut_at(end=120, pictures=[scenery(5, **KINDS[kind])]))
    assert found(path, 48, 96) == [None, None]


def test_a_flash_is_no_cut(tmp_path: Path) -> None:
    before = scenery(1, pan=1.0)

    def flashing(frame: int) -> np.ndarray:
        return np.full((SIZE[1], SIZE[0], 3), 250, np.uint8) if frame == 50 else before(frame)

    path = film(tmp_path / "a.mp4", cut_at(54, end=96, pictures=[flashing, scenery(2)]))
    assert found(path, 48) == [54]
    path = film(tmp_path / "b.mp4", cut_at(end=96, pictures=[flashing]))
    assert found(path, 48) == [None]


def test_a_change_in_a_corner_is_no_cut(tmp_path: Path) -> None:
    quiet = scenery(1)

    def lit(frame: int) -> np.ndarray:
        pixels = quiet(frame)
        if frame >= 48:
            pixels[: SIZE[1] // 2, : SIZE[0] // 2] = 250
        return pixels

    assert found(film(tmp_path / "a.mp4", cut_at(end=96, pictures=[lit])), 48) == [None]


def test_a_slow_dissolve_is_no_cut(tmp_path: Path) -> None:
    one, two = scenery(1), scenery(2)

    def across(frame: int) -> np.ndarray:
        share = min(1.0, max(0.0, (frame - 36) / 24))
        return (one(frame) * (1 - share) + two(frame) * share).astype(np.uint8)

    assert found(film(tmp_path / "a.mp4", cut_at(end=96, pictures=[across])), 48) == [None]


def test_each_cut_belongs_to_the_nearest_boundary(tmp_path: Path) -> None:
    """Shots of a second each, all cut late: none takes its neighbour's."""
    firsts = [24 + 8, 48 + 8, 72 + 8]
    pictures = [scenery(n) for n in range(4)]
    path = film(tmp_path / "a.mp4", cut_at(*firsts, end=97, pictures=pictures))
    assert found(path, 24, 48, 72) == firsts


def test_many_films_of_chance(tmp_path: Path) -> None:
    dice = random.Random(7)  # noqa: S311 - the same films every time
    for number in range(5):
        kinds = [dice.choice(list(KINDS.values())) for _ in range(3)]
        pictures = [scenery(dice.randrange(1000), **kind) for kind in kinds]
        firsts = [72 + dice.randint(-12, 12), 144 + dice.randint(-12, 12)]
        path = film(tmp_path / f"{number}.mp4", cut_at(*firsts, end=217, pictures=pictures))
        assert found(path, 72, 144) == firsts, f"film {number}: {kinds}"


def test_words_of_a_boundary() -> None:
    assert (Boundary(72, 75).late, Boundary(72, 70).late, Boundary(72, None).late) == (3, -2, 0)
    assert Boundary(72, None).first == 72


def test_what_is_no_film_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "page.mp4"
    path.write_text("<html>", encoding="utf-8")
    with pytest.raises(MediaError, match=r"page\.mp4 .* a web page"):
        changes(path)


@pytest.mark.parametrize("late", [0, 5])
def test_a_cut_between_two_views_of_one_pattern_is_seen_by_its_colours(tmp_path: Path, late: int) -> None:
    """As light as each other, one green, one brown: what is drawn is the same, where it was asked for it is a cut."""
    colours = ((70, 92, 60), (100, 76, 60))
    begins = 48 + late

    def pictures() -> Iterator[np.ndarray]:
        for number in range(96):
            yield np.full((180, 320, 3), colours[number >= begins], np.uint8)

    clip = film(tmp_path / "colours.mp4", pictures())
    [boundary] = boundaries(changes(clip), [48], reach=24)
    assert boundary.found == begins
