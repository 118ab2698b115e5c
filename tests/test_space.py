"""Is there room? Asked before anything is begun, answered in words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from a_master import make_master
from hypothesis import given
from hypothesis import strategies as st
from small_disk import small_disk

from storyboard.cut.convert import converted
from storyboard.cut.forms import FORMS, form_of
from storyboard.cut.progress import nobody
from storyboard.cut.room_ahead import Footprint, room_needed
from storyboard.errors import MediaError
from storyboard.media.encode import FULL, PREVIEW, clip_writer
from storyboard.space import free_at, room_for, room_for_all, told

NAMES = [("film.mkv", None), ("film.webm", None), ("film.gif", None), ("film.mov", "prores")]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (17, "17 bytes"),
        (40_960, "40 kB"),
        (314_572_800, "300 MB"),
        (1_288_490_189, "1.2 GB"),
        (9 << 40, "9,216 GB"),
    ],
)
def test_sizes_for_people(size: int, words: str) -> None:
    assert told(size) == words


def test_where_a_file_is_going_to_be_need_not_exist(tmp_path: Path) -> None:
    assert free_at(tmp_path / "not" / "there" / "yet.mp4") == free_at(tmp_path)


@pytest.mark.linux
def test_too_little_room_is_refused_in_words_and_nothing_is_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1_000) as disk:
        room_for(disk / "cut.mp4", 900_000)
        with pytest.raises(MediaError) as refused:
            room_for(disk / "folder" / "cut.mp4", 1_300_000_000)
        assert list(disk.iterdir()) == []
    text = str(refused.value)
    assert text.startswith(f"cut.mp4 needs about 1.2 GB, 1,012 kB are free on the disk of {disk}; ")
    assert "what was there is untouched" in text
    assert "-o" in text


@pytest.mark.linux
def test_what_lies_on_one_disk_is_added_up(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1_000) as disk:
        room_for_all({disk / "cut.mp4": 600_000, tmp_path / "segments": 600_000})
        with pytest.raises(MediaError, match=r"cut\.mp4 needs about 1\.1 MB"):
            room_for_all({disk / "cut.mp4": 600_000, disk / "segments": 600_000})


@given(
    st.sampled_from(FORMS),
    st.integers(1, 5_000),
    st.integers(0, 5_000),
    st.integers(0, 1 << 32),
    st.booleans(),
)
def test_more_to_write_never_needs_less(form, frames: int, more: int, copied: int, sound: bool) -> None:
    def needed(frames: int) -> tuple[int, int]:
        cut = Footprint((1280, 720), Fraction(24), frames, frames // 2, copied, sound)
        room = room_needed(cut, form)
        assert room_needed(cut, form, PREVIEW).segments <= room.segments
        return room.segments, room.result

    assert all(later >= before for before, later in zip(needed(frames), needed(frames + more), strict=True))


def _drifting(frame: int, size: tuple[int, int]) -> np.ndarray:
    """Like a filmed picture: soft shapes that move, some grain."""
    width, height = size
    y, x = np.mgrid[0:height, 0:width]
    grain = np.random.Generator(np.random.PCG64(frame)).normal(0, 2, (height, width, 1))
    waves = [128 + 90 * np.sin(x / (30 + 9 * n) + frame / 9 + n) * np.cos(y / (25 + 7 * n)) for n in range(3)]
    return np.clip(np.stack(waves, axis=2) + grain, 0, 255).astype(np.uint8)


@pytest.mark.long
@pytest.mark.parametrize(("name", "codec"), NAMES)
def test_what_a_filmed_picture_takes_is_within_what_was_asked_for(
    name: str, codec: str | None, tmp_path: Path
) -> None:
    master = make_master(tmp_path / "cut.mp4", size=(640, 360), picture=_drifting, frames=24)
    form = form_of(tmp_path / name, codec)
    converted(master, tmp_path / name, form, Fraction(24), "storyboard cut", nobody)
    cut = Footprint((640, 360), Fraction(24), 24, 0, master.stat().st_size, True)
    written = (tmp_path / name).stat().st_size
    assert written <= room_needed(cut, form).result <= 12 * written + 200_000


@pytest.mark.parametrize("setting", [FULL, PREVIEW])
def test_what_a_segment_takes_is_within_what_was_asked_for(setting, tmp_path: Path) -> None:
    size, fps = (640, 360), Fraction(24)
    with clip_writer(tmp_path / "a.mp4", size, fps, audio=False, setting=setting) as writer:
        for at in range(24):
            writer.picture(_drifting(at, size))
    written = (tmp_path / "a.mp4").stat().st_size
    needed = room_needed(Footprint(size, fps, 24, 24, 0, False), form_of(tmp_path / "a.mp4"), setting)
    assert written <= needed.segments <= 12 * written + 200_000
